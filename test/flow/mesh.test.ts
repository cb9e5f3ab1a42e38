/** The same services over a real NATS server, in two processes: the engine, and a node that only runs connectors. Documents stay in the journal. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import { connect, type NatsConnection } from 'nats';
import { expect } from 'chai';
import { ended, printed, startNode, TestRegion, until } from './region.ts';

const hasNats = spawnSync('nats-server', ['--version']).status === 0;
const DOCUMENT_BYTES = 5 * 1024 * 1024;

describe('connectors on another node of the mesh', function () {
  if (!hasNats && process.env['PASSERELLE_REQUIRE']?.includes('nats')) throw new Error('nats-server is required here and is not installed');
  const region = new TestRegion();
  let nats: ChildProcess;
  let node: ChildProcess;
  let spy: NatsConnection;
  let url = '';
  const seen = { messages: 0, largest: 0, total: 0 };

  before(async function () {
    if (!hasNats) {
      console.log('      skipped: nats-server is not installed');
      this.skip();
    }
    const port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    nats = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    nats.stderr?.setEncoding('utf8');
    await printed(nats, /Server is ready/);
    spy = await connect({ servers: url });
    void (async () => {
      for await (const message of spy.subscribe('>')) {
        seen.messages += 1;
        seen.total += message.data.length;
        seen.largest = Math.max(seen.largest, message.data.length);
      }
    })();
    await region.prepare();
    node = startNode(['start', '--roles', 'connectors'], { PASSERELLE_TRANSPORTER: url });
    await printed(node, /connector k-process@\S+ over/);
    await region.start(['--roles', 'engine'], { PASSERELLE_TRANSPORTER: url });
  });

  after(async () => {
    await region.stop();
    await ended(node, 'SIGTERM');
    await spy?.close();
    await ended(nats, 'SIGTERM');
  });

  it('translate both ways', async () => {
    expect((await region.dxcare.act('admission')).map((s) => s.ack)).to.deep.equal(['AA', 'AA']);
    await region.drained();
    expect((await region.record.act('frcp'))[0]?.verdict).to.equal('taken');
    await region.drained();
    expect((await region.deliveries()).map((d) => d.state)).to.satisfy(
      (states: string[]) => states.length > 0 && states.every((s) => s === 'delivered'),
    );
    expect(seen.messages, 'the bus was used').to.be.above(0);
  });

  it('carry a document of 5 MB without its bytes ever crossing the bus', async () => {
    const before = { ...seen };
    const [letter] = await region.dxcare.act('letter', { bytes: DOCUMENT_BYTES });
    expect(letter?.ack).to.equal('AA');
    await region.drained();
    const [message] = await region.messages('limit=1');
    expect(message?.bytes).to.be.above(DOCUMENT_BYTES);
    const { deliveries } = await region.timeline(message?.id ?? '');
    expect(deliveries.map((d) => d.state)).to.deep.equal(['delivered']);
    expect(seen.largest).to.be.below(512 * 1024);
    expect(seen.total - before.total, 'the whole traffic of this document').to.be.below(DOCUMENT_BYTES / 10);
  });

  it('leave messages stored while their node is away, and translate them when it is back', async () => {
    await ended(node, 'SIGKILL');
    const [first] = await region.dxcare.act('identity-change', {}, 30_000);
    expect(first?.ack, 'stored, hence AA').to.equal('AA');
    expect((await region.messages('limit=1'))[0]?.state).to.equal('received');
    node = startNode(['start', '--roles', 'connectors'], { PASSERELLE_TRANSPORTER: url });
    await until('the message is decoded', 60_000, async () => (await region.messages('limit=1'))[0]?.state === 'decoded');
    await region.drained();
  });
});

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

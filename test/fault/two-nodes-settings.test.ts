/** Settings that change while two engines have one journal: both come to the active revision, and lanes are never worked by an older one. */
import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'chai';
import { parseDocuments } from '../../core/settings/index.ts';
import { freePorts, until } from '../flow/region.ts';
import { describePostgres, openJournal } from './journals.ts';
import { startReceiver, type Scripted } from './receiver.ts';
import { Stand } from './stand.ts';

const SOON_MS = 60_000;

async function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}

describePostgres('settings that change under two engines on one database', (journal) => {
  let stand: Stand;
  let moved: Scripted | undefined;
  /** Of an endpoint that the change brings, on either node. */
  let [first, second]: [number, number] = [0, 0];
  beforeEach(async () => {
    stand = await new Stand({ journal, paceMs: 5 }).open();
    [first, second] = (await freePorts(2)) as [number, number];
    await stand.start();
    await stand.startSecond({ PASSERELLE_ENDPOINT_LATE_IN_PORT: String(second) });
    expect([await stand.isOwner(0), await stand.isOwner(1)]).to.deep.equal([true, false]);
    for (const sender of stand.senders) void sender.play();
    await until('both take messages', SOON_MS, () => stand.senders.every((s) => s.acknowledged > 5));
  });
  afterEach(async () => {
    await stand.close();
    await moved?.close();
    moved = undefined;
  });

  const end = async (): Promise<void> => {
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  };
  const withLateIn = (yaml: string): string =>
    yaml.replace(/( *)- \{ name: emergency-in/, `$1- { name: late-in, direction: in, transport: mllp, port: ${first}, reply: stored }\n$&`);
  const apply = (node: 0 | 1, edit: (yaml: string) => string): Promise<{ revision: number }> =>
    stand.callNode(node, 'POST', 'settings/apply', { documents: stand.edited(edit), why: 'test' });

  it('the one that stands by takes no change, runs the one that the owner applied, and takes over with it', async () => {
    const refused = await apply(1, withLateIn).catch((error: unknown) => String(error));
    expect(refused).to.contain('409').and.contain('ERR_OTHER_NODE');
    expect(await listens(first)).to.equal(false);
    expect(await apply(0, withLateIn)).to.include({ revision: 2 });
    expect(await stand.isOwner(0), 'a change gives no lane away').to.equal(true);
    await until('the second listens where the change says', SOON_MS, () => listens(second));
    await stand.kill();
    await until('the second works the lanes', 60_000, () => stand.isOwner(1));
    expect((await stand.lanes()).map(({ lane }) => lane)).to.include('late-in');
    await end();
  });

  it('one that was away while they changed does not work the lanes with the old ones: nothing goes where it no longer should', async () => {
    const [port = 0] = await freePorts(1);
    stand.second!.kill('SIGSTOP');
    // Nobody is there yet: what is to be sent waits for the node that takes over.
    await apply(0, (yaml) => yaml.replace(`port: ${stand.receiver.port}`, `port: ${port}`));
    let misled = 0;
    stand.receiver.script = () => void (misled += 1);
    await until('deliveries wait', SOON_MS, async () => {
      const { items } = await stand.callNode<{ items: { lane: string; counts: { queued?: number } }[] }>(0, 'GET', 'lanes');
      return (items.find(({ lane }) => lane === 'receiver-out')?.counts.queued ?? 0) > 5;
    });
    await stand.kill('SIGTERM');
    stand.second!.kill('SIGCONT');
    await until('the second works the lanes', 60_000, () => stand.isOwner(1));
    moved = await startReceiver(port, stand.receiver.receipts);
    await end();
    expect(misled, 'messages to the receiver of the old settings').to.equal(0);
  });

  it('the owner runs what somebody else made active', async () => {
    const other = await openJournal(stand.journal, stand.data);
    const documents = parseDocuments(stand.edited(withLateIn)).map(({ value }) => value);
    await other.saveSettings({ at: new Date().toISOString(), who: 'another node', documents });
    await other.close();
    await until('both listen where the change says', SOON_MS, async () => (await listens(first)) && (await listens(second)));
    await until('one works the lanes', SOON_MS, async () => (await stand.isOwner(0)) || stand.isOwner(1));
    await end();
  });
});

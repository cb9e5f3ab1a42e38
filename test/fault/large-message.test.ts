/**
 * A message of 100 MB through a whole engine: it arrives as it was sent, its sender is answered, and so is everybody else meanwhile. A kill in the
 * middle of it leaves it whole or not at all. Frames that memory has no room for are refused, and those before them are not.
 */
import { createHash } from 'node:crypto';
import { cpSync, statSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { joined, type Sink, type Source } from 'passerelle/contract';
import { packageRoot } from '../../core/registry/index.ts';
import { plugin as hl7v2 } from '../../plugins/codec-hl7v2/index.ts';
import { plugin as mllp } from '../../plugins/transport-mllp/index.ts';
import { ADT, mdm } from '../bench/messages.ts';
import { TestRegion, freePorts, until } from '../flow/region.ts';

const PDF_BYTES = 58_000_000;
const FRAME_LIMIT_BYTES = 8 * 1024 * 1024;
const DEADLINE_MS = 120_000;

const documentIn = (message: Uint8Array): string => {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const from = bytes.indexOf('^Base64^') + 8;
  return createHash('sha256')
    .update(bytes.subarray(from, bytes.indexOf('|', from)))
    .digest('hex');
};
const codeIn = (reply: string | Uint8Array): string => /MSA\|(\w\w)/.exec(Buffer.from(reply).toString())?.[1] ?? 'none';

describe('a message of 100 MB', () => {
  const region = new TestRegion();
  const large = mdm(PDF_BYTES, 'large.1');
  const sent = documentIn(large);
  /** Documents that arrived, and other messages. */
  const documents: string[] = [];
  let others = 0;
  let small = 0;
  let receiver: Source;
  let sender: Sink;
  let env: Record<string, string>;

  const answerOf = async (message: Uint8Array): Promise<string> => codeIn((await sender.send(message, { deadlineMs: DEADLINE_MS })).bytes);
  const sendSmall = (): Promise<string> => answerOf(Buffer.from(ADT.toString().replace('bench.000.00000001', `small.${(small += 1)}`)));
  /** A connection of our own, to say when the last byte has left. */
  const dial = async (): Promise<{ socket: Socket; heard: () => string }> => {
    const socket = net.connect(region.ports.mllp, '127.0.0.1').on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, heard: () => text };
  };
  const write = (socket: Socket, bytes: Uint8Array | string): Promise<void> => new Promise((resolve) => socket.write(bytes, () => resolve()));

  before(async () => {
    const [port = 0, out = 0, pub = 0] = await freePorts(3);
    region.ports = { mllp: port, public: pub, dxcare: 0, record: 0, pages: 0 };
    cpSync(path.join(packageRoot, 'test/bench/region'), region.config, { recursive: true });
    env = { PASSERELLE_ENDPOINT_BENCH_IN_PORT: String(port), PASSERELLE_ENDPOINT_BENCH_OUT_PORT: String(out) };
    const receive = async ({ bytes }: { readonly bytes: Uint8Array }): Promise<{ bytes: Uint8Array }> => {
      if (Buffer.from(bytes.buffer, bytes.byteOffset, 200).includes('MDM^T02')) documents.push(documentIn(bytes));
      else others += 1;
      return { bytes: hl7v2.message!.plainReply(bytes, { ack: 'AA', now: new Date().toISOString(), id: `r${documents.length + others}` })!.bytes };
    };
    receiver = mllp.source({ port: out, maxFrameBytes: 200 * 1024 * 1024 }, { receive, fault: async () => ({ bytes: null }) });
    await receiver.start();
    sender = mllp.sink({ host: '127.0.0.1', port, connections: 4 });
    await region.start([], env);
  });
  after(async () => {
    await sender.stop();
    await region.stop();
    await receiver.stop();
  });

  it('arrives whole, and the small ones sent while it is in work are answered before it is', async () => {
    const { socket, heard } = await dial();
    await write(socket, joined([Buffer.from('\x0b'), large.subarray(0, -1000)]));
    expect(await sendSmall(), 'beside an unfinished frame').to.equal('AA');
    await write(socket, joined([large.subarray(-1000), Buffer.from('\x1c\r')]));
    let answered = 0;
    while (heard() === '') {
      expect(await sendSmall()).to.equal('AA');
      if (heard() === '') answered += 1;
    }
    expect(codeIn(heard())).to.equal('AA');
    // Some hundreds; four when a large message is worked on by the thread that takes messages in.
    expect(answered, 'small messages answered while the large one was in work').to.be.above(30);
    socket.destroy();
    await region.drained(DEADLINE_MS);
    expect(documents).to.deep.equal([sent]);
    expect(others).to.equal(small);
  });

  it('is whole or not there after a kill while the journal writes it, and arrives once when it is sent again', async () => {
    // A clean end leaves no log file: from here on its size says how far the journal is.
    await region.kill('SIGTERM');
    await region.start([], env);
    const again = mdm(PDF_BYTES, 'large.2');
    const { socket } = await dial();
    const log = (): number => statSync(path.join(region.data, 'journal.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0;
    await write(socket, joined([Buffer.from('\x0b'), again, Buffer.from('\x1c\r')]));
    await until('the journal writes it', DEADLINE_MS, () => log() > 20_000_000);
    await region.kill();
    await region.start([], env);
    const stored = (await region.messages('limit=500')).filter(({ controlId }) => controlId === 'large.2');
    expect(stored.length).to.be.at.most(1);
    expect(await answerOf(again)).to.equal('AA');
    await region.drained(DEADLINE_MS);
    expect((await region.messages('limit=500')).filter(({ controlId }) => controlId === 'large.2')).to.have.length(1);
    expect(documents).to.deep.equal([sent, documentIn(again)]);
  });

  it('is refused with AR when three others have taken the memory of the endpoint, which then get their answers', async () => {
    await region.kill('SIGTERM');
    await region.start([], { ...env, PASSERELLE_ENDPOINT_BENCH_IN_MAX_FRAME_BYTES: String(FRAME_LIMIT_BYTES) });
    const messages = Array.from({ length: 4 }, (_, i) => mdm(4_400_000, `budget.${i}`));
    const peers = await Promise.all(messages.map(dial));
    for (const [i, { socket }] of peers.entries()) if (i < 3) await write(socket, joined([Buffer.from('\x0b'), messages[i]!.subarray(0, -100)]));
    const refused = peers[3]!;
    await until('the others are taken in', DEADLINE_MS, async () => peers.slice(0, 3).every(({ socket }) => socket.writableLength === 0));
    expect(await sendSmall()).to.equal('AA');
    void write(refused.socket, joined([Buffer.from('\x0b'), messages[3]!]));
    await until('the fourth is refused', DEADLINE_MS, () => refused.heard() !== '');
    expect(codeIn(refused.heard())).to.equal('AR');
    for (const [i, { socket }] of peers.entries()) if (i < 3) await write(socket, joined([messages[i]!.subarray(-100), Buffer.from('\x1c\r')]));
    await until('the others are answered', DEADLINE_MS, () => peers.slice(0, 3).every(({ heard }) => heard() !== ''));
    expect(peers.slice(0, 3).map(({ heard }) => codeIn(heard()))).to.deep.equal(['AA', 'AA', 'AA']);
    for (const { socket } of peers) socket.destroy();
  });
});

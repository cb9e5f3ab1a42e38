import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PeerNotYet, definePeer, type PeerMessage, type PeerReply } from '../../../core/contract/index.ts';
import { playDay, remotePeer, startPeer, type PeerOptions, type RunningPeer } from '../index.ts';

interface Echo {
  seen: string[];
  said: number;
}

/** A product of nobody: answers `ok <text>`, sends `m<n>`. */
const echo = definePeer<Echo>({
  id: 'echo',
  listens: [{ transport: 'mllp', format: 'text' }],
  init: () => ({ seen: [], said: 0 }),
  onMessage: ({ bytes }, state): PeerReply => {
    const text = Buffer.from(bytes).toString();
    state.seen.push(text);
    return { bytes: Buffer.from(`ok ${text}`) };
  },
  misanswer: (how, { bytes }) => ({
    bytes: Buffer.from(how === 'wrong-ack-id' ? 'ok other' : `${how === 'later' ? 'later' : 'no'} ${Buffer.from(bytes).toString()}`),
  }),
  judge: ({ bytes }, sent) => {
    const [word, id] = Buffer.from(bytes).toString().split(' ');
    if (id !== sent.controlId) return { verdict: 'not-mine', ack: '' };
    return { verdict: word === 'ok' ? 'taken' : word === 'later' ? 'later' : 'refused', ack: word ?? '' };
  },
  actions: {
    say: ({ times = 1 }, state) =>
      Array.from({ length: Number(times) }, (): PeerMessage => {
        const controlId = `m${++state.said}`;
        return { controlId, type: 'text', bytes: Buffer.from(controlId) };
      }),
    'say-after': ({ count = 1 }, state) => {
      if (state.seen.length < Number(count)) throw new PeerNotYet('nothing heard yet');
      return [{ controlId: 'late', type: 'text', bytes: Buffer.from('late') }];
    },
  },
  counts: ({ seen }) => ({
    received: seen.length,
    distinct: new Set(seen).size,
    duplicates: seen.length - new Set(seen).size,
    refused: 0,
    filed: {},
    outOfOrder: {},
  }),
});

for (const scheme of ['mllp', 'http']) {
  describe(`a peer over ${scheme}`, () => {
    const running: RunningPeer[] = [];
    const folders: string[] = [];
    afterEach(async () => {
      for (const peer of running.splice(0)) await peer.stop();
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    });
    const start = async (options: PeerOptions): Promise<RunningPeer> => {
      const peer = await startPeer(echo, { pace: { ackTimeoutMs: 200, retryMs: 5 }, ...options });
      running.push(peer);
      return peer;
    };
    const pair = async (): Promise<{ receiver: RunningPeer; sender: RunningPeer }> => {
      const receiver = await start({ listen: `${scheme}://127.0.0.1:0`, token: 'jeton' });
      return { receiver, sender: await start({ sendsTo: receiver.addresses[0]!, token: 'jeton' }) };
    };

    it('sends its messages one after the other and tells what became of each', async () => {
      const { receiver, sender } = await pair();
      const sent = await sender.act('say', { times: 3 });
      expect(sent.map(({ controlId, verdict, attempts }) => `${controlId} ${verdict} ${attempts}`)).to.deep.equal([
        'm1 taken 1',
        'm2 taken 1',
        'm3 taken 1',
      ]);
      expect(await receiver.counts()).to.include({ received: 3, duplicates: 0 });
    });

    it('sends the same message again when it was cut, unanswered, put off or answered about another', async () => {
      const { receiver, sender } = await pair();
      for (const how of ['cut', 'lose-ack', 'silent', 'later', 'wrong-ack-id'] as const) {
        await receiver.misbehave({ how });
        const [sent] = await sender.act('say');
        expect(sent, how).to.include({ verdict: 'taken', attempts: 2 });
      }
      // Taken before the answer went wrong: cut, lose-ack and wrong-ack-id; not silent and later.
      expect(await receiver.counts()).to.include({ received: 8, distinct: 5, duplicates: 3 });
    });

    it('keeps a refusal as final, and waits for a slow answer', async () => {
      const { receiver, sender } = await pair();
      await receiver.misbehave({ how: 'refuse' });
      expect((await sender.act('say'))[0]).to.include({ verdict: 'refused', ack: 'no', attempts: 1 });
      await receiver.misbehave({ how: 'slow', ms: 50 });
      expect((await sender.act('say'))[0]).to.include({ verdict: 'taken', attempts: 1 });
    });

    it('keeps its queue while nobody listens, and over its own restart', async () => {
      const state = mkdtempSync(path.join(tmpdir(), 'passerelle-peer-'));
      folders.push(state);
      const first = await start({ listen: `${scheme}://127.0.0.1:0` });
      const address = first.addresses[0]!;
      await first.stop();
      const sender = await start({ sendsTo: address, state });
      expect((await sender.act('say', {}, 20))[0]).to.include({ verdict: 'waiting' });
      await sender.stop();
      const receiver = await start({ listen: address });
      const again = await start({ sendsTo: address, state });
      const [next] = await again.act('say');
      expect(next).to.include({ controlId: 'm2', verdict: 'taken' });
      expect(await receiver.counts()).to.include({ received: 2 });
      expect((await again.counts()).waiting).to.equal(0);
    });
  });
}

describe('the control of a peer', () => {
  it('gives counts, runs actions and orders misbehaviour from another process, on loopback only', async () => {
    const receiver = await startPeer(echo, { listen: 'mllp://127.0.0.1:0', control: '127.0.0.1:0' });
    const sender = await startPeer(echo, { sendsTo: receiver.addresses[0]!, control: '127.0.0.1:0', pace: { ackTimeoutMs: 500, retryMs: 5 } });
    const [here, there] = [receiver.addresses[1]!, sender.addresses[0]!].map((address) => address.replace('control://', ''));
    const remote = remotePeer('echo', there!);
    await remotePeer('echo', here!).misbehave({ how: 'cut' });
    expect((await remote.act('say'))[0]).to.include({ verdict: 'taken', attempts: 2 });
    expect(await remotePeer('echo', here!).counts()).to.include({ received: 2, waiting: 0 });
    const failed = await remote.act('dance').catch((error: Error) => error.message);
    expect(failed).to.contain('no such action').and.contain('say');
    expect((await fetch(`http://${there}/actions/say`, { method: 'POST', headers: { origin: 'http://localhost' } })).status).to.equal(403);
    const open = await startPeer(echo, { control: '0.0.0.0:0' }).catch((error: Error) => error.message);
    expect(open).to.contain('loopback');
    await sender.stop();
    await receiver.stop();
  });

  it('plays a day in order, waits for what is not there yet, and tells what went otherwise', async () => {
    const receiver = await startPeer(echo, { listen: 'mllp://127.0.0.1:0' });
    const sender = await startPeer(echo, { listen: 'mllp://127.0.0.1:0', sendsTo: receiver.addresses[0]! });
    const back = await startPeer(echo, { sendsTo: sender.addresses[0]! });
    const day = [
      { peer: 'a', action: 'say', expect: 'ok' },
      { peer: 'b', action: 'say' },
      { peer: 'a', action: 'say-after' },
      { peer: 'a', action: 'say', expect: 'no' },
      { peer: 'nobody', action: 'say' },
    ];
    const outcomes = await playDay(day, { a: sender, b: back });
    expect(outcomes.map(({ asExpected }) => asExpected)).to.deep.equal([true, true, true, false, false]);
    expect(outcomes[4]!.error).to.equal('no such peer');
    for (const peer of [back, sender, receiver]) await peer.stop();
  });
});

/** Contract of `receive`, `undecided` and `raw`. */
import { expect } from 'chai';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, hashed, incoming } from './samples.ts';

const DAY_MS = 24 * 3600 * 1000;
const REFUSAL = { code: 'ERR_HL7_NOT_HL7', message: 'this is not an HL7 v2 message' } as const;

export function receiving(journal: Fixture): void {
  describe('receive', () => {
    it('gives growing numbers and keeps every byte', async () => {
      const raws = [new Uint8Array(0), Buffer.from('MSH'), Buffer.alloc(300_000, 'x'), Buffer.alloc(524_288, 'y')];
      const results = await journal.store.receive(raws.map((raw) => incoming({ raw })));
      const ids = results.map(({ message }) => message);
      expect(ids).to.deep.equal([...ids].sort((a, b) => a - b));
      for (const [i, id] of ids.entries()) expect(Buffer.compare(await journal.store.raw(id), raws[i]!)).to.equal(0);
      expect(await journal.receive()).to.be.above(ids.at(-1)!);
    });

    it('leaves the bytes of the caller alone, also when they are a slice of something larger', async () => {
      const pool = Buffer.alloc(400_000, 'a');
      const slices = [pool.subarray(10, 20), pool.subarray(100, 200_000)];
      const results = await journal.store.receive(slices.map((raw) => incoming({ raw })));
      expect(slices.map((slice) => slice.length)).to.deep.equal([10, 199_900]);
      pool.fill('b');
      for (const { message } of results) expect((await journal.store.raw(message))[0]).to.equal('a'.charCodeAt(0));
    });

    it('keeps all that was said of a message', async () => {
      const http = { method: 'POST', path: '/documents', query: { a: 'b' } };
      const link = await journal.receive();
      const sent = incoming({ http, link, ack: 'AA', type: 'MDM^T02' });
      const [result] = await journal.store.receive([sent]);
      const [found] = (await journal.store.undecided(sent.lane, link, 10)) as readonly [unknown];
      const { raw, fingerprint: _fingerprint, link: _link, ...rest } = sent;
      expect(found).to.deep.equal({ ...rest, ...result, bytes: raw.length, state: 'received', run: 1, retransmissions: 0, warnings: [] });
    });

    it('stores a refusal made before decoding as rejected, with its reason', async () => {
      const id = await journal.receive({ rejected: REFUSAL, ack: 'AE' });
      const history = await journal.store.message(id);
      expect(history?.message).to.include({ state: 'rejected', decision: 'reject', ack: 'AE' });
      expect(history?.message.error).to.deep.equal(REFUSAL);
      expect(await journal.store.undecided('chx-adt-in', 0, 10)).to.deep.equal([]);
    });
  });

  describe('a retransmission', () => {
    it('is counted, answered with the first one and its state, and not stored', async () => {
      const message = incoming({ ack: 'AA' });
      const [first] = await journal.store.receive([message]);
      const [again] = await journal.store.receive([{ ...message, receivedAt: at(60_000) }]);
      expect(again).to.deep.equal({ message: first!.message, duplicate: { state: 'received', ack: 'AA' } });
      await journal.decide(first!.message, { state: 'filtered', events: [] });
      expect((await journal.store.receive([message]))[0]!.duplicate?.state).to.equal('filtered');
      const { items } = await journal.store.messages({}, { limit: 10 });
      expect(items.map((item) => [item.message, item.retransmissions])).to.deep.equal([[first!.message, 2]]);
    });

    it('is seen inside one batch', async () => {
      const message = incoming();
      const results = await journal.store.receive([message, message, message]);
      expect(results.map((r) => [r.message, r.duplicate !== undefined])).to.deep.equal([0, 1, 1].map((n) => [results[0]!.message, n === 1]));
    });

    it('is one of the same lane, control id and fingerprint only', async () => {
      const message = incoming();
      await journal.store.receive([message]);
      const others = [{ lane: 'another-in' }, { controlId: 'another' }, { fingerprint: hashed('another') }];
      for (const other of others) expect((await journal.store.receive([{ ...message, ...other }]))[0]).to.not.have.property('duplicate');
    });

    it('is never guessed without a control id', async () => {
      const { controlId: _none, ...message } = incoming();
      const results = await journal.store.receive([message, message]);
      expect(results[1]!.message).to.be.above(results[0]!.message);
    });

    it('is forgotten after 30 days', async () => {
      const message = incoming({ receivedAt: at(0) });
      await journal.store.receive([message]);
      expect((await journal.store.receive([{ ...message, receivedAt: at(30 * DAY_MS - 1) }]))[0]).to.have.property('duplicate');
      const [late] = await journal.store.receive([{ ...message, receivedAt: at(30 * DAY_MS) }]);
      expect(late).to.not.have.any.keys('duplicate', 'controlIdReused');
      expect((await journal.store.receive([{ ...message, receivedAt: at(31 * DAY_MS) }]))[0]!.message).to.equal(late!.message);
    });

    it('of a refused message is processed again, whether it was refused before decoding or after', async () => {
      const before = incoming({ rejected: REFUSAL });
      const after = incoming();
      await journal.store.receive([before]);
      await journal.store.decide([decided((await journal.store.receive([after]))[0]!.message, { state: 'rejected', events: [], ack: 'AE' })]);
      for (const message of [before, after]) expect((await journal.store.receive([message]))[0]).to.not.have.any.keys('duplicate', 'controlIdReused');
    });

    it('with other content under the same control id is another message, with a warning', async () => {
      const message = incoming();
      const [first] = await journal.store.receive([message]);
      const [second] = await journal.store.receive([{ ...message, fingerprint: hashed('corrected') }]);
      expect(second).to.deep.equal({ message: second!.message, controlIdReused: true });
      expect(second!.message).to.be.above(first!.message);
    });
  });

  describe('undecided', () => {
    it('gives the received messages of one lane above a number, oldest first, as many as asked', async () => {
      const ids = (await journal.store.receive([1, 2, 3, 4].map(() => incoming()))).map((r) => r.message);
      await journal.receive({ lane: 'another-in' });
      await journal.decide(ids[1]!, { state: 'filtered', events: [] });
      const read = async (after: number, limit: number): Promise<number[]> =>
        (await journal.store.undecided('chx-adt-in', after, limit)).map((m) => m.message);
      expect(await read(0, 10)).to.deep.equal([ids[0], ids[2], ids[3]]);
      expect(await read(ids[0]!, 1)).to.deep.equal([ids[2]]);
      expect(await journal.store.undecided('never-seen', 0, 10)).to.deep.equal([]);
    });
  });

  describe('raw', () => {
    it('gives any range, across the rows it is stored in', async () => {
      const raw = Buffer.from(Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
      const id = await journal.receive({ raw });
      const ranges: [number, number][] = [
        [0, 1],
        [262_143, 262_145],
        [100, 599_999],
        [524_288, 600_000],
        [599_999, 700_000],
        [5, 5],
        [9, 3],
      ];
      for (const [from, to] of ranges)
        expect(Buffer.compare(await journal.store.raw(id, from, to), raw.subarray(from, to)), `${from}-${to}`).to.equal(0);
    });

    it('of an unknown message is not found', () => refused(journal.store.raw(999_999), 'ERR_NOT_FOUND'));
  });
}

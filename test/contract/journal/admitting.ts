/** Contract of `reserve` and `admit`: a message that is stored with its decision, and the cases in which it is stored without, or not at all. */
import { expect } from 'chai';
import type { Admission, AdmitResult, IncomingMessage, MessageDecision } from '../../../core/contract/index.ts';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, hashed, incoming, routed } from './samples.ts';

export function admitting(journal: Fixture): void {
  const admission = async (message: Partial<IncomingMessage> = {}, decision: Partial<MessageDecision> = {}): Promise<Admission> => {
    const [id] = (await journal.store.reserve(1)) as [number];
    return { message: incoming(message), decision: decided(id, decision) };
  };
  const admit = async (...batch: readonly Admission[]): Promise<readonly AdmitResult[]> => journal.store.admit(batch);
  const stateOf = async (message: number): Promise<string | undefined> => (await journal.store.message(message))?.message.state;

  describe('reserve', () => {
    it('gives numbers that grow, above every message there is, to many callers at once', async () => {
      const first = await journal.receive();
      const lists = await Promise.all(Array.from({ length: 20 }, (_, i) => journal.store.reserve(1 + (i % 3))));
      expect(lists.map((list) => list.length)).to.deep.equal(lists.map((_, i) => 1 + (i % 3)));
      const ids = lists.flat();
      expect(ids).to.deep.equal([...new Set(ids)].sort((a, b) => a - b));
      expect(ids[0]).to.be.above(first);
      expect(await journal.receive()).to.be.above(ids.at(-1)!);
    });
  });

  describe('admit', () => {
    it('stores message, decision, events, deliveries and terms as receive and decide do', async () => {
      const events = [routed({ destinations: [{ lane: 'dcc-out' }, { lane: 'other-out' }] }), routed()];
      const terms = [hashed('a term')];
      const one = await admission({ ack: 'AE' }, { events, terms, ack: 'AA' });
      const [result] = await admit(one);
      const id = one.decision.message;
      expect(result?.message).to.equal(id);
      expect(result).to.not.have.any.keys('duplicate', 'controlIdReused');
      expect(result?.deliveries?.map((d) => [d.lane, d.state, d.message])).to.deep.equal([
        ['dcc-out', 'queued', id],
        ['other-out', 'queued', id],
        ['dcc-out', 'queued', id],
      ]);
      const history = await journal.store.message(id);
      expect(history?.message).to.include({ state: 'decoded', ack: 'AA', run: 1, decision: 'accept' });
      expect(history?.decidedAt).to.equal(at(1000));
      expect(history?.events.map(({ event }) => event)).to.deep.equal(events.map(({ event }) => event));
      expect(history?.deliveries.map((d) => d.delivery)).to.deep.equal(result?.deliveries?.map((d) => d.delivery));
      expect(Buffer.from(await journal.store.raw(id)).equals(Buffer.from(one.message.raw))).to.equal(true);
      expect(await journal.store.undecided(one.message.lane, 0, 10)).to.deep.equal([]);
      for (const term of [...terms, ...events[0]!.keys])
        expect((await journal.store.messages({ terms: [term] }, { limit: 10 })).items.map((m) => m.message)).to.deep.equal([id]);
      expect((await journal.store.backlog('dcc-out', 0, 10)).map((d) => d.delivery)).to.deep.equal(
        result?.deliveries?.filter((d) => d.lane === 'dcc-out').map((d) => d.delivery),
      );
    });

    it('keeps the order of its numbers, whatever the order of arrival in a batch', async () => {
      const batch = [await admission(), await admission(), await admission()];
      await admit(...batch);
      expect((await journal.store.messages({}, { limit: 10 })).items.map((m) => m.message)).to.deep.equal(
        batch.map(({ decision }) => decision.message).toReversed(),
      );
    });

    it('takes a message that was filtered, put aside or refused, and a refused one is processed again', async () => {
      for (const state of ['filtered', 'quarantined', 'dead', 'rejected'] as const) {
        const one = await admission({}, { state, events: [] });
        expect((await admit(one))[0]).to.deep.equal({ message: one.decision.message, deliveries: [] });
        expect(await stateOf(one.decision.message)).to.equal(state);
        const [again] = await admit({ message: one.message, decision: (await admission()).decision });
        expect(again?.duplicate?.state).to.equal(state === 'rejected' ? undefined : state);
      }
    });

    it('of a duplicate stores nothing but the count', async () => {
      const one = await admission({}, { ack: 'AA' });
      await admit(one);
      const again = await admission({}, {});
      const [result] = await admit({ ...again, message: one.message });
      expect(result).to.deep.equal({ message: one.decision.message, duplicate: { state: 'decoded', ack: 'AA' } });
      expect(await journal.store.message(again.decision.message)).to.equal(undefined);
      const { items } = await journal.store.messages({}, { limit: 10 });
      expect(items.map((m) => [m.message, m.retransmissions])).to.deep.equal([[one.decision.message, 1]]);
      expect(await journal.store.backlog('dcc-out', 0, 10)).to.have.length(1);
    });

    it('sees a duplicate inside one batch, and between calls that share a commit', async () => {
      const message = incoming();
      const three = [await admission(), await admission(), await admission()].map(({ decision }) => ({ message, decision }));
      const [[first, second], [third]] = await Promise.all([admit(three[0]!, three[1]!), admit(three[2]!)]);
      expect(first?.deliveries).to.have.length(1);
      for (const other of [second, third]) expect(other).to.deep.equal({ message: first?.message, duplicate: { state: 'decoded' } });
    });

    it('leaves a message whose control id was reused to be decided, and those of its lane after it', async () => {
      const first = await admission();
      await admit(first);
      const reused = await admission({ controlId: first.message.controlId!, fingerprint: hashed('corrected') });
      const after = await admission();
      const elsewhere = await admission({ lane: 'another-in' });
      const results = await admit(reused, after, elsewhere);
      expect(results[0]).to.deep.equal({ message: reused.decision.message, controlIdReused: true });
      expect(results[1]).to.deep.equal({ message: after.decision.message });
      expect(results[2]?.deliveries).to.have.length(1);
      expect((await journal.store.undecided(first.message.lane, 0, 10)).map((m) => m.message)).to.deep.equal(
        [reused, after].map(({ decision }) => decision.message),
      );
      for (const { decision } of [reused, after]) expect(await journal.store.decide([decision])).to.have.length(1);
      expect(await journal.store.backlog('dcc-out', 0, 10)).to.have.length(4);
    });

    it('leaves to be decided what stands behind a duplicate of its lane in a batch: that may be what it was judged by', async () => {
      const first = await admission();
      await admit(first);
      const again = { message: first.message, decision: (await admission()).decision };
      const [before, after, elsewhere, last] = [await admission(), await admission(), await admission({ lane: 'another-in' }), await admission()];
      const results = await admit(before, again, after, elsewhere, { message: before.message, decision: (await admission()).decision }, last);
      expect(results.map(({ message, deliveries, duplicate }) => [message, deliveries?.length, duplicate?.state])).to.deep.equal([
        [before.decision.message, 1, undefined],
        [first.decision.message, undefined, 'decoded'],
        [after.decision.message, undefined, undefined],
        [elsewhere.decision.message, 1, undefined],
        [before.decision.message, undefined, 'decoded'],
        [last.decision.message, undefined, undefined],
      ]);
      const waiting = [after, last].map(({ decision }) => decision);
      expect((await journal.store.undecided(first.message.lane, 0, 10)).map((m) => m.message)).to.deep.equal(waiting.map(({ message }) => message));
      expect(await journal.store.decide(waiting)).to.have.length(2);
      expect((await admit(await admission()))[0]?.deliveries).to.have.length(1);
    });

    it('lets an older undecided message of its lane go first, and only an older one', async () => {
      const reserved = await admission();
      const waiting = await journal.receive();
      const late = await admission();
      expect((await admit(reserved))[0]?.deliveries).to.have.length(1);
      expect((await admit(late))[0]).to.deep.equal({ message: late.decision.message });
      await journal.decide(waiting, { state: 'filtered', events: [] });
      await journal.store.decide([late.decision]);
      const next = await admission();
      expect((await admit(next))[0]?.deliveries).to.have.length(1);
    });

    it('knows by its number that a message is older which was stored by itself after it', async () => {
      const [older] = (await journal.store.reserve(1)) as [number];
      const late = await admission();
      expect(await journal.receive({ id: older })).to.equal(older);
      expect(await journal.receive()).to.be.above(late.decision.message);
      expect((await admit(late))[0]).to.deep.equal({ message: late.decision.message });
      const { items } = await journal.store.messages({ oldestFirst: true }, { limit: 10 });
      expect(items.slice(0, 2).map(({ message, state }) => [message, state])).to.deep.equal([
        [older, 'received'],
        [late.decision.message, 'received'],
      ]);
    });

    it('is all or nothing, and nothing to its neighbours', async () => {
      const [good, bad, neighbour] = [await admission(), await admission({}, { run: 2 }), await admission()];
      const call = admit(good, bad);
      const beside = admit(neighbour);
      await refused(call, 'ERR_TRANSITION');
      expect((await beside)[0]?.deliveries).to.have.length(1);
      expect((await journal.store.messages({}, { limit: 10 })).items.map((m) => m.message)).to.deep.equal([neighbour.decision.message]);
      const mixed = await admission({}, { state: 'filtered', events: [routed()] });
      await refused(admit(await admission(), mixed), 'ERR_INVARIANT');
      expect((await journal.store.messages({}, { limit: 10 })).items).to.have.length(1);
      const lanes = await journal.store.lanes();
      expect(lanes.map(({ lane, counts }) => [lane, counts] as const).sort(([a], [b]) => a.localeCompare(b))).to.deep.equal([
        ['chx-adt-in', { decoded: 1 }],
        ['dcc-out', { queued: 1 }],
      ]);
    });

    it('keeps documents of several rows and takes an empty batch', async () => {
      const raw = Buffer.alloc(700_000, 'z');
      const event = { ...routed().event, data: { text: 'é'.repeat(200_000) } };
      const one = await admission({ raw }, { events: [routed({ event })] });
      await admit(one);
      expect(Buffer.from(await journal.store.raw(one.decision.message)).equals(raw)).to.equal(true);
      expect((await journal.store.events({ limit: 10 })).items[0]?.event).to.deep.equal(event);
      expect(await admit()).to.deep.equal([]);
    });
  });
}

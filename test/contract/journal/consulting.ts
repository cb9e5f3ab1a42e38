/** Contract of the reads: lists and their cursors, history, feed, counts, settings. */
import { expect } from 'chai';
import type { MessageFilter, Page } from '../../../core/contract/index.ts';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, hashed, incoming, routed } from './samples.ts';

/** Every page of a reading, `limit` at a time. */
async function all<T>(limit: number, read: (page: { limit: number; after?: string }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await read({ limit, ...(after !== undefined && { after }) });
    expect(page.items.length).to.be.at.most(limit);
    items.push(...page.items);
    if (page.next === undefined) return items;
    after = page.next;
  }
}

export function consulting(journal: Fixture): void {
  const list = async (filter: MessageFilter, limit = 2): Promise<number[]> =>
    (await all(limit, (page) => journal.store.messages(filter, page))).map((m) => m.message);

  describe('messages', () => {
    it('come newest first, every one once, whatever the page', async () => {
      const ids = (await journal.store.receive(Array.from({ length: 7 }, () => incoming()))).map((r) => r.message);
      for (const limit of [1, 3, 7, 100]) expect(await list({}, limit)).to.deep.equal(ids.toReversed());
    });

    it('come oldest first when that is asked for, whatever the filter, and a cursor goes on past what changed its state', async () => {
      const ids = (
        await journal.store.receive(Array.from({ length: 7 }, (_, i) => incoming({ receivedAt: at(i), lane: i % 2 ? 'mdm-in' : 'adt-in' })))
      ).map((r) => r.message);
      await journal.store.decide(ids.map((id) => decided(id, { events: [], terms: [hashed('patient')] })));
      for (const filter of [{}, { states: ['decoded'] }, { terms: [hashed('patient')] }, { since: at(0), until: at(6) }] as const)
        for (const limit of [1, 3, 7, 100]) expect(await list({ ...filter, oldestFirst: true }, limit), JSON.stringify(filter)).to.deep.equal(ids);
      expect(await list({ lane: 'mdm-in', oldestFirst: true, since: at(2) })).to.deep.equal([ids[3], ids[5]]);
      const seen: number[] = [];
      for (let after: string | undefined; ;) {
        const page = await journal.store.messages({ states: ['decoded'], oldestFirst: true }, { limit: 2, ...(after !== undefined && { after }) });
        seen.push(...page.items.map((m) => m.message));
        for (const m of page.items) {
          await journal.act('replay', { message: m.message }, 'motif');
          await journal.store.decide([decided(m.message, { run: 2, events: [] })]);
        }
        if (page.next === undefined) break;
        after = page.next;
      }
      expect(seen).to.deep.equal(ids);
    });

    it('are found by each filter and by all together', async () => {
      const odd = { lane: 'mdm-in', site: '990002019', type: 'MDM^T02', receivedAt: at(86_400_000) };
      const ids = (await journal.store.receive(Array.from({ length: 6 }, (_, i) => incoming(i % 2 ? odd : { receivedAt: at(i) })))).map(
        (r) => r.message,
      );
      const [a, b, c, d, e, f] = ids as [number, number, number, number, number, number];
      const terms = [hashed('patient'), hashed('ins')];
      await journal.store.decide([
        decided(b, { terms: [terms[0]!] }),
        decided(c, { state: 'dead', events: [], terms }),
        decided(d, { terms: [terms[1]!] }),
      ]);
      expect(await list({ states: ['decoded'] })).to.deep.equal([d, b]);
      expect(await list({ states: ['received', 'dead'] })).to.deep.equal([f, e, c, a]);
      expect(await list({ lane: 'mdm-in' })).to.deep.equal([f, d, b]);
      expect(await list({ site: '990001018' })).to.deep.equal([e, c, a]);
      expect(await list({ type: 'MDM^T02' })).to.deep.equal([f, d, b]);
      expect(await list({ since: at(86_400_000) })).to.deep.equal([f, d, b]);
      expect(await list({ since: at(2), until: at(4) })).to.deep.equal([e, c]);
      expect(await list({ terms: [terms[0]!] })).to.deep.equal([c, b]);
      expect(await list({ terms })).to.deep.equal([d, c, b]);
      const everything = {
        states: ['decoded'],
        lane: 'mdm-in',
        site: '990002019',
        type: 'MDM^T02',
        since: at(5),
        until: at(86_400_000),
        terms,
      } as const;
      expect(await list(everything)).to.deep.equal([d, b]);
      for (const none of [{ lane: 'never' }, { site: 'never' }, { controlId: 'never' }, { states: [] }, { terms: [] }, { terms: [hashed('x')] }])
        expect(await list(none), JSON.stringify(none)).to.deep.equal([]);
    });

    it('are found by control id, refused ones too', async () => {
      const refusal = { code: 'ERR_HL7_NOT_HL7', message: 'this is not an HL7 v2 message' } as const;
      const one = await journal.receive({ controlId: 'X1', rejected: refusal });
      const two = await journal.receive({ controlId: 'X1', lane: 'mdm-in' });
      await journal.receive({ controlId: 'X10' });
      expect(await list({ controlId: 'X1' })).to.deep.equal([two, one]);
      expect(await list({ controlId: 'X1', lane: 'mdm-in' })).to.deep.equal([two]);
    });

    it('refuse a cursor of another reading or of nobody', async () => {
      for (const after of ['x', 'zzzz.m.1', '']) await refused(journal.store.messages({}, { limit: 1, after }), 'ERR_REQUEST_INVALID');
      await refused(journal.store.events({ limit: 1, after: `${journal.store.tag}.m.1` }), 'ERR_REQUEST_INVALID');
    });
  });

  describe('deliveries', () => {
    it('are found by state, lane and message, newest first', async () => {
      const message = await journal.receive();
      const made = await journal.decide(message, { events: [routed({ destinations: [{ lane: 'a' }, { lane: 'b' }, { lane: 'c' }] })] });
      const [a, b, c] = made.map((d) => d.delivery) as [number, number, number];
      const dead = await journal.inState('dead');
      const ids = async (filter: object) => (await all(2, (page) => journal.store.deliveries(filter, page))).map((d) => d.delivery);
      expect(await ids({})).to.deep.equal([dead, c, b, a]);
      expect(await ids({ message })).to.deep.equal([c, b, a]);
      expect(await ids({ message, lane: 'b' })).to.deep.equal([b]);
      expect(await ids({ states: ['dead'] })).to.deep.equal([dead]);
      expect(await ids({ states: ['queued', 'dead'] })).to.deep.equal([dead, c, b, a]);
      expect(await ids({ lane: 'b' })).to.deep.equal([b]);
      expect(await ids({ lane: 'never' })).to.deep.equal([]);
      expect(await ids({ states: [] })).to.deep.equal([]);
      const [summary] = (await journal.store.deliveries({ lane: 'a' }, { limit: 1 })).items;
      expect(summary).to.include({ delivery: a, message, run: 1, queuedAt: at(1000), eventType: 'dcc.identity.updated' });
    });
  });

  describe('events', () => {
    it('are a feed in commit order that can be followed from any cursor', async () => {
      const first = await journal.receive();
      const second = await journal.receive();
      const later = [routed(), routed()];
      await journal.decide(second, { events: later });
      const { items } = await journal.store.events({ limit: 10 });
      expect(items.map((e) => [e.message, e.event])).to.deep.equal(later.map((e) => [second, e.event]));
      await journal.decide(first);
      const page = await journal.store.events({ limit: 10, after: items[1]!.cursor });
      expect(page.items.map((e) => e.message)).to.deep.equal([first]);
      expect(page).to.not.have.property('next');
      expect(await all(1, (p) => journal.store.events(p))).to.have.length(3);
    });
  });

  describe('message', () => {
    it('is absent when there is none', async () => expect(await journal.store.message(999_999)).to.equal(undefined));

    it('tells everything that happened, in order', async () => {
      const events = [routed(), routed()];
      const { message } = await journal.queued({ events });
      const history = await journal.store.message(message);
      expect(history?.events).to.deep.equal(events.map(({ event }) => ({ event, run: 1 })));
      expect(history?.deliveries.map((d) => d.eventId)).to.deep.equal(events.map(({ event }) => event.id));
      expect(history).to.not.have.property('earlier');
    });
  });

  describe('lanes', () => {
    it('count every message and delivery in its state, and say since when the oldest waits', async () => {
      expect(await journal.store.lanes()).to.deep.equal([]);
      await journal.inState('delivered');
      await journal.inState('queued');
      await journal.receive({ receivedAt: at(77) });
      await journal.receive({ receivedAt: at(88) });
      const lanes = [...(await journal.store.lanes())].sort((x, y) => (x.lane < y.lane ? -1 : 1));
      const expected = [
        { lane: 'chx-adt-in', counts: { decoded: 2, received: 2 }, oldest: at(77) },
        { lane: 'dcc-out', counts: { delivered: 1, queued: 1 }, oldest: at(1000) },
      ];
      expect(lanes).to.deep.equal(expected);
      await journal.reopen();
      expect([...(await journal.store.lanes())].sort((x, y) => (x.lane < y.lane ? -1 : 1))).to.deep.equal(expected);
    });
  });

  describe('settings', () => {
    it('are revisions that only grow', async () => {
      expect(await journal.store.settings()).to.equal(undefined);
      const documents = [{ site: '990001018', name: 'Hôpital' }, { endpoints: [] }];
      const one = await journal.store.saveSettings({ at: at(0), who: 'A', documents });
      const two = await journal.store.saveSettings({ at: at(1), who: 'B', why: 'nouveau port', documents: [] });
      expect(two).to.be.above(one);
      expect(await journal.store.settings(one)).to.deep.equal({ revision: one, at: at(0), who: 'A', documents });
      expect(await journal.store.settings()).to.deep.equal({ revision: two, at: at(1), who: 'B', why: 'nouveau port', documents: [] });
      expect(await journal.store.settings(999)).to.equal(undefined);
      expect(await journal.store.settingsHistory()).to.deep.equal([
        { revision: one, at: at(0), who: 'A' },
        { revision: two, at: at(1), who: 'B', why: 'nouveau port' },
      ]);
    });
  });
}

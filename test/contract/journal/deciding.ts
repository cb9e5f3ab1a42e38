/** Contract of `decide`, `backlog`, `material` and `states`. */
import { expect } from 'chai';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, encoded, hashed, routed } from './samples.ts';

const HELD = { code: 'ERR_DESTINATION_UNKNOWN_PATIENT', message: 'the destination does not know this patient' } as const;
const PART = { part: 'p1', from: 10, to: 90, encoding: 'base64', bytes: 60, mime: 'application/pdf', sha256: hashed('pdf') } as const;

export function deciding(journal: Fixture): void {
  describe('decide', () => {
    it('makes one delivery for each event and destination, in order, held ones with their reason', async () => {
      const message = await journal.receive();
      const key = hashed('patient');
      const events = [
        routed({ kind: 'document', series: hashed('set'), keys: [key], destinations: [{ lane: 'a' }, { lane: 'b', held: HELD }] }),
        routed({ destinations: [] }),
        routed({ keys: [], destinations: [{ lane: 'a' }] }),
      ];
      const made = await journal.decide(message, { events });
      expect(made.map(({ delivery }) => delivery)).to.deep.equal([0, 1, 2].map((n) => made[0]!.delivery + n));
      expect(made.map((d) => [d.lane, d.state, d.kind, d.attempts])).to.deep.equal([
        ['a', 'queued', 'document', 0],
        ['b', 'held', 'document', 0],
        ['a', 'queued', 'identity', 0],
      ]);
      expect(made[0]).to.deep.include({ message, keys: [key], series: hashed('set') });
      expect(made[1]!.error).to.deep.equal(HELD);
      const stored = [...(await journal.store.backlog('a', 0, 10)), ...(await journal.store.backlog('b', 0, 10))].sort(
        (x, y) => x.delivery - y.delivery,
      );
      expect(stored).to.deep.equal(made);
    });

    it('makes one delivery of a destination named twice', async () => {
      const made = await journal.decide(await journal.receive(), {
        events: [routed({ destinations: [{ lane: 'a' }, { lane: 'b' }, { lane: 'a' }] })],
      });
      expect(made.map(({ lane }) => lane)).to.deep.equal(['a', 'b']);
    });

    it('keeps what was decided, and the answer owed', async () => {
      const error = { code: 'ERR_DOCUMENT_TYPE_UNKNOWN', message: 'no rule types this document', location: { hl7: 'OBX-3' } } as const;
      const warnings = [{ code: 'flag-missing', detail: 'MASQUE_PS' }];
      const message = await journal.receive();
      await journal.decide(message, { state: 'quarantined', decision: 'quarantine', error, warnings, parts: [PART], events: [], ack: 'AA' });
      const history = await journal.store.message(message);
      expect(history?.message).to.deep.include({ state: 'quarantined', decision: 'quarantine', error, warnings, ack: 'AA' });
      expect(history?.parts).to.deep.equal([PART]);
      expect(history?.decidedAt).to.equal(at(1000));
    });

    it('keeps an answer given before when none is owed now', async () => {
      const message = await journal.receive({ ack: 'AA' });
      await journal.decide(message);
      expect((await journal.store.message(message))?.message.ack).to.equal('AA');
    });

    it('refuses a message that is unknown, in another run, or not received, and stores nothing of it', async () => {
      await refused(journal.decide(999_999), 'ERR_NOT_FOUND');
      const message = await journal.receive();
      await refused(journal.decide(message, { run: 2 }), 'ERR_TRANSITION');
      await journal.decide(message);
      await refused(journal.decide(message), 'ERR_TRANSITION');
      expect(await journal.store.backlog('dcc-out', 0, 10)).to.have.length(1);
    });

    it('is all or nothing for one call, and nothing to its neighbours', async () => {
      const [good, bad, neighbour] = [await journal.receive(), await journal.receive(), await journal.receive()];
      const call = journal.store.decide([decided(good), decided(bad, { run: 5 })]);
      const beside = journal.store.decide([decided(neighbour)]);
      await refused(call, 'ERR_TRANSITION');
      expect(await beside).to.have.length(1);
      const states = (await journal.store.messages({}, { limit: 10 })).items.map((m) => [m.message, m.state]);
      expect(states).to.deep.equal([
        [neighbour, 'decoded'],
        [bad, 'received'],
        [good, 'received'],
      ]);
      expect((await journal.store.events({ limit: 10 })).items.map((e) => e.message)).to.deep.equal([neighbour]);
    });

    it('forgets names that came with a refused call', async () => {
      const [good, bad, neighbour] = [await journal.receive(), await journal.receive(), await journal.receive()];
      const events = [routed({ destinations: [{ lane: 'new-out' }] })];
      const call = journal.store.decide([decided(good, { events }), decided(bad, { run: 5 })]);
      const beside = journal.store.decide([decided(neighbour)]);
      await refused(call, 'ERR_TRANSITION');
      await beside;
      await journal.decide(good, { events });
      await journal.reopen();
      expect((await journal.store.backlog('new-out', 0, 10)).map((d) => d.lane)).to.deep.equal(['new-out']);
    });

    it('refuses destinations of a message that is not decoded, and hashes that are not hex', async () => {
      const message = await journal.receive();
      await refused(journal.decide(message, { state: 'quarantined' }), 'ERR_INVARIANT');
      for (const bad of ['Dupont', 'AB', 'abc', '']) await refused(journal.decide(message, { terms: [bad] }), 'ERR_INVARIANT');
      await journal.decide(message);
    });
  });

  describe('backlog', () => {
    it('gives the deliveries of a lane that still matter to order, in order, above a number', async () => {
      const states = ['queued', 'sending', 'delivered', 'review', 'held', 'dead'] as const;
      const ids = new Map<string, number>();
      for (const state of states) ids.set(state, await journal.inState(state));
      await journal.queued({ events: [routed({ destinations: [{ lane: 'another-out' }] })] });
      const backlog = await journal.store.backlog('dcc-out', 0, 10);
      expect(backlog.map((d) => [d.delivery, d.state])).to.deep.equal(states.filter((s) => s !== 'delivered').map((s) => [ids.get(s), s]));
      expect((await journal.store.backlog('dcc-out', ids.get('sending')!, 2)).map((d) => d.state)).to.deep.equal(['review', 'held']);
      expect(await journal.store.backlog('never-seen', 0, 10)).to.deep.equal([]);
    });
  });

  describe('material', () => {
    it('gives the event, the parts and, once encoded, the same encoded message', async () => {
      const event = routed({ event: { id: 'e1', type: 'dcc.document.received', time: at(0), data: { title: 'Compte rendu é €' } } });
      const { message, delivery } = await journal.queued({ events: [event], parts: [PART] });
      const [before] = await journal.store.material([delivery]);
      const { controlId } = (await journal.store.message(message))!.message;
      expect(before).to.deep.equal({
        delivery,
        message,
        format: 'hl7v2',
        controlId,
        queuedAt: at(1000),
        attempts: 0,
        event: event.event,
        parts: [PART],
      });
      const large = encoded({ envelope: { format: 'hl7v2', text: 'é'.repeat(300_000) } });
      await journal.store.begin([{ delivery, startedAt: at(2000), encoded: large }]);
      await journal.settle(delivery, 'queued');
      const [after] = await journal.store.material([delivery]);
      expect(after?.encoded).to.deep.equal(large);
      expect(after?.attempts).to.equal(1);
    });

    it('comes in the order asked, and not at all when one is unknown', async () => {
      const [a, b] = [await journal.inState('queued'), await journal.inState('queued')];
      expect((await journal.store.material([b, a])).map((m) => m.delivery)).to.deep.equal([b, a]);
      await refused(journal.store.material([a, 999_999]), 'ERR_NOT_FOUND');
    });
  });

  it('says the state of each delivery it is asked for, in that order, and nothing of one that is not here', async () => {
    const asked = ['dead', 'queued', 'sending', 'delivered', 'review', 'held'] as const;
    const ids: number[] = [];
    for (const state of asked) ids.push(await journal.inState(state));
    const [first, ...rest] = asked;
    expect(await journal.store.states([...ids.slice(1), 999_999, ids[0]!])).to.deep.equal([...rest, undefined, first]);
    expect(await journal.store.states([])).to.deep.equal([]);
    await refused(journal.store.states(Array.from({ length: 257 }, (_, i) => i + 1)), 'ERR_REQUEST_INVALID');
  });
}

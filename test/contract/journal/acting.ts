/** Contract of `act`: decisions of people. */
import { expect } from 'chai';
import { DELIVERY_TRANSITIONS, MESSAGE_TRANSITIONS } from '../../../core/contract/index.ts';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, encoded, hashed, routed } from './samples.ts';

const DELIVERY_STATES = ['queued', 'sending', 'delivered', 'review', 'held', 'dead'] as const;
const DECIDED_STATES = ['decoded', 'filtered', 'quarantined', 'rejected', 'dead'] as const;
const toLanes = (...lanes: string[]) => [routed({ destinations: lanes.map((lane) => ({ lane })) })];

export function acting(journal: Fixture): void {
  const messageIn = async (state: (typeof DECIDED_STATES)[number]): Promise<number> => {
    const message = await journal.receive();
    await journal.decide(message, { state, events: [] });
    return message;
  };
  const stateOf = async (message: number) => (await journal.store.message(message))?.message.state;

  describe('act on a delivery', () => {
    it('makes every move of the table that is a person’s, and no other', async () => {
      for (const verb of ['release', 'resend', 'confirm', 'discard', 'replay'] as const)
        for (const state of DELIVERY_STATES) {
          const delivery = await journal.inState(state);
          const move = DELIVERY_TRANSITIONS.find((t) => t.from === state && t.by === verb && t.actor === 'person');
          if (move) await journal.act(verb, { delivery });
          else await refused(journal.act(verb, { delivery }), 'ERR_TRANSITION');
          expect(await journal.stateOf(delivery), `${verb} of ${state}`).to.equal(move?.to ?? state);
        }
    });

    it('sends the same bytes after a resend, at once', async () => {
      const { delivery } = await journal.queued();
      await journal.begin(delivery);
      await journal.settle(delivery, 'queued', { notBefore: at(99_000) });
      await journal.begin(delivery, false);
      await journal.settle(delivery, 'review');
      await journal.act('resend', { delivery });
      const [material] = await journal.store.material([delivery]);
      expect(material?.encoded).to.deep.equal(encoded());
      const [row] = (await journal.store.deliveries({}, { limit: 1 })).items;
      expect(row).to.not.have.any.keys('notBefore', 'settledAt');
      expect(row?.attempts).to.equal(2);
    });

    it('leaves a row that says who, why and when', async () => {
      const { message, delivery } = await journal.queued();
      await journal.act('discard', { delivery }, 'envoyé par erreur');
      expect((await journal.store.message(message))?.acts).to.deep.equal([
        { verb: 'discard', delivery, who: 'A. Person', why: 'envoyé par erreur', at: at(9000) },
      ]);
      expect((await journal.store.message(message))?.deliveries[0]).to.include({ state: 'discarded', settledAt: at(9000) });
    });
  });

  describe('what act answers', () => {
    it('is the delivery as it is now, or what a replay discarded and who decides again; in the order of the actions', async () => {
      const held = await journal.inState('held', { events: [routed({ keys: [hashed('p1')], series: hashed('s1'), kind: 'document' })] });
      const first = await journal.queued({ events: toLanes('a', 'b') });
      const [released, replayed] = await journal.store.act([
        { verb: 'release', delivery: held, who: 'A. Person', at: at(9000) },
        { verb: 'replay', message: first.message, who: 'A. Person', at: at(9000) },
      ]);
      expect(released).to.not.have.property('again');
      expect(released?.deliveries).to.have.length(1);
      expect(released?.deliveries[0]).to.deep.include({
        delivery: held,
        message: released?.message,
        state: 'queued',
        keys: [hashed('p1')],
        series: hashed('s1'),
        kind: 'document',
      });
      const { lane, receivedAt, bytes, controlId } = (await journal.store.message(first.message))!.message;
      expect(replayed?.message).to.equal(first.message);
      expect(replayed?.again).to.deep.equal({ lane, run: 2, receivedAt, bytes, controlId });
      expect(replayed?.deliveries.map(({ lane, state }) => [lane, state])).to.deep.equal([
        ['a', 'discarded'],
        ['b', 'discarded'],
      ]);
    });
  });

  describe('act on a message', () => {
    it('replays and discards by the table, and nothing else', async () => {
      for (const verb of ['replay', 'discard', 'release', 'resend', 'confirm'] as const)
        for (const state of DECIDED_STATES) {
          const message = await messageIn(state);
          const move = MESSAGE_TRANSITIONS.find((t) => t.from === state && t.by === verb);
          if (move) await journal.act(verb, { message }, 'motif');
          else await refused(journal.act(verb, { message }, 'motif'), 'ERR_TRANSITION');
          expect(await stateOf(message), `${verb} of ${state}`).to.equal(move?.to ?? state);
        }
    });

    it('names what it does not find', async () => {
      await refused(journal.act('replay', { message: 999_999 }), 'ERR_NOT_FOUND');
      await refused(journal.act('discard', { delivery: 999_999 }), 'ERR_NOT_FOUND');
    });

    it('is all or nothing', async () => {
      const [delivery, dead] = [await journal.inState('delivered'), await messageIn('dead')];
      const on = { who: 'A', at: at(1) };
      await refused(
        journal.store.act([
          { verb: 'discard', message: dead, ...on },
          { verb: 'discard', delivery, ...on },
        ]),
        'ERR_TRANSITION',
      );
      expect(await stateOf(dead)).to.equal('dead');
      expect((await journal.store.message(dead))?.acts).to.deep.equal([]);
    });

    it('discards nothing that was delivered before', async () => {
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      await journal.settle(delivery, 'delivered');
      await journal.act('replay', { message }, 'motif');
      await journal.decide(message, { run: 2, state: 'dead', events: [] });
      await journal.act('discard', { message }, 'motif');
      expect([await stateOf(message), await journal.stateOf(delivery)]).to.deep.equal(['discarded', 'delivered']);
    });
  });

  describe('replay', () => {
    it('opens the next run and discards what was still open, with rows that say so', async () => {
      const message = await journal.receive();
      const made = await journal.decide(message, { events: toLanes('a', 'b', 'c') });
      const [delivered, dead, queued] = made.map((d) => d.delivery) as [number, number, number];
      for (const [delivery, to] of [
        [delivered, 'delivered'],
        [dead, 'dead'],
      ] as const) {
        await journal.begin(delivery);
        await journal.settle(delivery, to);
      }
      await journal.act('replay', { message }, 'nouveau paramétrage');
      const history = await journal.store.message(message);
      expect(history?.message).to.include({ state: 'received', run: 2 });
      expect(history?.message).to.not.have.any.keys('decision', 'error');
      expect(history?.deliveries.map((d) => d.state)).to.deep.equal(['delivered', 'discarded', 'discarded']);
      expect(history?.acts.map((a) => [a.verb, a.message, a.delivery])).to.deep.equal([
        ['replay', message, undefined],
        ['replay', undefined, dead],
        ['replay', undefined, queued],
      ]);
      expect((await journal.store.undecided('chx-adt-in', 0, 10)).map((m) => m.message)).to.deep.equal([message]);
      const [again] = await journal.decide(message, { run: 2 });
      await journal.begin(again!.delivery);
      expect((await journal.store.message(message))?.deliveries.map((d) => d.run)).to.deep.equal([1, 1, 1, 2]);
    });

    it('keeps the decision that it takes the place of', async () => {
      const error = { code: 'ERR_DOCUMENT_TYPE_UNKNOWN', message: 'no rule types this document' } as const;
      const message = await journal.receive();
      await journal.decide(message, { state: 'quarantined', decision: 'quarantine', events: [], error });
      await journal.act('replay', { message });
      await journal.decide(message, { run: 2 });
      expect((await journal.store.message(message))?.earlier).to.deep.equal([
        { run: 1, state: 'quarantined', decidedAt: at(1000), decision: 'quarantine', error, warnings: [] },
      ]);
    });

    it('waits for a delivery that is being sent', async () => {
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      await refused(journal.act('replay', { message }, 'motif'), 'ERR_TRANSITION');
      expect(await journal.stateOf(delivery)).to.equal('sending');
    });
  });

  describe('replay after newer deliveries', () => {
    const document = (patient: string, set: string) => routed({ kind: 'document', keys: [hashed(patient)], series: hashed(set) });

    it('of the same patient or document is refused without a reason, and done with one', async () => {
      const { message } = await journal.queued({ events: [document('p1', 's1')] });
      await journal.queued({ events: [document('p1', 's9')] });
      await refused(journal.act('replay', { message }), 'ERR_REPLAY_STALE');
      await refused(journal.act('replay', { message }, ''), 'ERR_REPLAY_STALE');
      expect(await stateOf(message)).to.equal('decoded');
      await journal.act('replay', { message }, 'demandé par le site');
      expect(await stateOf(message)).to.equal('received');
    });

    it('of the same document counts, of others does not, discarded ones do not', async () => {
      const { message } = await journal.queued({ events: [document('p1', 's1')] });
      await journal.queued({ events: [document('p2', 's2')] });
      const { delivery } = await journal.queued({ events: [document('p3', 's1')] });
      await refused(journal.act('replay', { message }), 'ERR_REPLAY_STALE');
      await journal.act('discard', { delivery });
      await journal.act('replay', { message });
    });

    it('does not mind older ones', async () => {
      await journal.queued({ events: [document('p1', 's1')] });
      const { message } = await journal.queued({ events: [document('p1', 's1')] });
      await journal.act('replay', { message });
      expect(await stateOf(message)).to.equal('received');
    });

    it('does not mind older ones of a message that never had an event', async () => {
      await journal.queued({ events: [document('p1', 's1')] });
      const message = await journal.receive();
      await journal.decide(message, { state: 'dead', events: [], terms: [hashed('p1')] });
      await journal.act('replay', { message });
    });

    it('is seen by the terms of a message that never had an event', async () => {
      const message = await journal.receive();
      await journal.decide(message, { state: 'quarantined', events: [], terms: [hashed('p1')] });
      await journal.queued({ events: [document('p1', 's1')] });
      await refused(journal.act('replay', { message }), 'ERR_REPLAY_STALE');
    });

    it('sees what earlier actions of the same call put away', async () => {
      const [first, second] = [await journal.queued({ events: [document('p1', 's1')] }), await journal.queued({ events: [document('p1', 's1')] })];
      const replay = (message: number) => ({ verb: 'replay', message, who: 'camille', at: at(1) }) as const;
      await refused(journal.store.act([replay(first.message), replay(second.message)]), 'ERR_REPLAY_STALE');
      const acted = await journal.store.act([replay(second.message), replay(first.message)]);
      expect(acted.map(({ message, deliveries }) => [message, deliveries.length])).to.deep.equal([
        [second.message, 1],
        [first.message, 1],
      ]);
    });

    it('is of a message or of a delivery, each of them', async () => {
      const [first, second] = [await journal.queued(), await journal.queued()];
      const replay = { verb: 'replay', who: 'camille', why: 'motif', at: at(1) } as const;
      const both = { ...replay, message: second.message, delivery: second.delivery };
      await refused(journal.store.act([{ ...replay, message: first.message }, both]), 'ERR_INVARIANT');
      expect(await stateOf(first.message)).to.equal('decoded');
    });

    it('sees what an earlier replay delivered since', async () => {
      const first = await journal.queued({ events: [document('p1', 's1')] });
      const second = await journal.queued({ events: [document('p1', 's1')] });
      await journal.act('replay', { message: first.message }, 'motif');
      await journal.store.decide([decided(first.message, { run: 2, events: [document('p1', 's1')] })]);
      await refused(journal.act('replay', { message: second.message }), 'ERR_REPLAY_STALE');
    });

    it('remembers which lanes a person paused, once each, until they may go on', async () => {
      const { store } = journal;
      await store.pause('dcc-out', true, at(1));
      await store.pause('dcc-out', true, at(2));
      await store.pause('chx-out', true, at(3));
      await store.pause('never-paused', false, at(4));
      await journal.reopen();
      expect(await journal.store.paused()).to.deep.equal(['chx-out', 'dcc-out']);
      await journal.store.pause('chx-out', false, at(5));
      expect(await journal.store.paused()).to.deep.equal(['dcc-out']);
    });

    it('remembers what else was ordered of a lane, one of each kind, until it is withdrawn', async () => {
      const { store } = journal;
      const rate = { lane: 'dcc-out', kind: 'rate', perMinute: 60, at: at(1), who: 'A. Person' } as const;
      const downtime = { lane: 'dcc-out', kind: 'downtime', from: at(2), until: at(9), at: at(2), who: 'A. Person', why: 'mise à jour' } as const;
      await store.order({ ...rate, perMinute: 30 });
      await store.order(rate);
      await store.order(downtime);
      await store.order({ ...rate, lane: 'chx-out' });
      await store.withdraw('chx-out', 'downtime');
      await journal.reopen();
      expect(await journal.store.orders()).to.deep.equal([{ ...rate, lane: 'chx-out' }, downtime, rate]);
      await journal.store.withdraw('dcc-out', 'downtime');
      expect(await journal.store.orders()).to.deep.equal([{ ...rate, lane: 'chx-out' }, rate]);
    });
  });
}

/** Contract of `begin` and `settle`: every pair of states, attempts, times. */
import { expect } from 'chai';
import { DELIVERY_TRANSITIONS, type DeliveryState, type EncodedMessage, type Settlement } from '../../../core/contract/index.ts';
import type { Fixture } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, encoded, hashed } from './samples.ts';

const ERROR = { code: 'ERR_ACK_REFUSED', message: 'the counterparty refused the message' } as const;
const REACHABLE = ['queued', 'sending', 'delivered', 'review', 'held', 'dead'] as const;
const TARGETS: readonly Settlement['to'][] = ['queued', 'delivered', 'review', 'held', 'dead', 'discarded'];

export function sending(journal: Fixture): void {
  describe('begin', () => {
    it('moves queued to sending and writes the attempt', async () => {
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      expect(await journal.stateOf(delivery)).to.equal('sending');
      expect((await journal.store.message(message))?.attempts).to.deep.equal([{ delivery, ordinal: 1, startedAt: at(2000) }]);
      expect((await journal.store.deliveries({}, { limit: 1 })).items[0]?.controlId).to.equal('OUT1');
    });

    it('is refused in any other state', async () => {
      for (const state of REACHABLE.filter((s) => s !== 'queued'))
        await refused(journal.begin(await journal.inState(state), false), 'ERR_TRANSITION');
      await refused(journal.begin(999_999), 'ERR_NOT_FOUND');
    });

    it('wants the encoded message the first time, and never again: a retry sends the same bytes', async () => {
      const { delivery } = await journal.queued();
      await refused(journal.begin(delivery, false), 'ERR_INVARIANT');
      await journal.begin(delivery);
      await journal.settle(delivery, 'queued');
      await refused(journal.store.begin([{ delivery, startedAt: at(1), encoded: encoded() }]), 'ERR_INVARIANT');
      await journal.begin(delivery, false);
    });

    it('takes other bytes in the place of earlier ones when it is said that they replace them, by either way to begin', async () => {
      const { delivery } = await journal.queued();
      const other = (n: number): EncodedMessage => encoded({ controlId: `OUT${n}`, sha256: hashed(`bytes ${n}`) });
      await refused(journal.store.begin([{ delivery, startedAt: at(1), encoded: encoded(), replaces: true }]), 'ERR_INVARIANT');
      await journal.begin(delivery);
      await journal.settle(delivery, 'queued');
      await journal.store.begin([{ delivery, startedAt: at(1), encoded: other(2), replaces: true }]);
      expect((await journal.store.material([delivery]))[0]?.encoded).to.deep.equal(other(2));
      expect((await journal.store.deliveries({}, { limit: 1 })).items[0]?.controlId).to.equal('OUT2');
      await journal.settle(delivery, 'queued');
      const begun = { startedAt: at(2), encoded: other(3), replaces: true } as const;
      await journal.store.settle([{ delivery, from: 'queued', to: 'delivered', at: at(3), counted: true, begun }]);
      expect((await journal.store.material([delivery]))[0]?.encoded).to.deep.equal(other(3));
    });
  });

  describe('settle', () => {
    it('makes every move of the table that is the engine’s, from the state it names, and no other', async () => {
      for (const from of REACHABLE)
        for (const to of TARGETS) {
          const delivery = await journal.inState(from);
          const settlement = { delivery, from: from as Settlement['from'], to, at: at(1), counted: false };
          const isMove = DELIVERY_TRANSITIONS.some((t) => t.from === from && t.to === to && t.actor === 'engine');
          if (isMove) await journal.store.settle([settlement]);
          else await refused(journal.store.settle([settlement]), 'ERR_TRANSITION');
          expect(await journal.stateOf(delivery), `${from} to ${to}`).to.equal(isMove ? to : (from satisfies DeliveryState));
        }
    });

    it('waits for a message that is being decided no longer than it must: that one may never come', async () => {
      for (let n = 0; n < 3; n++) {
        const { delivery } = await journal.queued();
        await journal.begin(delivery);
        await journal.store.reserve(1);
        await journal.settle(delivery, 'delivered');
        expect(await journal.stateOf(delivery)).to.equal('delivered');
      }
    });

    it('refuses when the delivery is not in the state it names', async () => {
      await refused(journal.settle(await journal.inState('queued'), 'dead'), 'ERR_TRANSITION');
      await refused(journal.settle(999_999, 'dead'), 'ERR_NOT_FOUND');
    });

    it('ends the attempt with its outcome, and shows the last error and the time of the next try', async () => {
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      await journal.settle(delivery, 'queued', { error: ERROR, ack: 'AE', notBefore: at(60_000) });
      const history = await journal.store.message(message);
      expect(history?.attempts).to.deep.equal([
        { delivery, ordinal: 1, startedAt: at(2000), endedAt: at(3000), outcome: 'queued', ack: 'AE', error: ERROR },
      ]);
      expect(history?.deliveries[0]).to.deep.include({ attempts: 1, error: ERROR, notBefore: at(60_000), ack: 'AE', state: 'queued' });
      expect(history?.deliveries[0]).to.not.have.property('settledAt');
      await journal.begin(delivery, false);
      await journal.settle(delivery, 'delivered', { ack: 'AA' });
      const [done] = (await journal.store.deliveries({}, { limit: 1 })).items;
      expect(done).to.include({ attempts: 2, ack: 'AA', settledAt: at(3000) });
      expect(done).to.not.have.any.keys('error', 'notBefore');
    });

    it('does not count an attempt that reached nobody: the next one takes its place', async () => {
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      await journal.settle(delivery, 'queued', { counted: false });
      await journal.begin(delivery, false);
      await journal.settle(delivery, 'delivered');
      const history = await journal.store.message(message);
      expect(history?.deliveries[0]?.attempts).to.equal(1);
      expect(history?.attempts.map((a) => [a.ordinal, a.outcome])).to.deep.equal([[1, 'delivered']]);
    });

    it('begins and ends an attempt in one, with what was sent', async () => {
      const { message, delivery } = await journal.queued();
      const begun = { startedAt: at(2000), encoded: encoded() };
      await journal.store.settle([{ delivery, from: 'queued', to: 'queued', at: at(2500), counted: true, notBefore: at(9000), begun }]);
      const [retry] = await journal.store.backlog('dcc-out', 0, 10);
      expect(retry).to.include({ state: 'queued', attempts: 1, notBefore: at(9000) });
      expect((await journal.store.material([delivery]))[0]!.encoded).to.deep.equal(encoded());
      await journal.store.settle([
        { delivery, from: 'queued', to: 'delivered', at: at(9500), counted: true, ack: 'AA', begun: { startedAt: at(9100) } },
      ]);
      const history = await journal.store.message(message);
      expect(history?.attempts).to.deep.equal([
        { delivery, ordinal: 1, startedAt: at(2000), endedAt: at(2500), outcome: 'queued' },
        { delivery, ordinal: 2, startedAt: at(9100), endedAt: at(9500), outcome: 'delivered', ack: 'AA' },
      ]);
      expect(history?.deliveries[0]).to.include({ state: 'delivered', attempts: 2, controlId: 'OUT1', ack: 'AA', settledAt: at(9500) });
    });

    it('of a whole attempt wants what begin wants, and writes an envelope of any size', async () => {
      const { delivery } = await journal.queued();
      const whole = (from: 'queued' | 'sending', over: object): Promise<void> =>
        journal.store.settle([{ delivery, from, to: 'delivered', at: at(2500), counted: true, begun: { startedAt: at(2000), ...over } }]);
      await refused(whole('queued', {}), 'ERR_INVARIANT');
      await refused(whole('sending', { encoded: encoded() }), 'ERR_TRANSITION');
      const large = encoded({ envelope: { format: 'hl7v2', text: 'é'.repeat(400_000), controlId: 'OUT1' } });
      await whole('queued', { encoded: large });
      expect((await journal.store.material([delivery]))[0]!.encoded).to.deep.equal(large);
      await refused(whole('queued', {}), 'ERR_TRANSITION');
    });

    it('takes several moves of one delivery in one call, one after the other', async () => {
      const { delivery } = await journal.queued();
      const begun = { startedAt: at(2000), encoded: encoded() };
      await journal.store.settle([
        { delivery, from: 'queued', to: 'queued', at: at(2500), counted: true, begun },
        { delivery, from: 'queued', to: 'held', at: at(2600), counted: false },
      ]);
      expect(await journal.stateOf(delivery)).to.equal('held');
    });

    it('writes no attempt for a delivery that could not be encoded', async () => {
      const { message, delivery } = await journal.queued();
      await journal.store.settle([{ delivery, from: 'queued', to: 'dead', at: at(5), counted: true, error: ERROR }]);
      const history = await journal.store.message(message);
      expect(history?.attempts).to.deep.equal([]);
      expect(history?.deliveries[0]).to.deep.include({ state: 'dead', attempts: 0, error: ERROR, settledAt: at(5) });
    });
  });
}

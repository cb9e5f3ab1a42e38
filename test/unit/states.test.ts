import { expect } from 'chai';
import { DELIVERY_STATES, DELIVERY_TRANSITIONS, MESSAGE_STATES, MESSAGE_TRANSITIONS, canMoveDelivery, canMoveMessage } from 'passerelle/contract';

describe('the two state machines', () => {
  it('reach every state from the first one', () => {
    const reach = (start: string, moves: readonly { from: string; to: string }[]): Set<string> => {
      const seen = new Set([start]);
      for (let grown = true; grown;) {
        grown = false;
        for (const { from, to } of moves) if (seen.has(from) && !seen.has(to)) grown = !!seen.add(to);
      }
      return seen;
    };
    expect([...reach('received', MESSAGE_TRANSITIONS)]).to.have.members([...MESSAGE_STATES]);
    expect([...reach('queued', DELIVERY_TRANSITIONS)]).to.have.members([...DELIVERY_STATES]);
  });

  it('name each move once of each who makes it, and never stand still', () => {
    for (const table of [MESSAGE_TRANSITIONS, DELIVERY_TRANSITIONS]) {
      expect(new Set(table.map((t) => `${t.from}>${t.to} ${t.actor}`)).size).to.equal(table.length);
      expect(table.every((t) => t.from !== t.to)).to.equal(true);
    }
  });

  it('leave delivered, rejected and discarded for good', () => {
    for (const to of DELIVERY_STATES) expect(canMoveDelivery('delivered', to) || canMoveDelivery('discarded', to)).to.equal(false);
    for (const to of MESSAGE_STATES) expect(canMoveMessage('rejected', to) || canMoveMessage('discarded', to)).to.equal(false);
  });

  it('let only a person take something out of review, hold or death', () => {
    for (const t of DELIVERY_TRANSITIONS) if (['review', 'held', 'dead'].includes(t.from)) expect(t.actor, `${t.from} -> ${t.to}`).to.equal('person');
  });
});

import { expect } from 'chai';
import * as fc from 'fast-check';
import { CATALOGUE, type ErrorCode } from 'passerelle/contract';
import { afterDoubt, afterFailure, afterReply, backoffMs, type DeliveryPolicy } from '../../core/lanes/retry.ts';

const policy: DeliveryPolicy = { idempotent: false, duplicates: 'review', resendAfterMs: 600_000, attempts: 3, firstMs: 1000, maxMs: 60_000 };
const doc = { attempts: 1, kind: 'document' as const };
const identity = { attempts: 1, kind: 'identity' as const };
const data = (code: ErrorCode) => ({ code, message: CATALOGUE[code].en });

describe('after an attempt', () => {
  it('a document whose fate is unknown goes to a person, unless doubles are tolerated or recognised', () => {
    const error = data('ERR_ACK_TIMEOUT');
    expect(afterDoubt(error, doc, policy, 0)).to.include({ to: 'review', counted: true });
    expect(afterDoubt(error, doc, { ...policy, duplicates: 'tolerated' }, 0)).to.include({ to: 'queued', waitMs: 600_000 });
    expect(afterDoubt(error, doc, { ...policy, idempotent: true }, 0)).to.include({ to: 'queued' });
  });

  it('an identity whose fate is unknown is sent again', () => {
    expect(afterDoubt(data('ERR_CONNECTION_LOST_AFTER_SEND'), identity, policy, 0)).to.include({ to: 'queued', counted: true });
  });

  it('an unreachable endpoint trips the lane, uses up no attempt and makes nothing dead, however often', () => {
    for (const code of ['ERR_CONNECTION_REFUSED', 'ERR_CERT_UNTRUSTED'] as const)
      expect(afterFailure(data(code), { attempts: 1000, kind: 'document' }, policy, 0), code).to.include({
        to: 'queued',
        counted: false,
        trips: true,
      });
  });

  it('only an answer to this message counts, and putting off ends after the agreed attempts', () => {
    expect(afterReply({ outcome: 'later', ack: 'AR' }, { attempts: 2, kind: 'document' }, policy, 0)).to.include({ to: 'queued', counted: true });
    expect(afterReply({ outcome: 'later', ack: 'AR' }, { attempts: 3, kind: 'document' }, policy, 0)).to.include({ to: 'dead', counted: true });
  });

  it('a counterparty that takes nothing now trips the lane and kills nothing, for as long as it lasts', () => {
    expect(afterReply({ outcome: 'unavailable', ack: 'HTTP 503' }, { attempts: 500, kind: 'document' }, policy, 0)).to.include({
      to: 'queued',
      counted: false,
      trips: true,
    });
  });

  it('a refusal is dead, an unknown patient is held, an unreadable answer is a doubt', () => {
    expect(afterReply({ outcome: 'refused', ack: 'AE', applicationCode: 904 }, doc, policy, 0).error).to.include({
      code: 'ERR_ACK_REFUSED',
      applicationCode: 904,
    });
    expect(afterReply({ outcome: 'refused', ack: 'AE' }, doc, policy, 0).to).to.equal('dead');
    expect(afterReply({ outcome: 'unknown-there', ack: 'AE' }, doc, policy, 0).to).to.equal('held');
    expect(afterReply({ outcome: 'unreadable' }, doc, policy, 0).to).to.equal('review');
    expect(afterReply({ outcome: 'delivered', ack: 'AA' }, doc, policy, 0).to).to.equal('delivered');
  });

  it('every disposition of the catalogue leads somewhere, and none of a transport leads to delivered', () => {
    for (const code of Object.keys(CATALOGUE) as ErrorCode[])
      expect(afterFailure(data(code), doc, policy, 0).to, code).to.be.oneOf(['queued', 'review', 'dead']);
  });

  it('waiting grows, stays within its bounds and is never the same for all', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, draw) => {
        const ms = backoffMs(attempt, policy, draw);
        expect(ms).to.be.within(policy.firstMs / 2, policy.maxMs);
      }),
    );
    expect(backoffMs(3, policy, 0)).not.to.equal(backoffMs(3, policy, 0.9));
  });
});

/** What happens after an attempt: one rule, from the disposition of the error or the outcome of the reply (ARCHITECTURE section 4). */
import { CATALOGUE, type DeliveryState, type ErrorData, type QueuedDelivery, type ReplyOutcome } from '../contract/index.ts';

export interface DeliveryPolicy {
  /** The receiver deduplicates by control id: sending again is harmless. */
  readonly idempotent: boolean;
  /** Documents whose fate is unknown: sent again after a while, or shown to a person. Onboarding demands the answer. */
  readonly duplicates: 'tolerated' | 'review';
  readonly resendAfterMs: number;
  /** Counted attempts before a delivery that is put off again dies. */
  readonly attempts: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface AfterAttempt {
  readonly to: Exclude<DeliveryState, 'sending'>;
  /** Not again before this many ms. */
  readonly waitMs?: number;
  readonly counted: boolean;
  /** The endpoint itself cannot be reached: the lane pauses, this delivery is not to blame. */
  readonly trips?: boolean;
  readonly error?: ErrorData;
}

/** Doubles from `firstMs` to `maxMs`, with half of it drawn at random so that lanes do not knock together. `draw` is in [0, 1). */
export function backoffMs(attempt: number, policy: Pick<DeliveryPolicy, 'firstMs' | 'maxMs'>, draw: number): number {
  const full = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + (full / 2) * draw);
}

/** No wait under this policy is longer: a later time in the journal was written before the clock was set back. */
export const longestWaitMs = (policy: DeliveryPolicy): number =>
  !policy.idempotent && policy.duplicates === 'tolerated' ? Math.max(policy.maxMs, policy.resendAfterMs) : policy.maxMs;

/** The counterparty answered *this* message. */
export function afterReply(
  reply: ReplyOutcome,
  item: Pick<QueuedDelivery, 'attempts' | 'kind' | 'error'>,
  policy: DeliveryPolicy,
  draw: number,
): AfterAttempt {
  const error = (code: ErrorData['code']): ErrorData =>
    reply.error ?? {
      code,
      message: CATALOGUE[code].en,
      ...(reply.ack && { found: reply.ack }),
      ...(reply.applicationCode && { applicationCode: reply.applicationCode }),
    };
  switch (reply.outcome) {
    case 'delivered':
      return { to: 'delivered', counted: true };
    case 'refused':
      return { to: 'dead', counted: true, error: error('ERR_ACK_REFUSED') };
    case 'unknown-there':
      return { to: 'held', counted: true, error: error('ERR_DESTINATION_UNKNOWN_PATIENT') };
    case 'unreadable':
      return afterDoubt(error('ERR_ACK_UNREADABLE'), item, policy, draw);
    case 'unavailable':
      return { to: 'queued', counted: false, trips: true, error: error('ERR_ACK_LATER') };
    case 'later':
      // What came before without an answer was not put off: it dies of no first reply.
      return item.attempts >= policy.attempts && !(item.error && CATALOGUE[item.error.code].disposition === 'ambiguous')
        ? { to: 'dead', counted: true, error: error('ERR_ACK_LATER') }
        : { to: 'queued', counted: true, waitMs: backoffMs(item.attempts, policy, draw), error: error('ERR_ACK_LATER') };
  }
}

/** Nothing says whether it was taken (D8): ambiguous is not failed. The same bytes go again only where a double does no harm. */
export function afterDoubt(error: ErrorData, item: Pick<QueuedDelivery, 'attempts' | 'kind'>, policy: DeliveryPolicy, draw: number): AfterAttempt {
  if (policy.idempotent || item.kind !== 'document') return { to: 'queued', counted: true, waitMs: backoffMs(item.attempts, policy, draw), error };
  return policy.duplicates === 'tolerated'
    ? { to: 'queued', counted: true, waitMs: policy.resendAfterMs, error }
    : { to: 'review', counted: true, error };
}

/** The transport threw. */
export function afterFailure(error: ErrorData, item: Pick<QueuedDelivery, 'attempts' | 'kind'>, policy: DeliveryPolicy, draw: number): AfterAttempt {
  switch (CATALOGUE[error.code].disposition) {
    case 'ambiguous':
      // A receiver that takes connections and answers nobody would put the whole backlog into doubt, one delivery after the other.
      return { ...afterDoubt(error, item, policy, draw), trips: true };
    case 'transient':
    case 'security':
    case 'configuration':
      return { to: 'queued', counted: false, trips: true, error };
    default:
      return { to: 'dead', counted: true, error };
  }
}

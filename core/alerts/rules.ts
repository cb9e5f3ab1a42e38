/** When which alert is on: one function over what was seen of a lane, of the journal and of the machine, without clock or I/O. */
import type { AlertCode, ErrorCode, LaneView } from '../contract/index.ts';
import { STANDING, type Counts, type Refusals, type Standing } from './lane-memory.ts';
import { LOW_DISK_BYTES, NO_DISK_BYTES } from './machine.ts';

/** What is wrong now. Times are ms since 1970. */
export interface Condition {
  readonly code: AlertCode;
  readonly since: number;
  readonly lane?: string;
  readonly site?: string;
  readonly count?: number;
  readonly error?: ErrorCode;
  readonly expires?: number;
  /** An alert only once it has lasted for so long (ms). */
  readonly after?: number;
}

export interface Bounds {
  readonly failingMs: number;
  readonly waitingMs: number;
}

export interface LaneSeen {
  readonly lane: string;
  readonly site: string;
  readonly direction: 'in' | 'out';
  readonly status: LaneView['status'];
  readonly counts: Counts;
  /** Receipt or queueing of the oldest that waits. */
  readonly oldest?: number;
  readonly failing?: { readonly since: number; readonly code?: ErrorCode };
  readonly standing: (state: Standing) => number | undefined;
  readonly refusals?: Refusals;
  /** When documents of another patient than their message were refused. */
  readonly mismatches: readonly number[];
  readonly silence?: { readonly since: number; readonly longest: number };
  /** When it, or the way back to who sends here, was last in a planned downtime. */
  readonly downAt: number;
  readonly certificateExpires?: number;
}

/** A renewed certificate has to travel through two organisations. */
export const CERTIFICATE_NOTICE_MS = 30 * 24 * 3600 * 1000;
/** One that was refused may be a mistake of one message. */
const REFUSED_LEAST = 2;

const STANDING_CODES = {
  in: { quarantined: 'ALERT_MESSAGE_QUARANTINED', dead: 'ALERT_MESSAGE_DEAD' },
  out: { dead: 'ALERT_DELIVERY_DEAD', review: 'ALERT_DELIVERY_REVIEW', held: 'ALERT_DELIVERY_HELD' },
} as const;

export function* laneConditions(seen: LaneSeen, bounds: Bounds, now: number): Generator<Condition> {
  const { lane, site, direction, counts, status, failing, refusals, silence, certificateExpires } = seen;
  const where = { lane, site };
  for (const state of STANDING[direction]) {
    const since = seen.standing(state);
    const code = (STANDING_CODES[direction] as Partial<Record<Standing, AlertCode>>)[state];
    if (since !== undefined && code) yield { ...where, code, since, count: counts[state] ?? 0 };
  }
  const waiting = (counts.received ?? 0) + (counts.queued ?? 0) + (counts.sending ?? 0);
  // What began before a downtime ended is counted from its end.
  const oldest = Math.max(seen.oldest ?? now, direction === 'out' ? seen.downAt : 0);
  if (failing && waiting > 0 && status !== 'paused')
    yield {
      ...where,
      code: 'ALERT_LANE_FAILING',
      since: Math.max(failing.since, oldest),
      after: bounds.failingMs,
      count: waiting,
      ...(failing.code && { error: failing.code }),
    };
  else if (waiting > 0 && now - oldest >= bounds.waitingMs) yield { ...where, code: 'ALERT_LANE_WAITING', since: oldest, count: waiting };
  if (refusals && refusals.count >= REFUSED_LEAST && refusals.last - refusals.since >= bounds.failingMs)
    yield { ...where, code: 'ALERT_ENDPOINT_REFUSED', since: refusals.since, count: refusals.count };
  // One is enough: whoever sent it has two patients in one message (SAFETY A8).
  if (seen.mismatches.length > 0)
    yield { ...where, code: 'ALERT_PATIENT_MISMATCH', since: Math.min(...seen.mismatches), count: seen.mismatches.length };
  if (silence && now - Math.max(silence.since, seen.downAt) > silence.longest)
    yield { ...where, code: 'ALERT_ENDPOINT_SILENT', since: silence.since };
  if (certificateExpires !== undefined && certificateExpires - now <= CERTIFICATE_NOTICE_MS)
    yield { ...where, code: 'ALERT_CERTIFICATE_EXPIRES', since: certificateExpires - CERTIFICATE_NOTICE_MS, expires: certificateExpires };
}

export function diskCondition(free: number, now: number): Condition | undefined {
  if (free >= LOW_DISK_BYTES) return undefined;
  return { code: free < NO_DISK_BYTES ? 'ALERT_DISK_FULL' : 'ALERT_DISK_LOW', since: now };
}

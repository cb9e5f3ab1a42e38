/** PAM France triggers and what each one states (specs FACTS D3). */
import type { EventType } from '../../core/model/index.ts';

export type StayEvent = Exclude<Extract<EventType, `dcc.visit.${string}`>, 'dcc.visit.reassigned'>;
export type Relation = 'merge' | 'change-id' | 'link' | 'unlink' | 'reassign';

export interface Trigger {
  /** Event of the stay; absent = an identity message. */
  readonly visit?: StayEvent;
  /** Relation between two patients: another event each, so that nobody takes one for another. */
  readonly relation?: Relation;
  /** Movement that this one cancels, when ZBE-6 does not say. */
  readonly cancels?: string;
  /** Understood, and nothing of it is wanted here. */
  readonly ignored?: boolean;
  /** The stay event is given only when a movement is stated (A08 of old senders). */
  readonly movementOnly?: boolean;
}

const cancels = (what: string): Trigger => ({ visit: 'dcc.visit.cancelled', cancels: what });
const updates: Trigger = { visit: 'dcc.visit.updated' };
const ignored: Trigger = { ignored: true };

const TRIGGERS: Readonly<Record<string, Trigger>> = {
  A28: {},
  A31: {},
  A40: { relation: 'merge' },
  A47: { relation: 'change-id' },
  A24: { relation: 'link' },
  A37: { relation: 'unlink' },
  A44: { relation: 'reassign' },
  A01: { visit: 'dcc.visit.opened' },
  A04: { visit: 'dcc.visit.opened' },
  A05: { visit: 'dcc.visit.planned' },
  A14: { visit: 'dcc.visit.planned' },
  A02: { visit: 'dcc.visit.moved' },
  A03: { visit: 'dcc.visit.closed' },
  A06: updates,
  A07: updates,
  A15: updates,
  A16: updates,
  A21: updates,
  A22: updates,
  A54: updates,
  Z99: updates,
  A08: { visit: 'dcc.visit.updated', movementOnly: true },
  A11: cancels('A01'),
  A12: cancels('A02'),
  A13: cancels('A03'),
  A38: cancels('A05'),
  A25: cancels('A16'),
  A26: cancels('A15'),
  A27: cancels('A14'),
  A52: cancels('A21'),
  A53: cancels('A22'),
  A55: cancels('A54'),
  // Changes of responsible unit of older PAM France: even numbers say one, odd ones cancel it.
  Z80: updates,
  Z82: updates,
  Z84: updates,
  Z86: updates,
  Z88: updates,
  Z81: cancels('Z80'),
  Z83: cancels('Z82'),
  Z85: cancels('Z84'),
  Z87: cancels('Z86'),
  Z89: cancels('Z88'),
  // Tracking and boarding: in the list of PAM 2.11, of no use to a cancer record.
  A09: ignored,
  A10: ignored,
  A32: ignored,
  A33: ignored,
};

/** `undefined` for a trigger that this codec does not handle. */
export const triggerOf = (code: string): Trigger | undefined => (Object.hasOwn(TRIGGERS, code) ? TRIGGERS[code] : undefined);

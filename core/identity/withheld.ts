/**
 * What a destination that is not capable yet was not told of a person, counted with the person as messages are written for it, and told later from what
 * is known then (MISSION M16). Counted any earlier, what waits in a queue would be missed when the destination is declared ready, or not after all.
 */
import { isIdentityUpdate, isReducedFor, type Capability, type Patient } from '../model/index.ts';
import type { Joined } from './join.ts';
import type { Person } from './person.ts';

/** Of one person and one destination. */
export interface Withheld {
  /** Messages that were written in the form of before since one was in full. */
  readonly count: number;
  /** ISO instant of the first of them. */
  readonly since: string;
  /** Event of the last of them: written again after a crash, it counts once. */
  readonly last: string;
  /** The declaration (ISO instant) by which an update was queued that has not been written yet. */
  readonly told?: string;
  /** What an event of this person says of where it comes from. */
  readonly site: string;
  readonly source: string;
  readonly connectorVersion: string;
  readonly ippAuthority?: string;
}

/** An event that is being written for a destination. */
export interface Leaving {
  readonly event: { readonly id: string; readonly type: string } & Readonly<Record<string, unknown>>;
  readonly lane: string;
  /** What the destination is not capable of in this turn. */
  readonly lacking: readonly Capability[];
  /** ISO instant. */
  readonly now: string;
}

/** The patient whose identity the event carries as known; a document does not. */
export const patientTold = ({ type, data }: Leaving['event']): Patient | undefined =>
  isIdentityUpdate(type) || type === 'dcc.identity.merged' || type.startsWith('dcc.visit.') ? (data as { patient?: Patient }).patient : undefined;

/** The same object when nothing changes. `known`: the person as joined now. */
export function withholding(person: Person, { patient: known }: Joined, { event, lane, lacking, now }: Leaving): Person {
  const patient = patientTold(event);
  const entry = person.withheld?.[lane];
  if (!patient) return person;
  if (!isReducedFor(lacking, patient)) {
    // An old message that is written late, in full, does not stand for the number that was withheld.
    const isAsKnown = (patient.ins ?? null) === (known.ins ?? null) && patient.insOid === known.insOid;
    return entry && isAsKnown ? withoutWithheld(person, lane) : person;
  }
  const { site, source, connectorversion: connectorVersion } = event as unknown as { site: string; source: string; connectorversion: string };
  const { ippAuthority } = patient;
  const count = (entry?.count ?? 0) + (entry?.last === event.id ? 0 : 1);
  const next = { count, since: entry?.since ?? now, last: event.id, site, source, connectorVersion, ...(ippAuthority && { ippAuthority }) };
  return { ...person, withheld: { ...person.withheld, [lane]: next } };
}

export function withoutWithheld(person: Person, lane: string): Person {
  const { withheld: { [lane]: _, ...left } = {}, ...rest } = person;
  return { ...rest, ...(Object.keys(left).length > 0 && { withheld: left }) };
}

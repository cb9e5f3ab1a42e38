/** What a destination that is not capable yet was not told of a person: counted with the person, told later from what is known then (MISSION M16). */
import type { Case } from '../knowledge/index.ts';
import { isReducedFor, type Capability, type Patient } from '../model/index.ts';
import type { Person } from './person.ts';

/** Of one person and one destination. */
export interface Withheld {
  /** Identity messages that went in the form of before. */
  readonly count: number;
  /** ISO instant of the first of them. */
  readonly since: string;
  /** What an event of this person says of where it comes from. */
  readonly site: string;
  readonly source: string;
  readonly connectorVersion: string;
  readonly ippAuthority?: string;
}

/** A destination of an event that was not capable of everything once, and what it still lacks. */
export interface Target {
  readonly lane: string;
  readonly lacking: readonly Capability[];
}

/** Where an event goes, of the destinations that ever lacked something. */
export type Targets = (one: Case, became: string) => readonly Target[];

/** What goes out in full now, or says nothing that is withheld, takes the place of all that was withheld before. */
export function withholding(person: Person, targets: readonly Target[], patient: Patient, { event, now }: Case): Person {
  if (targets.length === 0) return person;
  const { withheld: before, ...rest } = person;
  const withheld: Record<string, Withheld> = { ...before };
  for (const { lane, lacking } of targets) {
    const known = withheld[lane];
    delete withheld[lane];
    if (!isReducedFor(lacking, patient)) continue;
    const { site, source, connectorversion: connectorVersion } = event;
    const { ippAuthority } = patient;
    withheld[lane] = {
      count: (known?.count ?? 0) + 1,
      since: known?.since ?? now,
      site,
      source,
      connectorVersion,
      ...(ippAuthority && { ippAuthority }),
    };
  }
  return { ...rest, ...(Object.keys(withheld).length > 0 && { withheld }) };
}

/** May a document be filed with the person on file? Asked when it comes, and again each time that it leaves: what is on file changes (SAFETY A4, A6). */
import { PasserelleError, type ErrorData } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { differingTrait, type Patient } from '../model/index.ts';
import { differencesOf, onFile, type Question } from './cases.ts';
import type { DomainSender, Source } from './join.ts';
import { isKnown, joinedOf, personOf, survivorOf } from './person.ts';
import { traitsOf } from './traits.ts';

/** Of the establishment whose identity domain it is, whoever speaks: what it knows of a person does not depend on who asks (A2). */
export type SendersOf = (domain: string) => readonly DomainSender[];

export interface Filed {
  /** Keyed hashes of the numbers that name its patient. */
  readonly keys: readonly string[];
  readonly patient: Patient;
  readonly source: () => Source;
}

export interface Filing {
  /** What a person has to say: it contradicts the one on file, or whoever stands for that one now. */
  readonly question?: Question;
  /** Marks of PID-32 or PID-31, its own or of a person on file: the newest change of those persons (ISO instant), `''` when only its own. */
  readonly blocked?: { readonly since: string };
}

export const filingBlocked = (): ErrorData => new PasserelleError('ERR_FILING_BLOCKED', { found: 'PID-32 or PID-31' }).toData();

export function filingOf(
  { keys, patient, source }: Filed,
  known: Known,
  sendersOf: SendersOf,
  isAccepted: (key: string) => boolean = () => false,
): Filing {
  const marked: string[] = patient.automaticFiling === false ? [''] : [];
  for (const key of new Set(keys.flatMap((named) => survivorOf(named, known).chain))) {
    const person = personOf(known, key);
    if (!isKnown(person)) continue;
    const joined = joinedOf(person, sendersOf(person.domain));
    if (joined.patient.automaticFiling === false) marked.push(person.history.at(-1)?.at ?? '');
    const found = contradiction((joined.ins ?? joined.bare)?.ins, joined.patient, patient);
    if (found === undefined || isAccepted(key)) continue;
    return {
      question: {
        kind: 'document',
        code: 'ERR_IDENTITY_CONFLICT',
        expected: 'the patient on file under this number',
        found,
        persons: new Map([[key, person]]),
        candidates: [onFile(person, joined), { domain: person.domain, ipp: person.ipp, as: 'received', patient }],
        differences: differencesOf(joined, patient, source()),
      },
    };
  }
  const since = marked.toSorted().at(-1);
  return since === undefined ? {} : { blocked: { since } };
}

function contradiction(ins: string | undefined, known: Patient, received: Patient): string | undefined {
  if (ins !== undefined && received.ins && received.ins !== ins) return 'another INS';
  return differingTrait(known, traitsOf(received));
}

/** May a document be filed with the person on file? Asked when it comes, and again each time that it leaves: what is on file changes (SAFETY A4, A6). */
import { PasserelleError, type ErrorData } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { differingTrait, type Patient } from '../model/index.ts';
import { differencesOf, onFile, type Question } from './cases.ts';
import { holdersIn, rivalOf, type Rival } from './family.ts';
import type { SendersOf, Source } from './join.ts';
import { isKnown, joinedOf, personOf, survivorOf, withFormer, type Doubt } from './person.ts';
import { traitsOf } from './traits.ts';

export interface Filed {
  /** Keyed hashes of the numbers that name its patient. */
  readonly keys: readonly string[];
  readonly patient: Patient;
  readonly source: () => Source;
  /** The delivery lane by which it leaves. */
  readonly to?: string;
}

export interface Filing {
  /** What a person has to say: it contradicts the one on file, or whoever stands for that one now. */
  readonly question?: Question;
  /** Marks of PID-32 or PID-31, its own or of a person on file: the newest change of those persons (ISO instant), `''` when only its own. */
  readonly blocked?: { readonly since: string };
  /** A person has still to say who its patient is: the newest question (ISO instant), and the tasks. */
  readonly doubt?: { readonly since: string; readonly tasks: readonly string[] };
}

export const identityInDoubt = (tasks: readonly string[]): ErrorData =>
  new PasserelleError('ERR_IDENTITY_IN_DOUBT', { expected: 'an answer of identity vigilance', found: tasks.slice(-TASKS_SHOWN).join(', ') }).toData();
const TASKS_SHOWN = 3;

/**
 * What nobody has answered yet about the patient of these numbers, or whoever stands for that one now; of what leaves by that lane. The newest comes last. What is
 * asked of a number is asked of the one that it was changed for, unless it was said after that.
 */
export function doubtsOf(keys: readonly string[], known: Known, to?: string): readonly Doubt[] {
  const chain = new Set(keys.flatMap((key) => survivorOf(key, known).chain));
  return withFormer(chain, known)
    .flatMap((key) => {
      const { doubts = [], into } = personOf(known, key) ?? {};
      return chain.has(key) ? doubts : doubts.filter(({ after }) => after === undefined || after !== into?.key);
    })
    .filter(({ lane }) => lane === undefined || lane === to)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export const filingBlocked = (): ErrorData => new PasserelleError('ERR_FILING_BLOCKED', { found: 'PID-32 or PID-31' }).toData();

export function filingOf(
  { keys, patient, source, to }: Filed,
  known: Known,
  sendersOf: SendersOf,
  isAgreed: (question: Question) => boolean = () => false,
): Filing {
  const questionOf = ({ key, person, joined }: Rival, found: string): Question => ({
    kind: 'document',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the patient on file under this number',
    found,
    persons: new Map([[key, person]]),
    candidates: [onFile(person, joined), { domain: person.domain, ipp: person.ipp, as: 'received', patient }],
    differences: differencesOf(joined, patient, source()),
  });
  const marked: string[] = patient.automaticFiling === false ? [''] : [];
  for (const key of new Set(keys.flatMap((named) => survivorOf(named, known).chain))) {
    const person = personOf(known, key);
    if (!isKnown(person)) continue;
    const joined = joinedOf(person, sendersOf(person.domain));
    if (joined.patient.automaticFiling === false) marked.push(person.history.at(-1)?.at ?? '');
    const found = contradiction((joined.ins ?? joined.bare)?.ins, joined.patient, patient);
    const question = found === undefined ? undefined : questionOf({ key, person, joined }, found);
    if (question && !isAgreed(question)) return { question };
  }
  for (const key of keys) {
    const rival = rivalOfDocument(key, patient, known, sendersOf);
    const question = rival && questionOf(rival, 'another INS');
    if (question && !isAgreed(question)) return { question };
  }
  const since = marked.toSorted().at(-1);
  const doubts = doubtsOf(keys, known, to);
  const asked = doubts.at(-1);
  return {
    ...(since !== undefined && { blocked: { since } }),
    ...(asked && { doubt: { since: asked.at, tasks: [...new Set(doubts.map(({ task }) => task))] } }),
  };
}

/** Whose INS is another one, among the numbers that were absorbed: their traits may have been corrected since, the person they stand for was not. */
function rivalOfDocument(key: string, { ins, insOid }: Patient, known: Known, sendersOf: SendersOf): Rival | undefined {
  const { chain } = survivorOf(key, known);
  if (!ins || !insOid || holdersIn(chain, known, sendersOf).some(({ joined }) => joined.ins ?? joined.bare)) return undefined;
  return rivalOf(key, { ins, insOid, traits: {} }, known, sendersOf);
}

function contradiction(ins: string | undefined, known: Patient, received: Patient): string | undefined {
  if (ins !== undefined && received.ins && received.ins !== ins) return 'another INS';
  return differingTrait(known, traitsOf(received));
}

/**
 * Numbers of several domains that a message gives one patient, by whoever numbers them all: they are compared as one patient's (SAFETY A1, A6). A merge in
 * one domain, a number that was mistyped beside another, and two INS would meet where nobody looks.
 */
import type { ClearKey, Note } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import { isInsOid, type EventData } from '../model/index.ts';
import { ask, asShown, differencesOf, numbersOf, onFile, speakerOf, type Question, type Told } from './cases.ts';
import { familyOf, rivalsOf, type Rival } from './family.ts';
import { joinedOf, lastOf, noteOf, nobody, personOf, type Beside, type Person } from './person.ts';
import type { Stamp } from './stamp.ts';
import { after } from './turns.ts';

interface Named extends ClearKey {
  readonly key: string;
}

/** Most give their patient one. */
export const namesSeveral = (one: Told): boolean => numbersIn(one).length > 1;

/**
 * What the same application said of the first number before, in the same domain, gives way before anything is compared: a number is not held against one that
 * this very message takes away (A6).
 */
export function numbersReplaced(one: Told, known: Known): Judgement {
  const { first, others, sender } = stillSaid(one, known);
  const notes: Note[] = [];
  for (const other of others)
    for (const number of besideIn(first, other, known))
      if (number.key !== other.key && isWord(number, sender)) notes.push(...apart(first, number, sender, after(known, notes)));
  return { notes };
}

/** Asks where that gives one patient two INS. */
export function numbersTogether(one: Told, known: Known): Judgement {
  const { first, others, sender, at } = stillSaid(one, known);
  const notes: Note[] = [];
  const questions: Question[] = [];
  for (const other of others) {
    const now = after(known, notes);
    const [mine, theirs] = [personIn(first, now), personIn(other, now)];
    questions.push(...questionOf(one, now, [first, mine], [other, theirs]));
    notes.push(noteOf(first.key, beside(mine, other, { [sender]: at })), noteOf(other.key, beside(theirs, first)));
  }
  return ask(one, known, ...questions) ?? { notes };
}

/** Of each domain the newest word of each sender counts, in any order of arrival (A2): without the numbers that this one said otherwise of since. */
function stillSaid(
  one: Told,
  known: Known,
): { readonly first: Named; readonly others: readonly Named[]; readonly sender: string; readonly at: Stamp } {
  const [first, ...others] = numbersIn(one);
  if (others.length === 0) return { first: first!, others, sender: '', at: '' };
  const { sender, at } = speakerOf(one, (one.event.data as Partial<EventData<'dcc.identity.updated'>>).patient);
  const isOld = (other: Named): boolean => besideIn(first!, other, known).some((number) => isNewer(number, sender, at));
  return { first: first!, others: others.filter((other) => !isOld(other)), sender, at };
}

/** Numbers of the domain of the other one that the first one came with. */
const besideIn = (first: Named, { domain }: Named, known: Known): readonly Beside[] =>
  personIn(first, known).beside?.filter((number) => number.domain === domain) ?? [];

/** Numbers of the patient of the event, one for each domain that is its speaker's own; of a merge those of the survivor. */
function numbersIn(one: Told): readonly Named[] {
  const { domain, surviving, patient = {} } = one.event.data as Partial<EventData<'dcc.identity.merged'>>;
  const named = [{ domain, value: surviving }, { domain: patient.domain, value: patient.ipp }, ...(patient.otherIds ?? [])];
  const isIts = (number: ClearKey): boolean =>
    surviving === undefined || named.some((id) => id.domain === number.domain && id.value === number.value);
  const all = numbersOf(one)
    .map((number, i): Named => ({ ...number, key: one.keys[i]! }))
    .filter((number) => !isInsOid(number.domain) && one.owns(number.domain) && isIts(number));
  return all.filter((number, i) => all.findIndex((other) => other.domain === number.domain) === i);
}

const personIn = ({ key, domain, value }: Named, known: Known): Person => personOf(known, key) ?? nobody(domain, value);
const wordsOf = ({ said, senders = [] }: Beside): Readonly<Record<string, Stamp>> => said ?? Object.fromEntries(senders.map((one) => [one, '']));
const isWord = ({ said, senders }: Beside, sender: string): boolean => (said ? said[sender] !== undefined : (senders?.includes(sender) ?? true));
const isNewer = (number: Beside, sender: string, at: Stamp): boolean => (wordsOf(number)[sender] ?? '') > at;

/** `words`: of a number that the other one was said of, none of its own. */
function beside(person: Person, { key, domain, value }: Named, words?: Beside['said']): Person {
  const before = person.beside?.find((other) => other.key === key);
  if (before && !words) return person;
  const others = person.beside?.filter((other) => other !== before);
  return { ...person, beside: lastOf(others, { key, domain, ipp: value, said: { ...(before && wordsOf(before)), ...words } }) };
}

/** Without that sender's word: what nobody says any more, of neither of them, is gone. */
function apart(first: Named, number: Beside, sender: string, known: Known): readonly Note[] {
  const [mine, theirs] = [personIn(first, known), personOf(known, number.key)];
  const { [sender]: _, ...said } = wordsOf(number);
  const back = theirs?.beside?.find(({ key }) => key === first.key);
  const isSaid = Object.keys({ ...said, ...back?.said }).length > 0;
  const without = ({ beside: all = [] }: Person, key: string): Pick<Person, 'beside'> => ({ beside: all.filter((other) => other.key !== key) });
  const { senders: __, ...rest } = number;
  if (isSaid) return [noteOf(first.key, { ...mine, beside: mine.beside!.map((other) => (other.key === number.key ? { ...rest, said } : other)) })];
  return [
    noteOf(first.key, { ...mine, ...without(mine, number.key) }),
    ...(theirs && back ? [noteOf(number.key, { ...theirs, ...without(theirs, first.key) })] : []),
  ];
}

function questionOf(
  one: Told,
  known: Known,
  [first, mine]: readonly [Named, Person],
  [other, theirs]: readonly [Named, Person],
): readonly Question[] {
  const [family, others] = [familyOf(first.key, known), familyOf(other.key, known)];
  if (family.keys.includes(other.key)) return [];
  const found = rivalsOf(family, others, known, one.sendersOf);
  if (!found) return [];
  const side = (key: string, person: Person): Rival => ({ key, person, joined: joinedOf(person, one.sendersOf(person.domain)) });
  const rivals = found === 'unsure' ? ([side(first.key, mine), side(other.key, theirs)] as const) : found;
  const { patient = {} } = one.event.data as Partial<EventData<'dcc.identity.updated'>>;
  return [
    {
      kind: 'numbers',
      code: 'ERR_IDENTITY_CONFLICT',
      expected: 'one INS for all the numbers of a patient',
      found: found === 'unsure' ? 'more numbers than can be compared' : 'two',
      persons: new Map([
        [first.key, mine],
        [other.key, theirs],
      ]),
      candidates: [
        ...rivals.map(({ person, joined }) => onFile(person, joined)),
        ...[first, other].map(({ domain, value }) => ({ domain, ipp: value, as: 'received' as const, patient })),
      ],
      differences: differencesOf(rivals[0].joined, asShown(rivals[1].joined), { sender: '', at: '' }),
    },
  ];
}

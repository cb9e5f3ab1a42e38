/**
 * Numbers of several domains that a message gives one patient, by whoever numbers them all: they are compared as one patient's (SAFETY A1, A6). A merge in
 * one domain, a number that was mistyped beside another, and two INS would meet where nobody looks.
 */
import type { ClearKey } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import { isInsOid, type EventData } from '../model/index.ts';
import { ask, differencesOf, numbersOf, onFile, speakerOf, type Question, type Told } from './cases.ts';
import { familyOf, rivalsOf, type Rival } from './family.ts';
import { joinedOf, lastOf, lineOf, noteOf, nobody, personOf, survivorOf, type Beside, type Person } from './person.ts';
import { after } from './turns.ts';

interface Named extends ClearKey {
  readonly key: string;
}

/** Asks where that gives one patient two INS. */
export function numbersTogether(one: Told, known: Known): Judgement {
  const notes: NonNullable<Judgement['notes']>[number][] = [];
  const questions: Question[] = [];
  const [first, ...others] = numbersIn(one);
  const { sender, at } = speakerOf(one, (one.event.data as Partial<EventData<'dcc.identity.updated'>>).patient);
  for (const other of others) {
    const now = after(known, notes);
    const [mine, theirs] = [personIn(first!, now), personIn(other, now)];
    if (isBeside(mine, other, sender) || isBeside(theirs, first!, sender)) continue;
    questions.push(...questionOf(one, now, [first!, mine], [other, theirs]));
    // A late message takes the place of nobody's word.
    const isLate = at < (lineOf(mine).folds[sender]?.last ?? '');
    const gone = isLate ? [] : replaced(mine, other, sender, now);
    const left = gone.reduce((person, [number]) => unsaid(person, number, sender), mine);
    notes.push(
      ...gone.map(([{ key }, person]) => noteOf(key, unsaid(person, first!, sender))),
      noteOf(first!.key, beside(left, other, sender)),
      noteOf(other.key, beside(theirs, first!, sender)),
    );
  }
  return ask(one, known, ...questions) ?? { notes };
}

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
const saidBy = ({ senders }: Beside, sender: string): boolean => senders?.includes(sender) ?? true;
const isBeside = (person: Person, { key }: Named, sender: string): boolean =>
  person.beside?.some((other) => other.key === key && saidBy(other, sender)) === true;

function beside(person: Person, { key, domain, value }: Named, sender: string): Person {
  const said = person.beside?.find((other) => other.key === key)?.senders ?? [];
  const others = person.beside?.filter((other) => other.key !== key);
  return { ...person, beside: lastOf(others, { key, domain, ipp: value, senders: [...said, sender] }) };
}

/** Without that sender's word: what nobody says any more is gone. */
const unsaid = (person: Person, { key }: { readonly key: string }, sender: string): Person => ({
  ...person,
  beside: (person.beside ?? []).flatMap((other) => {
    if (other.key !== key) return [other];
    const senders = other.senders?.filter((one) => one !== sender) ?? [];
    return senders.length > 0 ? [{ ...other, senders }] : [];
  }),
});

/** Numbers of that domain that this sender said the first one came with, and that this one takes the place of; not of what is merged with it. */
function replaced(mine: Person, other: Named, sender: string, known: Known): readonly (readonly [number: Beside, person: Person])[] {
  const { key: last } = survivorOf(other.key, known);
  return (mine.beside ?? []).flatMap((number) => {
    const isIts = number.domain === other.domain && saidBy(number, sender) && survivorOf(number.key, known).key !== last;
    const person = isIts ? personOf(known, number.key) : undefined;
    return person ? [[number, person] as const] : [];
  });
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
      differences: differencesOf(rivals[0].joined, rivals[1].joined.patient, { sender: '', at: '' }),
    },
  ];
}

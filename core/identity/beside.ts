/**
 * Numbers of several domains that a message gives one patient, by whoever numbers them all: they are compared as one patient's (SAFETY A1, A6). A merge in
 * one domain, a number that was mistyped beside another, and two INS would meet where nobody looks.
 */
import type { ClearKey } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import { isInsOid, type EventData } from '../model/index.ts';
import { ask, differencesOf, numbersOf, onFile, speakerOf, type Question, type Told } from './cases.ts';
import { familyOf, rivalsOf, type Rival } from './family.ts';
import { joinedOf, lastOf, lineOf, noteOf, nobody, personOf, survivorOf, type Person } from './person.ts';
import { after } from './turns.ts';

interface Named extends ClearKey {
  readonly key: string;
}

/** Asks where that gives one patient two INS. */
export function numbersTogether(one: Told, known: Known): Judgement {
  const notes: NonNullable<Judgement['notes']>[number][] = [];
  const questions: Question[] = [];
  const [first, ...others] = numbersIn(one);
  for (const other of others) {
    const now = after(known, notes);
    const [mine, theirs] = [personIn(first!, now), personIn(other, now)];
    if (isBeside(mine, other) || isBeside(theirs, first!)) continue;
    questions.push(...questionOf(one, now, [first!, mine], [other, theirs]));
    const gone = replaced(one, mine, other, now);
    notes.push(
      ...gone.map(([key, person]) => noteOf(key, notBeside(person, [first!]))),
      noteOf(
        first!.key,
        beside(
          notBeside(
            mine,
            gone.map(([key]) => ({ key })),
          ),
          other,
        ),
      ),
      noteOf(other.key, beside(theirs, first!)),
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
const isBeside = (person: Person, { key }: Named): boolean => person.beside?.some((other) => other.key === key) === true;
const beside = (person: Person, { key, domain, value }: Named): Person => ({ ...person, beside: lastOf(person.beside, { key, domain, ipp: value }) });

const notBeside = (person: Person, others: readonly { readonly key: string }[]): Person => ({
  ...person,
  beside: person.beside?.filter(({ key }) => others.every((other) => other.key !== key)) ?? [],
});

/** Numbers of that domain that the first one came with before, and that this one takes the place of: a late message takes nobody's, nor does what is merged with it. */
function replaced(one: Told, mine: Person, other: Named, known: Known): readonly (readonly [key: string, person: Person])[] {
  const { sender, at } = speakerOf(one, (one.event.data as Partial<EventData<'dcc.identity.updated'>>).patient);
  if (at < (lineOf(mine).folds[sender]?.last ?? '')) return [];
  const { key: last } = survivorOf(other.key, known);
  return (mine.beside ?? []).flatMap(({ key, domain }) => {
    const person = domain === other.domain && survivorOf(key, known).key !== last ? personOf(known, key) : undefined;
    return person ? [[key, person] as const] : [];
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

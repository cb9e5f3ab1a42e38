/** What is known of one IPP of one domain (SAFETY A1), and its note in the journal. */
import { PasserelleError, type Note } from '../contract/index.ts';
import { Recent, type Known } from '../knowledge/index.ts';
import { isForeign, joinFolds, senderOf, type DomainSender, type Folds, type Joined, type Source } from './join.ts';
import { bothFolds, type Fold, type InsClaim, type Register } from './fold.ts';
import type { Stamp } from './stamp.ts';
import { contradicts, isStrict } from './traits.ts';
import type { Answered } from './task.ts';
import type { Withheld } from './withheld.ts';

export const PERSON = 'person';

/** Another number of the person. */
export interface Relative {
  /** Keyed hash. */
  readonly key: string;
  readonly domain: string;
  readonly ipp: string;
}

/** A number of another domain that came with this one. */
export interface Beside extends Relative {
  /** Who says so of this number (`senderKey`), and when last; nobody where it was said of the other one only. */
  readonly said?: Readonly<Record<string, Stamp>>;
  /** Notes of before say on both sides who, or do not tell: then anybody's word is as good. */
  readonly senders?: readonly string[];
}

export interface Relation extends Relative {
  readonly kind: 'merge' | 'change-id';
  readonly at: Stamp;
  /** Whose clock that is (`senderKey`); said again by the same one, it is the first time. Notes of before do not say it. */
  readonly sender?: string;
  /** Public id of the message that said so, the newest; in `earlier` those that said so before, the first one always among them. */
  readonly message: string;
  readonly earlier?: readonly string[];
  /** Said as a change of number onto a number that somebody else had: a person accepted that both are one patient, not whose traits count (decision 0027). */
  readonly asMerge?: true;
  /** Who accepted it, where it asked. */
  readonly accepted?: Answered;
}

export interface Undone extends Relation {
  readonly who: string;
  readonly why: string;
  /** ISO instant. */
  readonly undoneAt: string;
}

/** As one sender says. */
export interface Link extends Relative {
  readonly at: Stamp;
  /** `senderKey`; notes of before do not say it. */
  readonly sender?: string;
  readonly isLinked: boolean;
}

export interface Change {
  /** ISO instant of the decision. */
  readonly at: string;
  readonly message: string;
  /** Event type without `dcc.identity.`. */
  readonly what: string;
  readonly sender: string;
}

export interface Doubt {
  /** Id of its task. */
  readonly task: string;
  /** ISO instant. */
  readonly at: string;
  /** Only what leaves by that delivery lane waits. */
  readonly lane?: string;
  /** Said after the number was changed for the one with this key: who has that one is known. */
  readonly after?: string;
}

/** All that is said of a person, under this number and those it had before. */
export interface Line {
  readonly folds: Folds;
  /** What a person chose between senders, by attribute: kept where the statement is that was accepted, and goes with it. */
  readonly chosen?: Readonly<Record<string, Choice>>;
}

/**
 * Of what a sender said. Holds until that one says another value, or its INS with other traits, or another one something else than then, and than it; another site's
 * word ends none.
 */
export interface Choice {
  readonly sender: string;
  /** Notes of before do not say it: whatever that sender says holds. */
  readonly value?: unknown;
  /** ISO instant of the decision: of two that hold, the later one counts. */
  readonly at: string;
  /** When each of the others had said so last. */
  readonly over: Readonly<Record<string, Stamp>>;
}

export const choiceOf = (attribute: string, sender: string, folds: Folds, at: string): Choice => ({
  sender,
  value: folds[sender]?.registers[attribute]?.value ?? null,
  at,
  over: Object.fromEntries(
    Object.entries(folds).flatMap(([other, { registers }]) => {
      const register = other === sender || isForeign(other) ? undefined : registers[attribute];
      return register ? [[other, register.at]] : [];
    }),
  ),
});

const holds = (attribute: string, { sender, value, over }: Choice, folds: Folds): boolean => {
  const own = folds[sender]?.registers ?? {};
  const chosen = own[attribute]?.value;
  if (value !== undefined && value !== (chosen ?? null) && !saysSo(attribute, chosen, value)) return false;
  // An INS is said with its traits: once its own sender says others, it stands in nobody's way.
  const { traits = {} }: Partial<InsClaim> = attribute === 'claim' && chosen ? chosen : {};
  if (Object.entries(traits).some(([trait, value]) => isStrict(trait) && contradicts(trait, value, own[trait]?.value))) return false;
  return Object.entries(folds).every(([other, { registers }]) => {
    const register = other === sender || isForeign(other) ? undefined : registers[attribute];
    const last = over[other];
    return !register || (last !== undefined && (register.other ?? '') < last) || saysSo(attribute, register.value, chosen);
  });
};

/** What was chosen is what this one says too: of an INS the number is. */
function saysSo(attribute: string, one: unknown, chosen: unknown): boolean {
  if (!one || !chosen) return false;
  if (isStrict(attribute)) return !contradicts(attribute, one, chosen);
  const [mine, theirs] = [one, chosen] as [InsClaim, InsClaim];
  return mine.ins === theirs.ins && mine.insOid === theirs.insOid;
}

export interface Person extends Line {
  readonly domain: string;
  readonly ipp: string;
  /** Under this number, as `chosen`. */
  readonly folds: Folds;
  /**
   * What is known of the numbers it had before (change of id), by key, and what merges said of it: it is said of this person too, until an undo. Of a number before
   * each layer that it has, by its key, a space, and its name there.
   */
  readonly inherited?: Readonly<Record<string, Line>>;
  /** The number that stands for it now; its own state stays as it is, so that the merge can be undone (A6). */
  readonly into?: Relation;
  readonly absorbed?: readonly Relation[];
  readonly undone?: readonly Undone[];
  readonly links?: readonly Link[];
  /** Numbers of other domains that messages of whoever numbers both gave one patient with this one. */
  readonly beside?: readonly Beside[];
  /** Messages that wait for a person. */
  readonly open?: readonly string[];
  /** Of these, those whose question is who this patient is: the newest, and when it was asked (ISO). Documents wait for their answers (decision 0033). */
  readonly doubts?: readonly Doubt[];
  /** By delivery lane. */
  readonly withheld?: Readonly<Record<string, Withheld>>;
  readonly history: readonly Change[];
}

/** Keeps a note small, whatever happens to a person. */
const REMEMBERED = 20;
/** A sender that contradicts says so with every message: while one of them has no answer, nobody knows. */
const MOST_DOUBTS = 500;

export const lastOf = <T>(items: readonly T[] = [], ...more: readonly T[]): readonly T[] => [...items, ...more].slice(-REMEMBERED);

export const withDoubt = ({ doubts = [] }: Person, doubt: Doubt): Pick<Person, 'doubts'> => ({
  doubts: [...doubts.filter(({ task }) => task !== doubt.task), doubt].slice(-MOST_DOUBTS),
});

export const nobody = (domain: string, ipp: string): Person => ({ domain, ipp, folds: {}, history: [] });

export const isKnown = (person: Person | undefined): person is Person => person !== undefined && Object.keys(lineOf(person).folds).length > 0;

/** Notes of before do not say the site: the first of their applications to speak again goes on from what was said, under whatever number. */
export function withSender(person: Person, key: string): Person {
  const { sender: before } = senderOf(key);
  if (isForeign(key)) return person;
  const { inherited } = person;
  const isOfBefore = Object.values(inherited ?? {}).some(({ folds }) => Object.hasOwn(folds, before));
  const own = withSite(person, before, key);
  return inherited && isOfBefore ? { ...own, inherited: mapValues(inherited, (line) => withSite(line, before, key)) } : own;
}

function withSite<T extends Line>(line: T, before: string, key: string): T {
  if (!Object.hasOwn(line.folds, before)) return line;
  const { [before]: fold, ...folds } = line.folds;
  const known = folds[key];
  const named = (sender: string): string => (sender === before ? key : sender);
  const chosen =
    line.chosen &&
    mapValues(line.chosen, (one) => ({
      ...one,
      sender: named(one.sender),
      over: Object.fromEntries(Object.entries(one.over).map(([sender, at]) => [named(sender), at])),
    }));
  return { ...line, folds: { ...folds, [key]: known ? bothFolds(known, fold!) : fold! }, ...(chosen && { chosen }) };
}

/** What that clock said of the person, in a note of before too, which names it without its site. */
export const foldOf = (person: Person, sender: string): Fold | undefined => lineOf(withSender(person, sender)).folds[sender];

interface Remembered {
  readonly senders: readonly DomainSender[];
  readonly preferred: Together['preferred'];
  readonly joined: Joined;
}
/** What the last message left is what the next one finds. */
const joins = new WeakMap<Folds, Remembered>();

export function joinedOf(person: Person, senders: readonly DomainSender[]): Joined {
  const { folds, preferred } = lineOf(person);
  const known = joins.get(folds);
  if (known?.senders === senders && known.preferred === preferred) return known.joined;
  const joined = joinFolds(folds, senders, preferred);
  joins.set(folds, { senders, preferred, joined });
  return joined;
}

/** Of one sender alone, who said again what it had said (`saidAgain`): as `joinedOf` would answer, with the values and times of now. */
export function joinedAgain({ patient: before, sources: from, ins, ...rest }: Joined, folds: Folds, senders: readonly DomainSender[]): Joined {
  const [{ registers }] = Object.values(folds) as [Fold];
  const patient: Record<string, unknown> = { ...before };
  for (const name of Object.keys(patient)) if (registers[name]) patient[name] = registers[name].value;
  const sources: Record<string, Source> = { ...from };
  for (const name of Object.keys(sources)) sources[name] = { ...sources[name]!, at: registers[name === 'ins' ? 'claim' : name]!.at };
  const joined = { patient, sources, ...(ins && { ins: { ...ins, at: registers['claim']!.at } }), ...rest };
  joins.set(folds, { senders, preferred: undefined, joined });
  return joined;
}

interface Together {
  readonly folds: Folds;
  /** Sender that a person chose, by attribute. */
  readonly preferred?: Readonly<Record<string, string>>;
  readonly choices?: Readonly<Record<string, Choice>>;
}
const lines = new WeakMap<Person, Together>();

/** One fold for each sender: a change of number does not make it another clock (A2), nor what it said before another sender's (A3). */
export function lineOf(person: Person): Together {
  if (!person.inherited && !person.chosen) return person;
  const known = lines.get(person);
  if (known) return known;
  const { inherited = {}, ...own } = person;
  const before = Object.entries(inherited)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
  const all: readonly Line[] = [...before, own];
  const folds = all.reduce<Folds>((some, one) => togetherOf(some, one.folds), {});
  const choices = all
    .flatMap(({ chosen: choices = {} }) => Object.entries(choices))
    .filter(([attribute, choice]) => holds(attribute, choice, folds))
    .sort(([, { at: a }], [, { at: b }]) => (a < b ? -1 : a > b ? 1 : 0));
  const preferred = choices.map(([attribute, { sender }]) => [attribute, sender] as const);
  const line = { folds, ...(choices.length > 0 && { preferred: Object.fromEntries(preferred), choices: Object.fromEntries(choices) }) };
  lines.set(person, line);
  return line;
}

function togetherOf(some: Folds, others: Folds): Folds {
  const all: Record<string, Fold> = { ...some };
  for (const [sender, fold] of Object.entries(others)) {
    const known = all[sender];
    all[sender] = known ? bothFolds(known, fold) : fold;
  }
  return all;
}

/** What is known of a number before, layer by layer as it keeps them: what an undo below takes away is to be seen here too. */
export const withLayers = (
  inherited: Person['inherited'],
  from: string,
  { folds, chosen, inherited: before = {} }: Person,
): Record<string, Line> => ({
  ...Object.fromEntries(Object.entries(inherited ?? {}).filter(([layer]) => !isLayerOf(layer, from))),
  [from]: { folds, ...(chosen && { chosen }) },
  ...Object.fromEntries(Object.entries(before).map(([layer, line]) => [`${from} ${layer}`, line])),
});

/** What merges of that number say of who absorbs it. */
export const saidWith = (from: string): string => `${SAID_WITH}${from}`;
/** The number that is absorbed by the merge whose words the layer keeps. */
export const mergeIn = (layer: string): string | undefined => layer.split(SAID_WITH)[1];
const SAID_WITH = 'said with ';

export const isLayerOf = (layer: string, from: string): boolean => layer === from || layer.startsWith(`${from} `);

/** The same object when it has none of them. */
export function withoutLayers(person: Person, isGone: (layer: string) => boolean): Person {
  const { inherited = {}, ...rest } = person;
  const all = Object.entries(inherited);
  const left = all.filter(([layer]) => !isGone(layer));
  return left.length === all.length ? person : { ...rest, ...(left.length > 0 && { inherited: Object.fromEntries(left) }) };
}

/** A person that changed, and all who inherit what is known of it, one from the other; the last one is who it is now. */
export function withHeirs(key: string, person: Person | undefined, known: Known): ReadonlyMap<string, Person> {
  const all = new Map(person ? [[key, person]] : []);
  let [from, now] = [key, person];
  for (let into = now?.into; now && into && !all.has(into.key); { into } = now) {
    const heir = personOf(known, into.key);
    if (!heir?.inherited?.[from]) break;
    now = { ...heir, inherited: withLayers(heir.inherited, from, now) };
    from = into.key;
    all.set(from, now);
  }
  return all;
}

export const notesOf = (persons: ReadonlyMap<string, Person>): readonly Note[] => [...persons].map(([key, person]) => noteOf(key, person));

/** Who a number stands for since it was changed for another one; itself, most of the time. */
export function heirOf(key: string, known: Known): readonly [key: string, person: Person | undefined] {
  const last = [...withHeirs(key, personOf(known, key), known).keys()].at(-1) ?? key;
  return [last, personOf(known, last)];
}

/** Every qualified INS that one of its senders claims, whether it counts or not. */
export const claimsOf = ({ folds, inherited = {} }: Person): readonly InsClaim[] =>
  [{ folds }, ...Object.values(inherited)].flatMap((line) =>
    Object.values(line.folds).flatMap(({ registers }) => (registers['claim']?.value as InsClaim | null | undefined) ?? []),
  );

/** Of these, those that count now or may again once some of what is known here is undone; not what their sender said otherwise since, where that stays. */
export function claimsToCome(person: Person): readonly InsClaim[] {
  const layers: readonly (readonly [string, Line])[] = [['', person], ...Object.entries(person.inherited ?? {})];
  return layers.flatMap(([layer, { folds }]) =>
    Object.entries(folds).flatMap(([sender, { registers }]) => {
      const claim = registers['claim'];
      const isOver = layers.some(
        ([other, line]) => (other === '' || layer.startsWith(`${other} `)) && (line.folds[sender]?.registers['claim']?.at ?? '') > (claim?.at ?? ''),
      );
      return isOver ? [] : ((claim?.value as InsClaim | null | undefined) ?? []);
    }),
  );
}

/** Whoever stands for it now: the chain of merges to its end. */
export function survivorOf(
  key: string,
  known: Known,
): { readonly key: string; readonly person: Person | undefined; readonly chain: readonly string[] } {
  const chain = [key];
  let person = personOf(known, key);
  while (person?.into && !chain.includes(person.into.key)) {
    chain.push(person.into.key);
    person = personOf(known, person.into.key);
  }
  return { key: chain.at(-1)!, person, chain };
}

export const personOf = (known: Known, key: string): Person | undefined => {
  const value = known(PERSON, key);
  return value === undefined ? undefined : readPerson(key, value);
};

/** Those, and the numbers that were changed for them. */
export function withFormer(keys: Iterable<string>, known: Known): readonly string[] {
  const all = new Set(keys);
  for (const one of all) for (const { key, kind } of personOf(known, one)?.absorbed ?? []) if (kind === 'change-id') all.add(key);
  return [...all];
}

/** As stored: times once each, registers as `[value, time, time of another value, that value]`. */
interface Stored extends Omit<Person, 'folds' | 'inherited' | 'history'> {
  readonly times: readonly Stamp[];
  readonly folds: StoredFolds;
  readonly inherited?: Readonly<Record<string, Omit<Line, 'folds'> & { readonly folds: StoredFolds }>>;
  readonly history: readonly (readonly [at: string, message: string, what: string, sender: string])[];
}
type StoredFolds = Readonly<Record<string, StoredFold>>;
interface StoredFold {
  readonly last: number;
  /** `null` where it is in no fold; notes of before do not say it. */
  readonly identified?: string | null;
  readonly registers: Readonly<Record<string, StoredRegister>>;
}
type StoredRegister = readonly [value: unknown, at: number, other?: number, was?: unknown];

export function noteOf(key: string, person: Person): Note {
  const times: Stamp[] = [];
  const index = (at: Stamp): number => {
    const found = times.indexOf(at);
    return found < 0 ? times.push(at) - 1 : found;
  };
  const pack = (folds: Folds): StoredFolds =>
    mapValues(folds, ({ last, identified = null, registers }) => ({
      last: index(last),
      identified,
      registers: mapValues(registers, ({ value, at, other, was }): StoredRegister =>
        other === undefined ? [value, index(at)] : was === undefined ? [value, index(at), index(other)] : [value, index(at), index(other), was],
      ),
    }));
  const { folds, inherited, history, ...rest } = person;
  const changes = history.map(({ at, message, what, sender }) => [at, message, what, sender] as const);
  const before = inherited && mapValues(inherited, (line) => ({ ...line, folds: pack(line.folds) }));
  const stored: Stored = { ...rest, folds: pack(folds), ...(before && { inherited: before }), history: changes, times };
  const value = JSON.stringify(stored);
  recent.keep(key, value, person);
  return { kind: PERSON, key, value };
}

/** A few KB each as a rule, 16 KB of text at most. */
const RECENT = 1000;
const recent = new Recent<Person>(RECENT);

/** @param value as known of `key`. */
export const readPerson = (key: string, value: string): Person => recent.of(key, value, parsePerson);

/** Notes of before kept of a choice its sender only: what holds is over all that the others have said. */
function withChoices<T extends Line>(line: T & { readonly preferred?: Readonly<Record<string, string>> }, folds = line.folds): T {
  const { preferred, ...rest } = line;
  if (!preferred) return line;
  const chosen = Object.fromEntries(Object.entries(preferred).map(([attribute, sender]) => [attribute, choiceOf(attribute, sender, folds, '')]));
  return { ...(rest as unknown as T), chosen };
}

/** Notes of before kept what came with a change of number as the folds of one number. */
function layered(stored: Stored & { readonly inheritedFrom?: string }): Stored {
  const { inheritedFrom, ...rest } = stored;
  const { inherited = {}, absorbed = [] } = rest;
  if (Object.values(inherited).every(({ folds }) => folds as unknown)) return rest;
  const from = inheritedFrom ?? absorbed.find(({ kind }) => kind === 'change-id')?.key ?? '';
  return { ...rest, inherited: { [from]: { folds: inherited as unknown as StoredFolds } } };
}

function parsePerson(value: string): Person {
  const { times, folds, inherited, history, ...rest } = layered(JSON.parse(value) as Stored);
  const time = (index: number): Stamp => {
    const at = times[index];
    if (at === undefined) throw new PasserelleError('ERR_INVARIANT', { found: 'a note of a person without its times' });
    return at;
  };
  const unpack = (packed: StoredFolds): Folds =>
    mapValues(packed, ({ last, identified = '', registers }) => ({
      last: time(last),
      ...(identified !== null && { identified }),
      registers: mapValues(registers, ([said, at, other, was]): Register => ({
        value: said,
        at: time(at),
        ...(other !== undefined && { other: time(other) }),
        ...(was !== undefined && { was }),
      })),
    }));
  const changes = history.map(([at, message, what, sender]): Change => ({ at, message, what, sender }));
  const before = inherited && mapValues(inherited, (line): Line => withChoices({ ...line, folds: unpack(line.folds) }));
  const person: Person = { ...rest, folds: unpack(folds), ...(before && { inherited: before }), history: changes };
  return withChoices(person, lineOf(person).folds);
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  const mapped: Record<string, U> = {};
  for (const name of Object.keys(object)) mapped[name] = map(object[name]!);
  return mapped;
}

/** What is known of one IPP of one domain (SAFETY A1), and its note in the journal. */
import { PasserelleError, type Note } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { joinFolds, senderOf, type DomainSender, type Folds, type Joined } from './join.ts';
import type { InsClaim, Register } from './fold.ts';
import type { Stamp } from './stamp.ts';
import type { Withheld } from './withheld.ts';

export const PERSON = 'person';

/** Another number of the person. */
export interface Relative {
  /** Keyed hash. */
  readonly key: string;
  readonly domain: string;
  readonly ipp: string;
}

export interface Relation extends Relative {
  readonly kind: 'merge' | 'change-id';
  readonly at: Stamp;
  /** Public id of the message that said so. */
  readonly message: string;
}

export interface Undone extends Relation {
  readonly who: string;
  readonly why: string;
  /** ISO instant. */
  readonly undoneAt: string;
}

export interface Link extends Relative {
  readonly at: Stamp;
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

export interface Person {
  readonly domain: string;
  readonly ipp: string;
  readonly folds: Folds;
  /** Of the number it had before (change of id): counts where its own senders say nothing. */
  readonly inherited?: Folds;
  /** Key of that number; absent in notes that are older than this. */
  readonly inheritedFrom?: string;
  /** The number that stands for it now; its own state stays as it is, so that the merge can be undone (A6). */
  readonly into?: Relation;
  readonly absorbed?: readonly Relation[];
  readonly undone?: readonly Undone[];
  readonly links?: readonly Link[];
  /** Sender that a person chose, by attribute. */
  readonly preferred?: Readonly<Record<string, string>>;
  /** Messages that wait for a person. */
  readonly open?: readonly string[];
  /** By delivery lane. */
  readonly withheld?: Readonly<Record<string, Withheld>>;
  readonly history: readonly Change[];
}

/** Keeps a note small, whatever happens to a person. */
const REMEMBERED = 20;

export const lastOf = <T>(items: readonly T[] = [], ...more: readonly T[]): readonly T[] => [...items, ...more].slice(-REMEMBERED);

export const nobody = (domain: string, ipp: string): Person => ({ domain, ipp, folds: {}, history: [] });

export const isKnown = (person: Person | undefined): person is Person =>
  person !== undefined && (Object.keys(person.folds).length > 0 || person.inherited !== undefined);

/** Notes of before do not say the site: the first of their applications to speak again goes on from what was said. */
export function withSender(person: Person, key: string): Person {
  const { sender: before } = senderOf(key);
  if (Object.hasOwn(person.folds, key) || !Object.hasOwn(person.folds, before)) return person;
  const { [before]: fold, ...folds } = person.folds;
  const preferred = person.preferred && mapValues(person.preferred, (chosen) => (chosen === before ? key : chosen));
  return { ...person, folds: { ...folds, [key]: fold! }, ...(preferred && { preferred }) };
}

interface Remembered {
  readonly senders: readonly DomainSender[];
  readonly preferred: Person['preferred'];
  readonly joined: Joined;
}
/** What the last message left is what the next one finds. */
const joins = new WeakMap<Folds, Remembered>();

function ownOf({ folds, preferred }: Person, senders: readonly DomainSender[]): Joined {
  const known = joins.get(folds);
  if (known?.senders === senders && known.preferred === preferred) return known.joined;
  const joined = joinFolds(folds, senders, preferred);
  joins.set(folds, { senders, preferred, joined });
  return joined;
}

/** Its own senders first. */
export function joinedOf(person: Person, senders: readonly DomainSender[]): Joined {
  const own = ownOf(person, senders);
  if (!person.inherited) return own;
  const before = joinFolds(person.inherited, senders);
  const isOwnStatus = Object.values(person.folds).some(({ registers }) => registers['claim'] ?? registers['status']);
  const status = isOwnStatus ? own : before;
  const { ins = null, insOid, insStatus, identityStatus } = status.patient;
  const { ins: _, insOid: __, insStatus: ___, identityStatus: ____, ...older } = before.patient;
  const patient = {
    ...older,
    ...own.patient,
    ins,
    ...(insOid && { insOid }),
    ...(insStatus && { insStatus }),
    ...(identityStatus && { identityStatus }),
  };
  return {
    patient,
    sources: { ...before.sources, ...own.sources },
    ...(status.ins && { ins: status.ins }),
    ...(status.bare && { bare: status.bare }),
  };
}

/** Every qualified INS that one of its senders claims, whether it counts or not. */
export const claimsOf = ({ folds, inherited = {} }: Person): readonly InsClaim[] =>
  [...Object.values(folds), ...Object.values(inherited)].flatMap(({ registers }) => (registers['claim']?.value as InsClaim | null | undefined) ?? []);

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

/** As stored: times once each, registers as `[value, time, time of another value]`. */
interface Stored extends Omit<Person, 'folds' | 'inherited' | 'history'> {
  readonly times: readonly Stamp[];
  readonly folds: StoredFolds;
  readonly inherited?: StoredFolds;
  readonly history: readonly (readonly [at: string, message: string, what: string, sender: string])[];
}
type StoredFolds = Readonly<
  Record<string, { readonly last: number; readonly registers: Readonly<Record<string, readonly [unknown, number, number?]>> }>
>;

export function noteOf(key: string, person: Person): Note {
  const times: Stamp[] = [];
  const index = (at: Stamp): number => {
    const found = times.indexOf(at);
    return found < 0 ? times.push(at) - 1 : found;
  };
  const pack = (folds: Folds): StoredFolds =>
    mapValues(folds, ({ last, registers }) => ({
      last: index(last),
      registers: mapValues(registers, ({ value, at, other }) => (other === undefined ? [value, index(at)] : [value, index(at), index(other)])),
    }));
  const { folds, inherited, history, ...rest } = person;
  const changes = history.map(({ at, message, what, sender }) => [at, message, what, sender] as const);
  const stored: Stored = { ...rest, folds: pack(folds), ...(inherited && { inherited: pack(inherited) }), history: changes, times };
  const value = JSON.stringify(stored);
  keepRead(key, value, person);
  return { kind: PERSON, key, value };
}

/** Persons read or written lately, by key: a message looks at its person several times, and the next one of a stay comes soon. A few KB each. */
const recent = new Map<string, { readonly value: string; readonly person: Person }>();
const RECENT = 4000;

function keepRead(key: string, value: string, person: Person): Person {
  recent.delete(key);
  recent.set(key, { value, person });
  const [oldest] = recent.size > RECENT ? recent.keys() : [];
  if (oldest !== undefined) recent.delete(oldest);
  return person;
}

/** @param value as known of `key`. */
export function readPerson(key: string, value: string): Person {
  const known = recent.get(key);
  return known?.value === value ? known.person : keepRead(key, value, parsePerson(value));
}

function parsePerson(value: string): Person {
  const { times, folds, inherited, history, ...rest } = JSON.parse(value) as Stored;
  const time = (index: number): Stamp => {
    const at = times[index];
    if (at === undefined) throw new PasserelleError('ERR_INVARIANT', { found: 'a note of a person without its times' });
    return at;
  };
  const unpack = (packed: StoredFolds): Folds =>
    mapValues(packed, ({ last, registers }) => ({
      last: time(last),
      registers: mapValues(registers, ([said, at, other]): Register => ({
        value: said,
        at: time(at),
        ...(other !== undefined && { other: time(other) }),
      })),
    }));
  const changes = history.map(([at, message, what, sender]): Change => ({ at, message, what, sender }));
  return { ...rest, folds: unpack(folds), ...(inherited && { inherited: unpack(inherited) }), history: changes };
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  const mapped: Record<string, U> = {};
  for (const name of Object.keys(object)) mapped[name] = map(object[name]!);
  return mapped;
}

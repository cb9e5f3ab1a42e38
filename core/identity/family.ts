/** Every number of one patient, as far as merges say: what contradicts one of them contradicts the patient (SAFETY A6). */
import type { Known } from '../knowledge/index.ts';
import type { InsClaim } from './fold.ts';
import type { Joined, SendersOf } from './join.ts';
import { claimsOf, claimsToCome, joinedOf, personOf, survivorOf, type Person } from './person.ts';
import { STRICT_TRAITS, contradicts } from './traits.ts';

/** Numbers that are compared for one: those of a merge, each with what goes along with it, stay below what may be asked for of one event. */
const MOST = 200;

export interface Family {
  /** The number itself, where it leads, then all that these absorbed, and the numbers of other domains beside any of them. */
  readonly keys: readonly string[];
  /** Of these, those of its own domain: what merges alone say. */
  readonly own: ReadonlySet<string>;
  /** It is larger than can be compared. */
  readonly isCut: boolean;
}

/** @param stopAt not entered: the other side of a merge, of which each is looked at for itself. */
export const familyOf = (key: string, known: Known, stopAt: readonly string[] = []): Family =>
  withAbsorbed(survivorOf(key, known).chain, known, stopAt);

/** What goes along with the number when another one absorbs it. */
export const branchOf = (key: string, known: Known, stopAt: readonly string[] = []): Family => withAbsorbed([key], known, stopAt);

/** Most are: no merge, and no number of another domain. */
export function isAlone(key: string, known: Known): boolean {
  const { into, absorbed, beside } = personOf(known, key) ?? {};
  return !into && !absorbed && !beside;
}

function withAbsorbed(from: readonly string[], known: Known, stopAt: readonly string[]): Family {
  const own = new Set(from);
  const absorb = (all: Set<string>, one: string): void => {
    for (const { key } of personOf(known, one)?.absorbed ?? []) if (!stopAt.includes(key)) all.add(key);
  };
  for (const one of own) if (own.size <= MOST) absorb(own, one);
  const all = new Set(own);
  for (const one of all) {
    absorb(all, one);
    for (const other of personOf(known, one)?.beside ?? [])
      for (const key of survivorOf(other.key, known).chain) {
        if (stopAt.includes(key)) break;
        all.add(key);
      }
    if (all.size > MOST) break;
  }
  const keys = [...all];
  return { keys: keys.slice(0, MOST), own, isCut: keys.length > MOST };
}

/**
 * A number that has an INS, or of which one is claimed that does not count now: a trait took it away, which does not make it another patient's; or a merge
 * said another one, which an undo takes back.
 */
interface Holder {
  readonly key: string;
  readonly person: Person;
  readonly joined: Joined;
  readonly ins: InsClaim;
}

export function holdersIn(keys: readonly string[], known: Known, sendersOf: SendersOf): readonly Holder[] {
  return keys.flatMap((key) => {
    const person = personOf(known, key);
    // A number of before: what is known of it is known of the one that took its place.
    if (!person || (person.into && personOf(known, person.into.key)?.inherited?.[key])) return [];
    const joined = joinedOf(person, sendersOf(person.domain));
    const claims = joined.ins ? [joined.ins, ...(person.inherited ? claimsToCome(person) : [])] : claimsOf(person);
    return claims.map((ins) => ({ key, person, joined, ins }));
  });
}

type Number = Pick<InsClaim, 'ins' | 'insOid'>;

export const isOtherIns = (one: Number, other: Number): boolean => one.ins !== other.ins || one.insOid !== other.insOid;

/** Another number than the one on file, or other traits than those it stands for there. */
export function contradictsClaim({ ins, bare, patient }: Joined, claim: InsClaim): boolean {
  const number = ins ?? bare;
  if (number && isOtherIns(number, claim)) return true;
  return ins !== undefined && STRICT_TRAITS.some((trait) => contradicts(trait, patient[trait], claim.traits[trait]));
}

/** A number that is not the same patient's: whose it is, and what is to be shown of it. */
export interface Rival {
  readonly key: string;
  readonly person: Person;
  readonly joined: Joined;
}

/** With the number that is claimed for it, where that does not count. */
const shownOf = ({ key, person, joined, ins: { ins, insOid } }: Holder): Rival => ({
  key,
  person,
  joined: joined.ins?.ins === ins ? joined : { ...joined, claimed: { ins, insOid } },
});

/** Among the other numbers of its patient: whose INS is not what is claimed for this one. Nobody's, when one of them has that one on file. */
export function rivalOf(key: string, claim: InsClaim, known: Known, sendersOf: SendersOf): Rival | undefined {
  const { keys, isCut } = familyOf(key, known);
  const others = keys.filter((other) => other !== key);
  const holders = holdersIn(others, known, sendersOf);
  const agrees = ({ joined, ins }: Holder): boolean => !isOtherIns(ins, claim) && !contradictsClaim(joined, claim);
  const rival = holders.find((holder) => !agrees(holder));
  if ([...Map.groupBy(holders, (holder) => holder.key).values()].some((all) => all.every(agrees))) return undefined;
  if (rival) return shownOf(rival);
  const { key: last, person } = survivorOf(key, known);
  return isCut && person ? { key: last, person, joined: joinedOf(person, sendersOf(person.domain)) } : undefined;
}

/** Two numbers that one merge would give one patient, though their INS differ; `'unsure'` when there are more of them than can be compared. */
export function rivalsOf(into: Family, branch: Family, known: Known, sendersOf: SendersOf): readonly [Rival, Rival] | 'unsure' | undefined {
  const [mine, theirs] = [into, branch].map(({ keys }) => holdersIn(keys, known, sendersOf)) as [readonly Holder[], readonly Holder[]];
  // Numbers of another domain that both sides came with are one patient's already, whatever this one says.
  const isShared = ({ key }: Holder): boolean => [into, branch].every(({ keys, own }) => keys.includes(key) && !own.has(key));
  for (const one of mine)
    for (const other of theirs) if (isOtherIns(one.ins, other.ins) && !(isShared(one) && isShared(other))) return [shownOf(one), shownOf(other)];
  return into.isCut || branch.isCut ? 'unsure' : undefined;
}

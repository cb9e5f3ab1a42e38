/**
 * What one sender says of a person: for each attribute the value of its newest statement (SAFETY A2, A3). Any order of arrival of the same
 * statements gives the same fold, because what is kept of an attribute depends on the statements only.
 */
import type { Patient } from '../model/index.ts';
import { isInstantBefore, isUnsure, recordedIn, type Stamp } from './stamp.ts';
import { STRICT_TRAITS, TELLING, areSeveral, contradicts, isSaidAgain, isStrict, type StrictTrait } from './traits.ts';

export interface Register {
  /** `null` = said to be absent. */
  readonly value: unknown;
  readonly at: Stamp;
  /** The newest time at which it had another value; of `updatedAt`, which has another one each time, nothing. */
  readonly other?: Stamp;
  /** Of a strict trait what it was then; notes of before do not say it. */
  readonly was?: unknown;
}

/** A qualified INS as it was received, with the traits it was received with. Only claimed, until it is verified (SAFETY A4). */
export interface InsClaim {
  readonly ins: string;
  readonly insOid: string;
  readonly traits: Readonly<Partial<Record<StrictTrait, string>>>;
}

/** How sure the sender is of the identity, apart from its INS. */
export type Status = Pick<Patient, 'identityStatus' | 'insStatus'>;
/** PID-32: marks that block automatic filing. */
export type Marks = Pick<Patient, 'identityFlags' | 'automaticFiling'>;

export interface Fold {
  /** The newest statement. */
  readonly last: Stamp;
  /** EVN-2 of the oldest statement that names the patient and does not call it provisional; `''` where nobody knows, as of notes of before. */
  readonly identified?: string;
  /** Attributes of a patient; `claim` (InsClaim, or null: withdrawn), `status`, `marks`; strict traits that an INS was claimed with before and is not now. */
  readonly registers: Readonly<Record<string, Register>>;
}

/** Kept in registers of their own, or not said of the person at all. */
const APART = new Set(['ipp', 'ippAuthority', 'domain', 'ins', 'insOid', 'insStatus', 'identityStatus', 'identityFlags', 'automaticFiling']);

export function foldIn(fold: Fold | undefined, patient: Patient, at: Stamp, isInsAuthority: boolean): Fold {
  const registers: Record<string, Register> = { ...fold?.registers };
  for (const [name, value] of statements(patient, isInsAuthority)) {
    const before = registers[name];
    registers[name] = say(name, before, value, at);
    if (name === 'claim' && before && before.at !== at) keepTraits(registers, before.at < at ? before : { value, at });
  }
  return { last: fold && fold.last > at ? fold.last : at, ...identifiedIn(fold?.identified, identifiedAt(patient, at)), registers };
}

/** Silence calls nobody provisional. */
const identifiedAt = (patient: Patient, at: Stamp): string | undefined =>
  patient.identityStatus !== 'PROV' && STRICT_TRAITS.some((trait) => patient[trait]) ? recordedIn(at) : undefined;

function identifiedIn(one: string | undefined, other: string | undefined): Pick<Fold, 'identified'> {
  const first = one === undefined || (other !== undefined && other < one) ? other : one;
  return first === undefined ? {} : { identified: first };
}

/**
 * Of who was provisional at that time: that the sender knew nobody by that number then, and has named one person by it since (decision 0027). Where nobody knows,
 * it is not so.
 */
export function isIdentifiedSince({ identified, registers }: Fold, at: Stamp): boolean {
  if (identified === undefined) return true;
  // Said before that, it is who was provisional.
  const others = TELLING.flat().filter((trait) => {
    const { value, other, was } = registers[trait] ?? {};
    return other !== undefined && recordedIn(other) >= identified && contradicts(trait, was, value);
  });
  return isInstantBefore(recordedIn(at), identified) && !areSeveral(others);
}

/**
 * What the sender says anew since that time, and said of somebody else that it had identified before saying so: contradicting this, traits of that one, who had the number then, or
 * since.
 */
export const saidOfOther = ({ identified = '~', registers }: Fold, patient: Patient, at: Stamp): readonly StrictTrait[] =>
  TELLING.flat().filter((trait) => {
    const { at: newest = '', other = '', was } = registers[trait] ?? {};
    return at < newest && recordedIn(other) >= identified && contradicts(trait, was, patient[trait]);
  });

/** Said by a register as a whole, and compared where it is used. */
const WHOLE = new Set(['claim', 'status', 'marks']);

/**
 * The fold of a newer statement of which what tells who the patient is, is on file to the letter; an address or a telephone number may be another one. `undefined` of any other
 * statement, which has to be folded in.
 */
export function saidAgain(fold: Fold, patient: Patient, at: Stamp, isInsAuthority: boolean): Fold | undefined {
  if (at <= fold.last) return undefined;
  const registers: Record<string, Register> = { ...fold.registers };
  for (const [name, value] of statements(patient, isInsAuthority)) {
    const known = registers[name];
    if (!known || (name === 'claim' && Object.keys(registers).some(isOfClaim))) return undefined;
    const isSame = name === 'updatedAt' || known.value === value || isSameObject(known.value, value);
    if (!isSame && (value === null || known.value === null || isStrict(name) || WHOLE.has(name) || isUnsure(known.at, at))) return undefined;
    registers[name] = isSame ? { ...known, value, at } : bothRegisters(name, known, { value, at });
  }
  return { last: at, ...identifiedIn(fold.identified, identifiedAt(patient, at)), registers };
}

const isSameObject = (one: unknown, other: unknown): boolean => typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other);

/** What the sender said otherwise at a time of which nobody can say whether it is before or after `at`: by attribute, its time. */
export function unsure(fold: Fold | undefined, patient: Patient, at: Stamp, isInsAuthority: boolean): ReadonlyMap<string, Stamp> {
  const found = new Map<string, Stamp>();
  if (!fold) return found;
  for (const [name, value] of statements(patient, isInsAuthority)) {
    const known = fold.registers[name];
    if (known && name !== 'updatedAt' && !isSaidAgain(name, known.value, value) && isUnsure(known.at, at)) found.set(name, known.at);
  }
  return found;
}

function* statements(patient: Patient, isInsAuthority: boolean): Generator<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(patient)) if (!APART.has(name) && says(name, value)) yield [name, value];
  const claim = claimOf(patient);
  // Who is not INS authority withdraws nothing by being silent (A3); who is, does when it says how sure it is and names no INS.
  if (claim ?? (isInsAuthority && patient.identityStatus !== undefined)) yield ['claim', claim ?? null];
  const { identityStatus, insStatus, identityFlags, automaticFiling } = patient;
  if (identityStatus !== undefined || insStatus === 'PROV')
    yield ['status', { ...(identityStatus && { identityStatus }), ...(insStatus && { insStatus }) }];
  if (identityStatus !== undefined || identityFlags || automaticFiling !== undefined)
    yield ['marks', { ...(identityFlags && { identityFlags }), ...(automaticFiling !== undefined && { automaticFiling }) }];
}

const ofClaim = (trait: StrictTrait, { ins, insOid }: InsClaim): string => `${trait}#${insOid}#${ins}`;
/** A register that is no attribute of the patient. */
export const isOfClaim = (name: string): boolean => name.includes('#');

/** Of an older claim, what the newest one does not say of the same number: the last value of each trait, in any order of claims. */
function keepTraits(registers: Record<string, Register>, { value, at }: Register): void {
  const [older, claim] = [value as InsClaim | null, registers['claim']?.value as InsClaim | null];
  for (const trait of STRICT_TRAITS) {
    const now = claim?.traits[trait] === undefined ? undefined : ofClaim(trait, claim);
    // Deleting what is not there would slow down whatever reads the others.
    if (now !== undefined && now in registers) delete registers[now];
    const said = older?.traits[trait];
    if (said === undefined) continue;
    const name = ofClaim(trait, older!);
    if (name !== now && (registers[name]?.at ?? '') < at) registers[name] = { value: said, at };
  }
}

/**
 * The traits that the INS of a claim stands for, and since when its sender says so: as it was last sent with them, for a claim that says fewer of them leaves
 * the others as they are. A trait that it never came with is the one its sender has always said; one that was ever said otherwise is not known of it.
 */
export function traitsOfClaim(registers: Fold['registers'], { value, at }: Register): ReadonlyMap<StrictTrait, Register> {
  const claim = value as InsClaim;
  const found = STRICT_TRAITS.flatMap((trait): (readonly [StrictTrait, Register])[] => {
    const own = registers[trait];
    const always = own && own.other === undefined ? { value: own.value, at } : undefined;
    const said = claim.traits[trait];
    const last = said === undefined ? (registers[ofClaim(trait, claim)] ?? always) : { value: said, at };
    return last ? [[trait, last]] : [];
  });
  return new Map(found);
}

/** Empty means unchanged; a strict trait is not erased by `null` nor by an unknown sex (A3). */
function says(name: string, value: unknown): boolean {
  if (value === undefined || value === '') return false;
  if (name === 'sex' && value === 'U') return false;
  return value !== null || !(STRICT_TRAITS as readonly string[]).includes(name);
}

/** Qualified by its sender: a number that is only retrieved or doubtful counts for nothing. */
export function claimOf(patient: Patient): InsClaim | undefined {
  const { ins, insOid, insStatus, identityStatus = 'QUAL' } = patient;
  if (!ins || !insOid || insStatus !== 'VALI' || identityStatus !== 'QUAL') return undefined;
  const traits: Partial<Record<StrictTrait, string>> = {};
  for (const trait of STRICT_TRAITS) {
    const said = patient[trait];
    if (said && says(trait, said)) traits[trait] = said;
  }
  return { ins, insOid, traits };
}

const newest = (one: Stamp | undefined, other: Stamp): Stamp => (one !== undefined && one > other ? one : other);

/** Depends on the set of statements only: the value of the newest one, and the newest other one with its time. */
function say(name: string, known: Register | undefined, value: unknown, at: Stamp): Register {
  if (!known) return { value, at };
  return at === known.at ? { ...known, value } : bothRegisters(name, known, { value, at });
}

/** Of one sender under two numbers of one person: as if it had said all of it under one. */
export function bothFolds(one: Fold, other: Fold): Fold {
  const registers: Record<string, Register> = { ...one.registers };
  for (const [name, register] of Object.entries(other.registers)) {
    const known = registers[name];
    registers[name] = known ? bothRegisters(name, known, register) : register;
  }
  const [mine, theirs] = [one.registers['claim'], other.registers['claim']];
  if (mine && theirs && mine.at !== theirs.at) keepTraits(registers, mine.at < theirs.at ? mine : theirs);
  return { last: newest(one.last, other.last), ...identifiedIn(one.identified, other.identified), registers };
}

function bothRegisters(name: string, one: Register, two: Register): Register {
  const [late, early] = one.at > two.at ? [one, two] : [two, one];
  if (isOfClaim(name)) return late;
  const isSame = name === 'updatedAt' || isSaidAgain(name, late.value, early.value);
  const { other, was } = newestOther(late, isSame ? early : { other: early.at, ...(isStrict(name) && { was: early.value }) });
  return { value: late.value, at: late.at, ...(other !== undefined && { other }), ...(was !== undefined && { was }) };
}

type Other = Pick<Register, 'other' | 'was'>;
/** Of one statement that two numbers have, a note of before may not say what it was. */
const newestOther = (one: Other, two: Other): Other =>
  one.other === two.other ? (one.was === undefined ? two : one) : (one.other ?? '') > (two.other ?? '') ? one : two;

/** The same person? Names folded for comparison, traits compared where both sides say them. Never used to attach anything by itself. */
import type { Patient } from './schemas.ts';

/**
 * A name as the matching sees it: no accents, case, ligatures, hyphens, apostrophes or spaces. `LŒUVRIER` = `Loeuvrier`,
 * `D’ESTREMOY` = `D ESTREMOY`.
 */
export function fold(name: string): string {
  if (/^\p{ASCII}*$/u.test(name)) return name.replaceAll(/[^A-Za-z\d]/g, '').toUpperCase();
  return name
    .normalize('NFKD')
    .replaceAll(/[œŒ]/g, 'oe')
    .replaceAll(/[æÆ]/g, 'ae')
    .replaceAll('ß', 'ss')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}

/** What another description of the patient says: a document's, a second message's. Fields that are not said contradict nothing. */
export interface Traits {
  readonly birthName?: string;
  readonly usedName?: string;
  /** A name whose kind is not said. */
  readonly nameAsSent?: string;
  readonly givenNames?: string;
  readonly firstGivenName?: string;
  /** `19580314` or `1958-03-14`, as precise as it was said. */
  readonly birthDate?: string;
  readonly sex?: string;
  readonly birthPlaceCog?: string;
}

/** The first trait that contradicts (SAFETY A8), in words and without its value; `undefined` when none does. */
export function differingTrait(patient: Patient, document: Traits): string | undefined {
  const differs = (a: string | null | undefined, b: string | null | undefined): boolean => Boolean(a && b) && fold(a ?? '') !== fold(b ?? '');
  if (differs(patient.birthName, document.birthName)) return 'another birth name';
  if (!(patient.birthName && document.birthName) && !namesMeet(patient, document)) return 'another name';
  if (differs(patient.firstGivenName, document.firstGivenName)) return 'another first given name';
  if (givenListsDiffer(patient.birthGivenNames ?? patient.firstGivenName, document.givenNames ?? document.firstGivenName))
    return 'another list of given names';
  if (datesDiffer(patient.birthDate, document.birthDate)) return 'another birth date';
  if (sexesDiffer(patient.sex, document.sex)) return 'another sex';
  if (differs(patient.birthPlaceCog, document.birthPlaceCog)) return 'another birth place code';
  return undefined;
}

/**
 * A name whose kind is not said may be either. Without such a name, a birth name on one side and a used one on the other say nothing of
 * each other, unless the patient's birth name is not known at all.
 */
function namesMeet(patient: Patient, document: Traits): boolean {
  if (patient.birthName && document.nameAsSent === undefined) return true;
  const folded = (names: readonly (string | null | undefined)[]): string[] => names.flatMap((name) => (name ? [fold(name)] : []));
  const mine = folded([patient.birthName, patient.usedName, patient.nameAsSent]);
  const theirs = folded([document.birthName, document.usedName, document.nameAsSent]);
  return mine.length === 0 || theirs.length === 0 || mine.some((name) => theirs.includes(name));
}

/** One list may be cut after the first names; names that differ, or another order, are another person: `JEAN` is not cut from `JEANNE`. */
function givenListsDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  return !beginnings(theirs).has(fold(mine)) && !beginnings(mine).has(fold(theirs));
}

/** `MARIE-ANNE LOUISE` -> MARIE, MARIEANNE, MARIEANNELOUISE: whatever stands between the names. */
function beginnings(list: string): ReadonlySet<string> {
  const names = list.split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  return new Set(names.map((_, i) => fold(names.slice(0, i + 1).join(''))));
}

/** Compared to the precision of the shorter one. */
function datesDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  const [a, b] = [mine.replaceAll(/\D/g, ''), theirs.replaceAll(/\D/g, '').slice(0, 8)];
  return a.slice(0, b.length) !== b.slice(0, a.length);
}

function sexesDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  const known = (sex: string | undefined): boolean => sex === 'F' || sex === 'M';
  return known(mine) && known(theirs) && mine !== theirs;
}

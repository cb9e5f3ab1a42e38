/** The same person? Names folded for comparison, traits compared where both sides say them. Never used to attach anything by itself. */
import type { Patient } from './schemas.ts';

/**
 * A name as the matching sees it: no accents, case, ligatures, hyphens, apostrophes or spaces. `LŒUVRIER` = `Loeuvrier`,
 * `D’ESTREMOY` = `D ESTREMOY`.
 */
export function fold(name: string): string {
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
  if (!patient.birthName && !namesMeet(patient, document)) return 'another name';
  if (differs(patient.firstGivenName, document.firstGivenName)) return 'another first given name';
  if (givenListsDiffer(patient.birthGivenNames, document.givenNames)) return 'another list of given names';
  if (datesDiffer(patient.birthDate, document.birthDate)) return 'another birth date';
  if (sexesDiffer(patient.sex, document.sex)) return 'another sex';
  if (differs(patient.birthPlaceCog, document.birthPlaceCog)) return 'another birth place code';
  return undefined;
}

/** A name whose kind is not said may be either; without any name on one side there is nothing to compare. */
function namesMeet(patient: Patient, document: Traits): boolean {
  const mine = [patient.usedName, patient.nameAsSent].filter((name) => name !== undefined).map(fold);
  const theirs = [document.birthName, document.usedName].filter((name) => name !== undefined).map(fold);
  return mine.length === 0 || theirs.length === 0 || mine.some((name) => theirs.includes(name));
}

/** One list may be cut after the first names; names that differ, or another order, are another person. */
function givenListsDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  const [a, b] = [fold(mine), fold(theirs)];
  return !a.startsWith(b) && !b.startsWith(a);
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

/** The strict traits (number, OID and these five make an INS) and when two values of one are the same. */
import { differingTrait, fold, type Patient, type Traits } from '../model/index.ts';

export const STRICT_TRAITS = ['birthName', 'firstGivenName', 'birthGivenNames', 'sex', 'birthDate', 'birthPlaceCog'] as const;
export type StrictTrait = (typeof STRICT_TRAITS)[number];

/** What tells two persons apart. A birth place comes and changes with the check of an INS: it tells nobody apart. */
export const TELLING = [['birthName'], ['firstGivenName', 'birthGivenNames'], ['sex'], ['birthDate']] as const satisfies readonly StrictTrait[][];

/** Of how many of these it is another one. */
export const countOf = (traits: readonly StrictTrait[]): number => TELLING.filter((group) => group.some((trait) => traits.includes(trait))).length;
export const areSeveral = (traits: readonly StrictTrait[]): boolean => countOf(traits) > 1;

export const isStrict = (attribute: string): attribute is StrictTrait => (STRICT_TRAITS as readonly string[]).includes(attribute);

/**
 * Said again by one sender: names folded, the rest as it stands, so that `1958` after `1958-03-14` is another value. It has to be a true
 * equality for the order of arrival not to count.
 */
export function isSaidAgain(attribute: string, one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' && typeof other !== 'object')
    return isStrict(attribute) && typeof one === 'string' && typeof other === 'string' && fold(one) === fold(other);
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Between two sources: cut lists of names, incomplete dates and what is not said contradict nothing. */
export const contradicts = (trait: StrictTrait, one: unknown, other: unknown): boolean =>
  Boolean(one && other) && one !== other && differingTrait({ [trait]: one }, traitsOf({ [trait]: other })) !== undefined;

/** A patient as another description of one: `null` says nothing here. */
export const traitsOf = (patient: Patient): Traits => {
  const { birthName, usedName, nameAsSent, birthGivenNames, firstGivenName, birthDate, sex, birthPlaceCog } = patient;
  const said = { birthName, usedName, nameAsSent, givenNames: birthGivenNames, firstGivenName, birthDate, sex, birthPlaceCog };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => typeof value === 'string' && value !== ''));
};

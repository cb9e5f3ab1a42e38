/** People who do not exist: the n-th one is always the same, for every peer and every run. */
import type { SyntheticPerson } from '../../core/contract/index.ts';

/** INS-NIR *test* authority; never the production one. */
const INS_TEST_OID = '1.2.250.1.213.1.4.10';
const FAMILIES = [
  'BRÉZOLLET',
  'VALMORÉE',
  "D'ANVERGNE",
  'LE GOASTER-TESTU',
  'QUÉMENEURE',
  'OSTROVEN',
  'NOËLLISSE',
  'ÇAVARELLE',
  'FLEURINNE',
  'GARANCEAU',
];
const USED = ['QUINTARD', 'PERRUSSEL', 'MONTVERDE', 'ESTEVILLE', 'DUVERNELLE'];
const GIVEN = {
  F: ['MARIE-ANNE', 'ÉLISE', 'NOÉMIE', 'SOLANGE', 'ANAÏS', 'JEANNE'],
  M: ['ÉLIE', 'THÉO-PAUL', 'LAURENT', 'FRANÇOIS', 'GABIN', 'JOËL'],
} as const;

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
const two = (value: number): string => String(value).padStart(2, '0');

/** @param index 1 or more. */
export function person(index: number): SyntheticPerson {
  const sex = index % 2 === 1 ? 'F' : 'M';
  const year = 1930 + ((index * 7) % 60);
  const month = 1 + ((index * 5) % 12);
  const first = pick(GIVEN[sex], index);
  // 33990 to 33999: numbers that no commune has.
  const cog = `3399${index % 10}`;
  const digits = `${sex === 'M' ? 1 : 2}${two(year % 100)}${two(month)}${cog}${String(index % 1000).padStart(3, '0')}`;
  const birthName = pick(FAMILIES, index);
  return {
    ins: digits + two(97 - Number(BigInt(digits) % 97n)),
    insOid: INS_TEST_OID,
    birthName,
    usedName: sex === 'F' ? pick(USED, index) : birthName,
    givenNames: `${first} ${pick(GIVEN[sex], index + 1)}`,
    firstGivenName: first,
    sex,
    birthDate: `${year}-${two(month)}-${two(1 + ((index * 11) % 28))}`,
    birthPlaceCog: cog,
  };
}

/** Invented patients of the load: the number of a patient decides everything about them, so that two processes speak of the same people. */

export const IPP_OID = '1.2.250.1.999.1.1';
/** The national authority of test identities: nobody's INS. */
export const INS_OID = '1.2.250.1.213.1.4.10';

export interface Person {
  readonly ipp: string;
  readonly ins: string;
  readonly sex: 'F' | 'M';
  readonly birthName: string;
  readonly usedName: string;
  readonly firstGivenName: string;
  readonly givenNames: string;
  /** `19580314`. */
  readonly birthDate: string;
}

const NAMES = ['VALBRUNE', "D'ETREZAC", 'LE TESTEUX', 'QUINTARD-ESSAI', 'BREZOLLET', 'MONTFICTIF', "N'ESSAI", 'DE LA MAQUETTE', 'FAUXBOIS'];
const WOMEN = ['ANNE-LISE', 'ZOE', 'MARIE', 'HELENE', 'INES'];
const MEN = ['GAEL', 'JEAN-PAUL', 'RENE', 'LOIC', 'ADRIEN'];
/** Born abroad, in a commune that does not exist. */
export const BIRTH_PLACE = '99326';

const two = (n: number): string => String(n).padStart(2, '0');
const of = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** @param n 0 to 1,199,999: beyond, an INS would come twice. */
export function person(n: number): Person {
  const sex = n % 2 === 0 ? 'F' : 'M';
  const [year, month] = [Math.floor(n / 1000) % 100, 1 + (Math.floor(n / 100_000) % 12)];
  const nir = `${sex === 'F' ? 2 : 1}${two(year)}${two(month)}${BIRTH_PLACE}${String(n % 1000).padStart(3, '0')}`;
  const given = sex === 'F' ? WOMEN : MEN;
  const firstGivenName = of(given, n >> 1);
  const birthName = of(NAMES, n);
  return {
    ipp: `9${String(n).padStart(9, '0')}`,
    ins: `${nir}${two(97 - (Number(nir) % 97))}`,
    sex,
    birthName,
    usedName: sex === 'F' && n % 3 === 0 ? of(NAMES, n + 4) : birthName,
    firstGivenName,
    givenNames: `${firstGivenName} ${of(given, (n >> 1) + 2)}`,
    birthDate: `${year < 25 ? 20 : 19}${two(year)}${two(month)}${two(1 + (n % 28))}`,
  };
}

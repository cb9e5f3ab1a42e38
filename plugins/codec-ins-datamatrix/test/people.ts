/** Random qualified identities as hospitals write them: accents, apostrophes, hyphens, Corsica, NIA, names that fill their field. */
import * as fc from 'fast-check';
import type { Patient } from '../../../core/model/index.ts';

/** Number of 13 characters with its key (specs FACTS F1). */
export function withKey(number: string): string {
  const digits = Number(number.replace('2A', '19').replace('2B', '18'));
  return number + String(97 - (digits % 97)).padStart(2, '0');
}

const digits = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{${count}}$`));
export const insNumber = fc
  .tuple(digits(5), fc.constantFrom('2A', '2B', '75', '99', '06'), digits(6))
  .map(([birth, department, rest]) => withKey(birth + department + rest));

const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdeéèêëàâçîïôöùûüÿœŒÉÈÇÆæß'.split(''));
const word = fc.array(letter, { minLength: 1, maxLength: 14 }).map((letters) => letters.join(''));
const compound = (separators: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(word, fc.array(fc.tuple(fc.constantFrom(...separators), word), { maxLength: 3 })).map(([first, rest]) => first + rest.flat().join(''));
/** Names, one in five of exactly 100 characters: there the field ends without separator. */
const name = (separators: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: compound(separators) },
    { weight: 1, arbitrary: fc.constantFrom('A', 'Z').map((one) => `${one.repeat(49)} ${one.repeat(50)}`) },
  );

export const birthDate = fc
  .tuple(fc.integer({ min: 1900, max: 2026 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
  .map(([year, month, day]) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);

export const qualified = fc.record(
  {
    ins: insNumber,
    insOid: fc.constantFrom('1.2.250.1.213.1.4.8', '1.2.250.1.213.1.4.9'),
    insStatus: fc.constant('VALI' as const),
    identityStatus: fc.constant('QUAL' as const),
    birthName: name([' ', '-', "'", '’']),
    birthGivenNames: name([' ', '-', ', ']),
    firstGivenName: word,
    sex: fc.constantFrom('F' as const, 'M' as const),
    birthDate,
    birthPlaceCog: fc.constantFrom('2A004', '2B033', '75056', '99352'),
  },
  { requiredKeys: ['ins', 'insOid', 'insStatus', 'identityStatus', 'birthName', 'birthGivenNames', 'firstGivenName', 'sex', 'birthDate'] },
) satisfies fc.Arbitrary<Patient>;

/** An invented person: typographic apostrophe, accents, ligature, compound names. */
export const ESTREMOY = {
  ins: withKey('2580375056012'),
  insOid: '1.2.250.1.213.1.4.8',
  insStatus: 'VALI',
  identityStatus: 'QUAL',
  birthName: 'D’Estrémoy-Lœuvrier',
  birthGivenNames: 'Marie-Anne, Louise',
  firstGivenName: 'Marie-Anne',
  sex: 'F',
  birthDate: '1958-03-14',
  birthPlaceCog: '75056',
} as const satisfies Patient;

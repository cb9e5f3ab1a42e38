/** PID-5: which repetition is the birth name, which the used one (vendors FACTS section 1, "Names"). Names are kept as sent. */
import { PasserelleError } from '../../core/contract/index.ts';
import { fold, type Patient } from '../../core/model/index.ts';
import type { Hl7Field, Hl7Segment } from '../codec-hl7v2/index.ts';
import type { NameUse } from './profile.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export type PatientNames = Pick<Patient, 'birthName' | 'usedName' | 'nameAsSent' | 'birthGivenNames' | 'firstGivenName' | 'usedGivenName'>;

/**
 * Warns `name-without-type`, `name-missing`. Two different birth names are two patients, and a character that no name holds is a name
 * decoded wrongly: both throw, ERR_PATIENT_AMBIGUOUS and ERR_CHARSET_DOUBTFUL, since a person must not be known by another's traits.
 */
export function readNames(reading: Reading, pid: Hl7Segment): PatientNames {
  const fields = pid.reps(5).filter((field) => clean(field.get(1)) || clean(field.get(2)));
  const uses = fields.map((field) => useOf(reading, field));
  const first = (use: NameUse): Hl7Field | undefined => fields[uses.indexOf(use)];
  for (const field of fields) checkCharacters(field);
  const birth = first('birth');
  const used = first('used');
  const untyped = birth ? undefined : first('untyped');
  if (fields.some((field, i) => uses[i] === 'birth' && field !== birth && familyDiffers(field, birth)))
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { hl7: 'PID-5' }, expected: 'one birth name', found: 'two' });
  if (untyped) warn(reading, 'name-without-type', undefined, 'PID-5.7');
  if (!birth && !used && !untyped) warn(reading, 'name-missing', undefined, 'PID-5');
  const maiden = reading.dialect.pid6 === 'birth-name' ? clean(pid.get('6.1')) : '';
  const birthName = birth ? clean(birth.get(1)) : maiden;
  return {
    birthName: birthName || null,
    ...said({
      usedName: used && clean(used.get(1)),
      nameAsSent: untyped && clean(untyped.get(1)),
      // Never that of the used name: a person may go by another given name than the first one of birth.
      firstGivenName: clean((birth ?? untyped)?.get(2) ?? ''),
      birthGivenNames: birth && clean(birth.get(3)),
      usedGivenName: used && clean(used.get(2)),
    }),
  };
}

const familyDiffers = (one: Hl7Field, other: Hl7Field | undefined): boolean =>
  [one, other].every((field) => field && clean(field.get(1))) && fold(one.get(1)) !== fold(other?.get(1) ?? '');

/** Control characters, signs of money and fractions (bytes of another code page), or UTF-8 taken for Latin-1 (`Ã©`). */
const NOT_IN_NAMES = /[\p{Cc}\p{Co}\p{Sc}\p{So}\p{No}\ufffd]|[ÂÃ][^\p{L}\s'’-]/u;

/** By far the most: seen in a tenth of the time. */
const PLAIN_NAME = /^[A-Za-z '-]*$/;

function checkCharacters(field: Hl7Field): void {
  for (const component of [1, 2, 3]) {
    const name = clean(field.get(component));
    if (!PLAIN_NAME.test(name) && NOT_IN_NAMES.test(name))
      throw new PasserelleError('ERR_CHARSET_DOUBTFUL', { location: { hl7: `${field.at}.${component}` }, expected: 'characters of a name' });
  }
}

function useOf({ dialect, settings }: Reading, field: Hl7Field): NameUse {
  const use = dialect.nameTypes[clean(field.get(7)).toUpperCase()] ?? 'ignored';
  if (use !== 'untyped') return use;
  const site = settings.connector['untypedName'] ?? dialect.untypedName;
  return site === 'birth' || site === 'used' ? site : 'untyped';
}

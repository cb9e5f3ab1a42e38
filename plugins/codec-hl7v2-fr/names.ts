/** PID-5: which repetition is the birth name, which the used one (vendors FACTS section 1, "Names"). Names are kept as sent. */
import type { Patient } from '../../core/model/index.ts';
import type { Hl7Field, Hl7Segment } from '../codec-hl7v2/index.ts';
import type { NameUse } from './profile.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export type PatientNames = Pick<Patient, 'birthName' | 'usedName' | 'nameAsSent' | 'birthGivenNames' | 'firstGivenName' | 'usedGivenName'>;

/** The first repetition of each kind counts. Warns `name-without-type`, `name-missing`. */
export function readNames(reading: Reading, pid: Hl7Segment): PatientNames {
  const fields = pid.reps(5).filter((field) => clean(field.get(1)) || clean(field.get(2)));
  const first = (use: NameUse): Hl7Field | undefined => fields.find((field) => useOf(reading, field) === use);
  const birth = first('birth');
  const used = first('used');
  const untyped = birth || used ? undefined : first('untyped');
  if (untyped) warn(reading, 'name-without-type', undefined, 'PID-5.7');
  if (!birth && !used && !untyped) warn(reading, 'name-missing', undefined, 'PID-5');
  const maiden = reading.dialect.pid6 === 'birth-name' ? clean(pid.get('6.1')) : '';
  const birthName = birth ? clean(birth.get(1)) : maiden;
  return {
    birthName: birthName || null,
    ...said({
      usedName: used && clean(used.get(1)),
      nameAsSent: untyped && clean(untyped.get(1)),
      firstGivenName: [birth, untyped, used].map((field) => field && clean(field.get(2))).find(Boolean),
      birthGivenNames: birth && clean(birth.get(3)),
      usedGivenName: used && clean(used.get(2)),
    }),
  };
}

function useOf({ dialect, settings }: Reading, field: Hl7Field): NameUse {
  const use = dialect.nameTypes[clean(field.get(7))] ?? 'ignored';
  if (use !== 'untyped') return use;
  const site = settings.connector['untypedName'] ?? dialect.untypedName;
  return site === 'birth' || site === 'used' ? site : 'untyped';
}

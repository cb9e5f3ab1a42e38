/** PID-11 and PID-13: home address, birth place, phones and mail, in their several styles. */
import type { Patient } from '../../core/model/index.ts';
import type { Hl7Field, Hl7Segment } from '../codec-hl7v2/index.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export type BirthPlace = Pick<Patient, 'birthPlaceCog' | 'birthPlaceText'>;

/** INSEE code in XAD-9 of the birth address, and the town as text; PID-23 when no address says a town. */
export function readBirthPlace(reading: Reading, pid: Hl7Segment): BirthPlace {
  const types = reading.dialect.birthPlaceTypes;
  const typed = pid.reps(11).filter((one) => Object.hasOwn(types, clean(one.get(7))));
  const field = typed.find((one) => types[clean(one.get(7))] === 'standard') ?? typed[0];
  const sent = field ? clean(field.get(9)).toUpperCase() : '';
  // A town or a post code in its place is no strict trait.
  const cog = /^\d[\dAB]\d{3}$/.test(sent) ? sent : '';
  if (field) {
    const type = clean(field.get(7));
    if (types[type] === 'tolerated') warn(reading, 'birth-place-type', type, field.at);
    if (!cog) warn(reading, 'birth-place-code-missing', undefined, field.at);
  }
  return said({ birthPlaceCog: cog, birthPlaceText: (field && clean(field.get(3))) || clean(pid.get('23.1')) });
}

/** The home address (H), else one whose type is not said. */
export function readAddress(pid: Hl7Segment): Patient['address'] {
  const fields = pid.reps(11);
  const field = fields.find((one) => clean(one.get(7)) === 'H') ?? fields.find((one) => !clean(one.get(7)));
  if (!field) return undefined;
  const lines = [1, 2].map((component) => clean(field.get(component))).filter(Boolean);
  const address = said({
    lines: lines.length > 0 ? lines : undefined,
    city: clean(field.get(3)),
    postalCode: clean(field.get(5)),
    country: clean(field.get(6)),
  });
  return Object.keys(address).length > 0 ? address : undefined;
}

export type Contacts = Pick<Patient, 'phones' | 'email'>;

/** XTN-12 today, XTN-1 before, XTN-7 in between; `NON` in the place of a mail address is none, said. */
export function readContacts(pid: Hl7Segment): Contacts {
  const fields = pid.reps(13).filter((field) => !field.isEmpty);
  const phones = [
    ...new Set(
      fields
        .filter((field) => !isMail(field))
        .map(phoneOf)
        .filter(Boolean),
    ),
  ];
  const mails = fields
    .filter(isMail)
    .map((field) => clean(field.get(4)))
    .filter(Boolean);
  return {
    ...(phones.length > 0 && { phones }),
    ...(mails.length > 0 && { email: mails.find((mail) => mail.includes('@')) ?? null }),
  };
}

const isMail = (field: Hl7Field): boolean => clean(field.get(2)) === 'NET' || ['Internet', 'X.400'].includes(clean(field.get(3)));
const phoneOf = (field: Hl7Field): string => clean(field.get(12)) || clean(field.get(1)) || clean(field.get(7)).replaceAll(/[. ]/g, '');

/** Identity -> text of its INS datamatrix. Refuses whatever is not a qualified and complete identity of the right environment (SAFETY A4, A5). */
import { PasserelleError } from '../../core/contract/index.ts';
import { hasValidInsKey, insEnvironment, isSendableIns, type InsEnvironment, type Patient } from '../../core/model/index.ts';
import { FIELDS, GS, HEADER, type Field } from './fields.ts';

/** Throws ERR_INS_NOT_SENDABLE, ERR_INS_ENVIRONMENT, ERR_INS_KEY; ERR_INS_DATAMATRIX for a trait that its field cannot hold: nothing is ever cut. */
export function payloadOf(patient: Patient, environment: InsEnvironment): string {
  if (!isSendableIns(patient))
    throw new PasserelleError('ERR_INS_NOT_SENDABLE', {
      expected: 'number, OID, names, sex and whole birth date, qualified',
      found: lackOf(patient),
    });
  const of = insEnvironment(patient.insOid ?? '');
  if (of !== environment) throw new PasserelleError('ERR_INS_ENVIRONMENT', { expected: environment, found: of ?? 'no INS authority' });
  if (!hasValidInsKey(patient.ins ?? '')) throw new PasserelleError('ERR_INS_KEY');
  return HEADER + FIELDS.map((field) => written(field, valueOf(field, patient))).join('');
}

function lackOf(patient: Patient): string {
  const { ins, insOid, birthName, firstGivenName, sex, birthDate } = patient;
  const lacking = Object.entries({ ins, insOid, birthName, firstGivenName, sex, birthDate }).find(([, value]) => !value);
  return lacking ? `no ${lacking[0]}` : 'an identity that is not qualified, or a birth date that is not whole';
}

function valueOf({ of }: Field, patient: Patient): string {
  switch (of) {
    case 'birthGivenNames':
      return nameOf(patient.birthGivenNames ?? patient.firstGivenName ?? '');
    case 'birthName':
      return nameOf(patient.birthName ?? '');
    case 'birthDate':
      return (patient.birthDate ?? '').split('-').reverse().join('-');
    default:
      return patient[of] ?? '';
  }
}

function written(field: Field, value: string): string {
  const { tag, length, variable, optional, pattern, expected } = field;
  if (value === '' && optional) return '';
  if (value.length > length || (!variable && value.length < length))
    throw new PasserelleError('ERR_INS_DATAMATRIX', { location: { path: tag }, expected, found: `${value.length} characters` });
  // A sex that is not F or M, a day 00: INSi gives none (rules 11 and 12 of the national guide), so that no qualified identity has it.
  if (!pattern.test(value) || (tag === 'S6' && /^00|^..-00/.test(value)))
    throw new PasserelleError('ERR_INS_DATAMATRIX', { location: { path: tag }, expected, found: 'characters that its field cannot hold' });
  return `${tag}${value}${variable && value.length < length ? GS : ''}`;
}

/** Letters that no decomposition takes apart. */
const LETTERS: Readonly<Record<string, string>> = { Œ: 'OE', Æ: 'AE', Ø: 'O', Ł: 'L', Đ: 'D' };

/** As the national base writes it: upper case, no diacritics, plain hyphen and apostrophe, names of a list a space apart. */
const nameOf = (name: string): string =>
  name
    .replaceAll(/[‘’ʼ`´]/g, "'")
    .replaceAll(/[‐‑‒–—]/g, '-')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll(/[ŒÆØŁĐ]/g, (letter) => LETTERS[letter] ?? letter)
    .replaceAll(/[\s,]+/g, ' ')
    .trim();

/** Text of an INS datamatrix -> identity, or which field is wrong and how. Texts come from anybody's paper: bounded, and never quoted in an error. */
import { PasserelleError, type InsIdentity } from '../../core/contract/index.ts';
import { hasValidInsKey, isInsOid } from '../../core/model/index.ts';
import { FIELDS, GS, HEADER, type Field } from './fields.ts';

/** Header, seven tags and separators, every field at its maximum. */
const LONGEST = HEADER.length + FIELDS.reduce((sum, { length }) => sum + 3 + length, 0);
const VERSION_CHARS = 4;

/** `false` for the many other things that a datamatrix may hold: a medicine, a sample, a parcel. */
export const isInsDatamatrix = (text: string): boolean => text.startsWith('IS') && /^IS\d{2}/.test(text);

/**
 * Fields in any order, a separator after a full one tolerated; a field that is unknown, twice, too long or not of its alphabet is not.
 * Number and key are held to each other, never to sex, date or place (SAFETY A4). Throws ERR_INS_DATAMATRIX, ERR_INS_KEY.
 */
export function readPayload(text: string): InsIdentity {
  if (!text.startsWith(HEADER.slice(0, VERSION_CHARS))) throw wrong('header', 'IS01', isInsDatamatrix(text) ? 'another version' : 'something else');
  if (!text.startsWith(HEADER)) throw wrong('header', `IS01 and ${HEADER.length - VERSION_CHARS} zeros`, 'other characters');
  if (text.length > LONGEST) throw wrong('length', `at most ${LONGEST} characters`, `${text.length}`);
  const values = new Map<Field, string>();
  for (let at = HEADER.length; at < text.length;) {
    const field = fieldAt(text, at);
    if (values.has(field)) throw wrong(field.tag, 'one', 'a second');
    const end = endOf(field, text, at + field.tag.length);
    values.set(field, checked(field, text.slice(at + field.tag.length, end)));
    at = text[end] === GS ? end + 1 : end;
  }
  const missing = FIELDS.find((field) => !field.optional && !values.has(field));
  if (missing) throw wrong(missing.tag, missing.expected, 'nothing');
  return identityOf(new Map([...values].map(([field, value]) => [field.of, value])));
}

function fieldAt(text: string, at: number): Field {
  const field = FIELDS.find(({ tag }) => text.startsWith(tag, at));
  if (!field) throw wrong(`character ${at + 1}`, 'a field S1 to S7', text[at] === GS ? 'a separator' : 'another tag');
  return field;
}

function endOf({ length, variable }: Field, text: string, from: number): number {
  const full = Math.min(text.length, from + length);
  const separator = variable ? text.indexOf(GS, from) : -1;
  return separator === -1 ? full : Math.min(separator, full);
}

function checked(field: Field, value: string): string {
  if (!field.variable && value.length !== field.length) throw wrong(field.tag, field.expected, `${value.length} characters`);
  if (value === '') throw wrong(field.tag, field.expected, 'nothing');
  if (!field.pattern.test(value)) throw wrong(field.tag, field.expected, describe(value));
  return value;
}

function identityOf(values: ReadonlyMap<keyof InsIdentity, string>): InsIdentity {
  const value = (name: keyof InsIdentity): string => values.get(name) ?? '';
  const [ins, insOid, sex, place] = [value('ins'), value('insOid'), value('sex'), values.get('birthPlaceCog')];
  if (!isInsOid(insOid)) throw wrong('S2', 'the OID of an INS authority', 'another OID');
  if (!hasValidInsKey(ins)) throw new PasserelleError('ERR_INS_KEY', { location: { path: 'S1' } });
  return {
    ins,
    insOid,
    birthGivenNames: value('birthGivenNames'),
    birthName: value('birthName'),
    sex: sex === 'F' || sex === 'M' ? sex : 'U',
    birthDate: value('birthDate').split('-').reverse().join('-'),
    ...(place !== undefined && { birthPlaceCog: place }),
  };
}

/** The kind of the first character that is not right, without the value. */
function describe(value: string): string {
  const at = value.search(/[^A-Z\d.' -]/);
  const foreign = at === -1 ? undefined : `U+${value.codePointAt(at)!.toString(16).toUpperCase().padStart(4, '0')} at character ${at + 1}`;
  return foreign ?? `${value.length} characters of another form`;
}

const wrong = (field: string, expected: string, found: string): PasserelleError =>
  new PasserelleError('ERR_INS_DATAMATRIX', { location: { path: field }, expected, found });

/** MetaDMPMSS flags: who may see a document and where it is wanted (specs FACTS A4, B, C; SAFETY B7). */
import type { Hl7Message, Hl7Segment } from '../codec-hl7v2/index.ts';
import { at, warn, type Reading } from './reading.ts';
import { clean } from './values.ts';

export const PLATFORM_FLAGS = [
  'MASQUE_PS',
  'INVISIBLE_PATIENT',
  'INVISIBLE_REP_LEGAUX',
  'CONNEXION_SECRETE',
  'MODIF_CONF_CODE',
  'DESTDMP',
  'DESTMSSANTEPS',
  'DESTMSSANTEPAT',
  'ACK_RECEPTION',
  'ACK_LECTURE_MSS',
] as const;
export type FlagCode = (typeof PLATFORM_FLAGS)[number];
/** What the guide towards care software carries. */
export const CARE_SOFTWARE_FLAGS: readonly FlagCode[] = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'MODIF_CONF_CODE'];

export const MAIL_BODY_PRO = 'CORPSMAIL_PS';
export const MAIL_BODY_PATIENT = 'CORPSMAIL_PATIENT';
export const FLAG_SYSTEM = 'MetaDMPMSS';

/** Spellings of version 1.2 of the guide and of official examples. */
const SYNONYMS: Readonly<Record<string, FlagCode>> = {
  INVISIBLE_REPRESENTANTS_LEGAUX: 'INVISIBLE_REP_LEGAUX',
  MODIF_CONFIDENTIALITYCODE: 'MODIF_CONF_CODE',
  ACK_LECTURE: 'ACK_LECTURE_MSS',
};
/** Of older versions, without meaning for us: not a document, not a flag. */
const OTHER_CODES = new Set<string>([MAIL_BODY_PRO, MAIL_BODY_PATIENT, 'COMP_LOT']);

export type Flags = Partial<Record<FlagCode, boolean>>;
export type Audience = 'platform' | 'care-software';

const codeOf = (obx: Hl7Segment): string =>
  clean(obx.get('3.1'))
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
const flagOf = (code: string): FlagCode | undefined => ((PLATFORM_FLAGS as readonly string[]).includes(code) ? (code as FlagCode) : SYNONYMS[code]);

/** Whether an OBX is metadata: by its system, or by its code (version 1.2 sends none). */
export const isMetadata = (obx: Hl7Segment): boolean =>
  clean(obx.get('3.3')).toUpperCase() === FLAG_SYSTEM.toUpperCase() || flagOf(codeOf(obx)) !== undefined || OTHER_CODES.has(codeOf(obx));

/** To whom the message speaks, when it says so: MSH-21 `2.1^CISIS_CDA_HL7_V2` or `1.1^CISIS_CDA_HL7_LPS`. */
export function audienceOf(message: Hl7Message): Audience | undefined {
  const declared = (message.first('MSH')?.reps(21) ?? []).flatMap((field) => [clean(field.get(1)), clean(field.get(2))]);
  const profile = declared.find((one) => one.startsWith('CISIS_CDA_HL7'));
  if (!profile) return undefined;
  return profile.endsWith('_LPS') ? 'care-software' : 'platform';
}

export const declaredAudience = ({ message }: Reading): Audience | undefined => audienceOf(message);

/**
 * Flags of the message; an absent one is unknown, never N. Warns `flag-missing:CODE` for each expected one, `flag-synonym`,
 * `flag-unknown`, `flag-value`, `flag-repeated` (the more restrictive value counts), `flag-order`. `undefined` when the message is of no CISIS profile
 * and has no flag: then none is expected.
 */
export function readFlags(reading: Reading, observations: readonly Hl7Segment[]): { flags: Flags; audience: Audience } | undefined {
  const sent = observations.filter((obx) => flagOf(codeOf(obx)) !== undefined);
  const declared = declaredAudience(reading);
  if (!declared && sent.length === 0) return undefined;
  const audience = declared ?? 'platform';
  for (const obx of observations) {
    const code = codeOf(obx);
    const isKnown = flagOf(code) !== undefined || OTHER_CODES.has(code);
    if (!isKnown) warn(reading, 'flag-unknown', /^\w{1,40}$/.test(code) ? code : undefined, `OBX[${obx.occurrence}]-3`);
  }
  const flags: Flags = {};
  const unreadable = new Set<FlagCode>();
  let last = -1;
  for (const obx of sent) {
    const code = flagOf(codeOf(obx)) as FlagCode;
    const where = `OBX[${obx.occurrence}]`;
    if (code !== codeOf(obx)) warn(reading, 'flag-synonym', code, `${where}-3`);
    if (PLATFORM_FLAGS.indexOf(code) < last) warn(reading, 'flag-order', undefined, where);
    last = PLATFORM_FLAGS.indexOf(code);
    for (const value of valuesOf(obx)) {
      if (value === undefined) {
        warn(reading, 'flag-value', code, `${where}-5`);
        unreadable.add(code);
      } else note(reading, flags, code, value);
    }
  }
  // Said twice, once unreadably: only the more restrictive answer stands.
  for (const code of unreadable) if (flags[code] === code.startsWith('DEST')) delete flags[code];
  for (const code of audience === 'platform' ? PLATFORM_FLAGS : CARE_SOFTWARE_FLAGS) {
    if (flags[code] === undefined) warn(reading, 'flag-missing', code);
  }
  return { flags, audience };
}

/** Table 0085: withdrawn, not had, wrong, not asked. A flag of such a line is not said. */
const NOT_SAID = new Set(['D', 'X', 'W', 'N', 'O']);

/** Each repetition of OBX-5; `undefined` = neither Y nor N. */
function valuesOf(obx: Hl7Segment): readonly (boolean | undefined)[] {
  const sent = obx.reps(5).map((field) => clean(field.get(1)).toUpperCase());
  if (NOT_SAID.has(clean(obx.get('11')).toUpperCase()) || sent.length === 0) return [undefined];
  return sent.map((value) => (value === 'Y' ? true : value === 'N' ? false : undefined));
}

/** For a wish to send, no is the restrictive answer; for a mask, yes. */
function note(reading: Reading, flags: Flags, code: FlagCode, value: boolean): void {
  const known = flags[code];
  if (known !== undefined && known !== value) {
    warn(reading, 'flag-repeated', code);
    flags[code] = !code.startsWith('DEST');
  } else {
    flags[code] = value;
  }
}

/** NTE-4 `FIN` after DESTMSSANTEPAT: the patient may not answer (specs FACTS A4). */
export function patientMayReply(reading: Reading): boolean | undefined {
  const { message } = reading;
  const flag = message.all('OBX').find((obx) => codeOf(obx) === 'DESTMSSANTEPAT');
  const next = flag && message.segments[flag.index + 1];
  return next?.name === 'NTE' && at(reading, `NTE[${next.occurrence}]-4.1`).toUpperCase() === 'FIN' ? false : undefined;
}

/** ACK and ZAM received as messages: what became of something we sent (specs FACTS A7, A8). */
import { PasserelleError, type DraftEvent } from '../../core/contract/index.ts';
import type { EventType } from '../../core/model/index.ts';
import type { Hl7Message, Hl7Segment } from '../codec-hl7v2/index.ts';
import { happenedAt, type Decoded } from './adt.ts';
import { isApplicationError, OTHER_ERROR } from './application-errors.ts';
import { readMail } from './participants.ts';
import { toRpps } from './professionals.ts';
import { at, type Reading } from './reading.ts';
import { clean, said, toInteger } from './values.ts';

/** Meaning of the codes of an acknowledgement, shared with `interpretFr`. */
export interface AckReading {
  readonly originalMessageId: string;
  readonly ack: string;
  readonly hl7Code?: number;
  /** ERR-5.1 as sent: vendors put their own codes there. */
  readonly applicationText?: string;
  readonly applicationCode?: number;
}

/** Reads MSA and ERR. Throws ERR_HL7_SEGMENT_MISSING, ERR_HL7_FIELD_MISSING. */
export function readAck(message: Hl7Message): AckReading {
  const msa = message.first('MSA');
  if (!msa) throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: 'MSA' }, expected: 'an MSA segment', found: 'none' });
  const ack = clean(msa.get('1')).toUpperCase();
  if (!ack) throw new PasserelleError('ERR_HL7_FIELD_MISSING', { location: { hl7: 'MSA-1' }, expected: 'an acknowledgement code', found: 'none' });
  const errors = message.all('ERR');
  const err = errors.find((one) => isApplicationError(toInteger(one.get('5.1')))) ?? errors[0];
  const hl7Code = toInteger(err?.get('3.1') ?? '');
  // Some put the code of the application where that of HL7 belongs.
  const isMisplaced = isApplicationError(hl7Code) && !clean(err?.get('5.1') ?? '');
  const applicationText = isMisplaced ? String(hl7Code) : clean(err?.get('5.1') ?? '');
  return {
    originalMessageId: clean(msa.get('2')),
    ack,
    ...said({ hl7Code: isMisplaced ? 207 : hl7Code, applicationText, applicationCode: toInteger(applicationText) }),
  };
}

/**
 * AR and CR ask to send again, unless the message is not for the receiver at all (200 to 203), or its document is wrong (900 to 905): it
 * would be as wrong again.
 */
export const isTemporary = ({ ack, hl7Code, applicationCode }: AckReading): boolean =>
  (ack === 'AR' || ack === 'CR') &&
  !(hl7Code && hl7Code >= 200 && hl7Code <= 203) &&
  !(isApplicationError(applicationCode) && applicationCode !== OTHER_ERROR);
export const isPositive = ({ ack }: AckReading): boolean => ack === 'AA' || ack === 'CA';

export const ACK_CODES: ReadonlySet<string> = new Set(['AA', 'AE', 'AR', 'CA', 'CE', 'CR']);

/** An acknowledgement that came by itself (by mail, by another connection). */
export function decodeAck(reading: Reading): Decoded {
  const { applicationText: _, ...ack } = readAck(reading.message);
  if (!ACK_CODES.has(ack.ack))
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7: 'MSA-1' }, expected: 'AA, AE, AR, CA, CE or CR', found: 'another code' });
  const data = { ...ack, retry: isTemporary(ack) };
  return answered(reading, isPositive(ack) ? 'dcc.document.delivered' : 'dcc.document.refused', data);
}

const POSITIVE: Readonly<Record<string, EventType>> = {
  Z01: 'dcc.delivery.dmp.accepted',
  Z02: 'dcc.delivery.mss.delivered',
  Z03: 'dcc.delivery.mss.read',
};
const NEGATIVE: Readonly<Record<string, EventType>> = {
  Z01: 'dcc.delivery.dmp.refused',
  Z02: 'dcc.delivery.mss.failed',
  Z03: 'dcc.delivery.mss.integration-failed',
};

const TRIGGERS: Readonly<Record<string, string>> = { ACK_RECEPTION_DMP: 'Z01', ACK_RECEPTION_MSS: 'Z02', ACK_LECTURE_MSS: 'Z03' };
const codeOf = (obx: Hl7Segment): string => clean(obx.get('3.1')).toUpperCase();

/** A business acknowledgement of a platform: it names our message in OBX-4, never in MSA. */
export function decodeZam(reading: Reading, trigger: string): Decoded {
  const { message } = reading;
  const positive = POSITIVE[trigger];
  if (!positive) throw new PasserelleError('ERR_HL7_EVENT_UNSUPPORTED', { location: { hl7: 'MSH-9.2' }, expected: 'Z01, Z02 or Z03' });
  const observations = message.all('OBX');
  const about = observations.find((obx) => codeOf(obx).startsWith('ACK_')) ?? observations[0];
  // One for each recipient, says the guide: of several in one, none is lost.
  const [first, ...others] = observations.filter((obx) => obx !== about);
  const originalMessageId = clean(about?.get('4') ?? '');
  if (!about || !originalMessageId)
    throw new PasserelleError('ERR_HL7_FIELD_MISSING', {
      location: { hl7: 'OBX-4' },
      expected: 'the control id of the message it is about',
      found: 'none',
    });
  // Reception and reading are different facts (SAFETY B8): neither is taken for the other.
  const stated = TRIGGERS[codeOf(about)];
  if (stated && stated !== trigger)
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', {
      location: { hl7: 'OBX-3' },
      expected: `the code of ${trigger}`,
      found: `that of ${stated}`,
    });
  const value = clean(about.get('5.1')).toUpperCase();
  if (value !== 'Y' && value !== 'N')
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7: 'OBX-5' }, expected: 'Y or N', found: 'something else' });
  const isYes = value === 'Y';
  const type = (isYes ? POSITIVE : NEGATIVE)[trigger] ?? positive;
  const made = [first, ...others].map((person) =>
    answered(reading, type, {
      originalMessageId,
      channel: trigger === 'Z01' ? 'DMP' : 'MSSANTE',
      ...(trigger === 'Z01' && { status: isYes ? 'accepted' : 'refused' }),
      ...(person && readPerson(reading, person, trigger)),
      ...(!isYes && refusalOf(reading, trigger)),
    }),
  );
  return { events: made.flatMap(({ events }) => events), terms: made[0]?.terms ?? [] };
}

function readPerson(reading: Reading, person: Hl7Segment, trigger: string): object {
  const mail = readMail(person, 5);
  return said({
    ...(trigger === 'Z03' ? { reader: mail } : { recipient: mail }),
    recipientRpps: toRpps(reading, clean(person.get('4')), `OBX[${person.occurrence}]-4`),
  });
}

function refusalOf(reading: Reading, trigger: string): object {
  const code = at(reading, 'ERR-5.1');
  const number = toInteger(code);
  const common = said({ hl7Code: toInteger(at(reading, 'ERR-3.1')), label: at(reading, 'ERR-5.2').slice(0, 250) });
  if (trigger === 'Z01') return { ...common, ...said({ dmpCode: code }) };
  if (trigger === 'Z03') return { ...common, ...said({ applicationCode: number }) };
  // 5xx is final, and so is the status 5.1.1 that some put there; anything else may still work (specs FACTS A8).
  return { ...common, ...said({ smtpCode: number }), permanent: /^5(\d\d|\.\d+\.\d+)$/.test(code) };
}

function answered(reading: Reading, type: EventType, data: { readonly originalMessageId: string; readonly [field: string]: unknown }): Decoded {
  const { originalMessageId } = data;
  const event: DraftEvent = { type, ...happenedAt(reading), keys: [], data, ...(originalMessageId && { correlation: originalMessageId }) };
  return { events: [event], terms: data.originalMessageId ? [{ field: 'control-id', value: data.originalMessageId }] : [] };
}

/** What an acknowledgement to something we sent means (MODELS section 9; the deviations of a product are in its profile). */
import { PasserelleError, type Envelope, type ReplyOutcome } from '../../core/contract/index.ts';
import { parseHl7 } from '../codec-hl7v2/index.ts';
import { APPLICATION_ERRORS, isApplicationError } from './application-errors.ts';
import { ACK_CODES, isPositive, isTemporary, readAck, type AckReading } from './answers.ts';
import type { DialectProfile, ReplyRule } from './profile.ts';

/** Never throws: what cannot be read is `unreadable`, hence ambiguous. An answer to another message is no answer to this one. */
export function interpretFr(reply: Envelope, sent: { readonly controlId?: string; readonly type: string }, profile: DialectProfile): ReplyOutcome {
  const read = readable(reply);
  if (!read) return unreadable('MSA', 'an acknowledgement', 'something else');
  const known = {
    ack: read.ack,
    ...(read.hl7Code !== undefined && { hl7Code: read.hl7Code }),
    ...(read.applicationCode !== undefined && { applicationCode: read.applicationCode }),
  };
  if (sent.controlId !== undefined && read.originalMessageId !== sent.controlId)
    return { ...unreadable('MSA-2', 'the control id that was sent', 'another one'), ...known };
  const outcome = outcomeOf(read, profile.replies);
  if (outcome === 'unreadable') return { ...unreadable('MSA-1', 'AA, AE, AR, CA, CE or CR', 'another code'), ...known };
  return outcome === 'delivered' ? { outcome, ...known } : { outcome, ...known, error: errorOf(outcome, read) };
}

function readable(reply: Envelope): AckReading | undefined {
  try {
    return readAck(parseHl7(reply.text));
  } catch {
    // Said in the outcome: the caller decides about an answer that is none.
    return undefined;
  }
}

function outcomeOf(read: AckReading, rules: readonly ReplyRule[]): ReplyOutcome['outcome'] {
  const rule = rules.find(
    (one) =>
      one.ack === read.ack &&
      (one.hl7Code === undefined || one.hl7Code === read.hl7Code) &&
      (one.applicationCode === undefined || one.applicationCode === read.applicationText),
  );
  if (rule) return rule.outcome;
  if (isPositive(read)) return 'delivered';
  if (!ACK_CODES.has(read.ack)) return 'unreadable';
  if (isTemporary(read)) return 'later';
  return isApplicationError(read.applicationCode) ? (APPLICATION_ERRORS[read.applicationCode]?.received ?? 'refused') : 'refused';
}

const CODES = {
  refused: 'ERR_ACK_REFUSED',
  later: 'ERR_ACK_LATER',
  unavailable: 'ERR_ACK_LATER',
  'unknown-there': 'ERR_DESTINATION_UNKNOWN_PATIENT',
} as const;

function errorOf(outcome: keyof typeof CODES, { ack, hl7Code, applicationCode }: AckReading): NonNullable<ReplyOutcome['error']> {
  const found = [ack, hl7Code, applicationCode].filter((one) => one !== undefined).join(' ');
  return new PasserelleError(CODES[outcome], {
    location: { hl7: 'MSA-1' },
    found,
    ...(applicationCode !== undefined && { applicationCode }),
  }).toData();
}

function unreadable(hl7: string, expected: string, found: string): ReplyOutcome {
  return { outcome: 'unreadable', error: new PasserelleError('ERR_ACK_UNREADABLE', { location: { hl7 }, expected, found }).toData() };
}

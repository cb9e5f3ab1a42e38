/** What became of a document, told about the message that carried it: relayed, delivered, filed and read are different facts (pure). */
import { PasserelleError, type DraftEvent } from 'passerelle/contract';
import type { EventData } from 'passerelle/model';
import { said } from './contract.ts';
import { DATE_TIME } from './identities.ts';
import type { Reader } from './reader.ts';

type Answer = EventData<'dcc.delivery.mss.failed'>;

/** On the wire -> canonical event. */
const TYPES = {
  'document.delivered': 'dcc.document.delivered',
  'document.refused': 'dcc.document.refused',
  'dmp.accepted': 'dcc.delivery.dmp.accepted',
  'dmp.refused': 'dcc.delivery.dmp.refused',
  'mss.relayed': 'dcc.delivery.mss.relayed',
  'mss.delivered': 'dcc.delivery.mss.delivered',
  'mss.delayed': 'dcc.delivery.mss.delayed',
  'mss.failed': 'dcc.delivery.mss.failed',
  'mss.read': 'dcc.delivery.mss.read',
  'mss.integration-failed': 'dcc.delivery.mss.integration-failed',
} as const;
type Word = keyof typeof TYPES;
const WORDS = Object.keys(TYPES) as readonly Word[];

const TEXTS = ['ack', 'status', 'recipient', 'recipientRpps', 'reader', 'dmpCode', 'label'] as const;
const NUMBERS = ['hl7Code', 'applicationCode', 'smtpCode'] as const;

export const isAnswer = (type: string): boolean => WORDS.some((word) => TYPES[word] === type);

/** Throws ERR_ENCODE_UNSUPPORTED when it names no message. */
export function writeAnswer(type: string, { originalMessageId, ...rest }: Answer): object {
  const what = WORDS.find((word) => TYPES[word] === type);
  if (!originalMessageId)
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/originalMessageId' },
      expected: 'the id of the message it is about',
      found: 'none',
    });
  return said({ about: originalMessageId, what, ...rest, channel: undefined });
}

/** Throws ERR_JSON_FIELD_MISSING, ERR_JSON_FIELD_INVALID. */
export function readAnswer(message: Reader): { readonly event: DraftEvent; readonly about: string } {
  const answer = message.needObject('answer');
  const about = answer.need('about', { max: 64 });
  answer.need('what');
  const what = answer.choice('what', WORDS)!;
  const data: Answer = said({
    originalMessageId: about,
    channel: what.startsWith('dmp.') ? ('DMP' as const) : what.startsWith('mss.') ? ('MSSANTE' as const) : undefined,
    ...Object.fromEntries(TEXTS.map((name) => [name, answer.text(name)])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, answer.integer(name)])),
    permanent: answer.boolean('permanent'),
    retry: answer.boolean('retry'),
  });
  return { event: { type: TYPES[what], time: message.need('occurredAt', { pattern: DATE_TIME }), keys: [], data, correlation: about }, about };
}

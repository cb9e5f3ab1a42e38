/**
 * What became of a document, as the business acknowledgement of the guide (ZAM, specs FACTS A8): the event of a delivery to the software that
 * asked for it. It names that software's message in OBX-4.
 */
import { PasserelleError, type CanonicalEventLike } from '../../core/contract/index.ts';
import type { EventData, EventType } from '../../core/model/index.ts';
import type { Hl7Value } from '../codec-hl7v2/index.ts';
import { APPLICATION_ERRORS, isApplicationError, OTHER_ERROR } from './application-errors.ts';
import { GUIDES } from './guides.ts';
import { toLocalHl7Time } from './values.ts';
import { writeMsh, type SegmentOut, type Writing } from './write-header.ts';

type Answer = EventData<'dcc.delivery.mss.failed'>;
type Trigger = 'Z01' | 'Z02' | 'Z03';

/**
 * Which acknowledgement says it. Reception, reading and filing are different facts (SAFETY B8): AA of care software is a reception, its refusal
 * is a failed integration; that a relay took a mail is said by none.
 */
const ANSWERS: Partial<Record<EventType, readonly [trigger: Trigger, isYes: boolean]>> = {
  'dcc.delivery.dmp.accepted': ['Z01', true],
  'dcc.delivery.dmp.refused': ['Z01', false],
  'dcc.delivery.mss.delivered': ['Z02', true],
  'dcc.delivery.mss.delayed': ['Z02', false],
  'dcc.delivery.mss.failed': ['Z02', false],
  'dcc.document.delivered': ['Z02', true],
  'dcc.delivery.mss.read': ['Z03', true],
  'dcc.delivery.mss.integration-failed': ['Z03', false],
  'dcc.document.refused': ['Z03', false],
};

const CODES: Readonly<Record<Trigger, readonly [code: string, label: string]>> = {
  Z01: ['ACK_RECEPTION_DMP', 'Accusé de réception DMP'],
  Z02: ['ACK_RECEPTION_MSS', 'Accusé de réception MSSanté'],
  Z03: ['ACK_LECTURE_MSS', 'Accusé de lecture MSSanté'],
};
const SYSTEM = 'AckMetierZAM';

export const isAnswer = (type: string): boolean => Object.hasOwn(ANSWERS, type);

/** `event` is one that `isAnswer` says yes to. Throws ERR_ENCODE_UNSUPPORTED when it names no message to answer. */
export function writeZam(writing: Writing, event: CanonicalEventLike): readonly SegmentOut[] {
  const data = event.data as Answer;
  const [trigger, isYes] = ANSWERS[event.type as EventType] ?? ['Z03', false];
  if (!data.originalMessageId)
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/originalMessageId' },
      expected: 'the control id of the message it is about',
      found: 'none',
    });
  const { timeZone } = writing.context.settings;
  const person = writePerson(trigger, data);
  return [
    writeMsh(writing, { type: ['ZAM', trigger, 'ZAM_Z01'], version: ['2.6'], conformance: GUIDES['platform-2.1'].conformance }),
    ['EVN', { 2: toLocalHl7Time(event.time, timeZone) }],
    [
      'OBX',
      {
        1: 1,
        2: 'CWE',
        3: [...CODES[trigger], SYSTEM],
        4: data.originalMessageId,
        5: [isYes ? 'Y' : 'N', undefined, 'expandedYes-NoIndicator'],
        11: 'F',
      },
    ],
    ...(person ? [person] : []),
    ...(isYes ? [] : [['ERR', { 3: [207, 'Application error', 'messageErrorCondition'], 4: 'E', 5: writeReason(trigger, data) }] as const]),
  ];
}

/** The mailbox it reached, or where it was read. */
function writePerson(trigger: Trigger, { recipient, reader, recipientRpps }: Answer): SegmentOut | undefined {
  const mail = trigger === 'Z03' ? (reader ?? recipient) : (recipient ?? reader);
  if (trigger === 'Z01' || !mail) return undefined;
  const code = trigger === 'Z02' ? ['DESTINATAIRE_MSS', 'Destinataire MSSanté'] : ['LECTEUR_MSS', 'Lecteur MSSanté'];
  return [
    'OBX',
    { 1: 2, 2: 'XTN', 3: [...code, SYSTEM], 4: recipientRpps && `8${recipientRpps}`, 5: [undefined, undefined, 'X.400', mail], 11: 'F' },
  ];
}

/** Without a code of its own: for a mail the general one that says whether it may still work, for an integration 906. */
function writeReason(trigger: Trigger, { dmpCode, smtpCode, permanent, applicationCode, label }: Answer): Hl7Value {
  if (trigger === 'Z01') return [dmpCode, label, 'DMP_ERROR_CODE'];
  if (trigger === 'Z02') return [smtpCode ?? (permanent === false ? 451 : 554), label, 'SMTPERRORCODE'];
  const code = isApplicationError(applicationCode) ? applicationCode : OTHER_ERROR;
  return [code, label ?? APPLICATION_ERRORS[code]?.label, 'applicationErrorCondition'];
}

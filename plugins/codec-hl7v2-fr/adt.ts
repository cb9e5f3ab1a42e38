/** ADT messages to identity, merge and stay events (PAM France, specs FACTS D). */
import { PasserelleError, type DecodeResult, type DraftEvent } from '../../core/contract/index.ts';
import { readConsent } from './consent.ts';
import { onlyPid, readPatient, warnIncomplete } from './patient.ts';
import { at, timeAt, type Reading } from './reading.ts';
import { decodeRelation, type MessageFacts } from './relations.ts';
import { triggerOf, type Trigger } from './triggers.ts';
import { said } from './values.ts';
import { readVisit, type Movement } from './visit.ts';

export type Decoded = Pick<DecodeResult, 'events' | 'terms'> & { readonly filtered?: boolean };

/** What every event of a message says of it. */
export function messageFacts(reading: Reading, trigger: string): MessageFacts {
  return { trigger, ...said({ recordedAt: timeAt(reading, 'EVN-2.1') ?? timeAt(reading, 'MSH-7.1'), originApplication: at(reading, 'MSH-3') }) };
}

/** When it happened (EVN-6), else when it was recorded, else when the message was made. */
export const happenedAt = (reading: Reading): { time?: string } =>
  said({ time: timeAt(reading, 'EVN-6.1') ?? timeAt(reading, 'EVN-2.1') ?? timeAt(reading, 'MSH-7.1') });

/** `code` is the trigger as sent; `readAs` the standard one that the dialect reads it as. Throws as `readPatient` and `readVisit`, ERR_HL7_EVENT_UNSUPPORTED. */
export function decodeAdt(reading: Reading, code: string, readAs: string): Decoded {
  const trigger = triggerOf(readAs);
  if (!trigger) throw new PasserelleError('ERR_HL7_EVENT_UNSUPPORTED', { location: { hl7: 'MSH-9.2' }, expected: 'an event of PAM France' });
  if (trigger.ignored) return { events: [], filtered: true };
  if (!trigger.relation) return decodeIdentity(reading, code, trigger);
  return decodeRelation(reading, trigger.relation, happenedAt(reading), messageFacts(reading, code));
}

function decodeIdentity(reading: Reading, code: string, trigger: Trigger): Decoded {
  const { patient, keys, terms } = readPatient(reading, onlyPid(reading));
  warnIncomplete(reading, patient);
  const consent = readConsent(reading);
  const facts = messageFacts(reading, code);
  // A plan was made when it was recorded: EVN-6 is the day it is for.
  const time = trigger.visit === 'dcc.visit.planned' ? said({ time: facts.recordedAt }) : happenedAt(reading);
  const common = { patient, ...(consent && { consent }), ...facts };
  const isMovement = trigger.visit && !(trigger.movementOnly && !reading.message.first('ZBE'));
  const identity: DraftEvent = { type: 'dcc.identity.updated', ...time, keys, data: common, ...(isMovement && { within: 1 }) };
  if (!isMovement || !trigger.visit) return { events: [identity], terms };
  if (!reading.message.first('PV1'))
    throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: 'PV1' }, expected: 'a PV1 segment', found: 'none' });
  const read = readVisit(reading) ?? {};
  checkAction(read.movement, trigger);
  const visit = completeVisit(reading, read, trigger);
  return { events: [identity, { type: trigger.visit, ...time, keys, data: { ...common, visit } }], terms };
}

/** An admission that ZBE-4 cancels, or a cancel that it inserts: whether the patient is there is not ours to guess. */
function checkAction(movement: Movement | undefined, trigger: Trigger): void {
  if (movement?.action && (movement.action === 'CANCEL') !== (trigger.cancels !== undefined))
    throw new PasserelleError('ERR_HL7_MOVEMENT_SHIFTED', {
      location: { hl7: 'ZBE-4' },
      expected: 'CANCEL with the event of a cancel, and with no other',
      found: movement.action,
    });
}

/** What only the trigger tells: the start of a stay that PV1-44 leaves out, the movement a cancel is about. */
function completeVisit(reading: Reading, visit: NonNullable<ReturnType<typeof readVisit>>, trigger: Trigger): typeof visit {
  const movementTime = visit.movement?.start ?? timeAt(reading, 'EVN-6.1');
  const movement: Movement | undefined = trigger.cancels
    ? { ...visit.movement, originalEvent: visit.movement?.originalEvent ?? trigger.cancels }
    : visit.movement;
  return {
    ...visit,
    ...(trigger.visit === 'dcc.visit.opened' && !visit.start && movementTime && { start: movementTime }),
    ...(trigger.visit === 'dcc.visit.planned' && !visit.plannedStart && movementTime && { plannedStart: movementTime }),
    ...(trigger.visit === 'dcc.visit.closed' && !visit.end && movementTime && { end: movementTime }),
    ...(movement && { movement }),
  };
}

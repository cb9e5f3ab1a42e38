/** ADT messages to identity, merge and stay events (PAM France, specs FACTS D). */
import { PasserelleError, type DecodeResult, type DraftEvent, type IndexTerm } from '../../core/contract/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { readConsent } from './consent.ts';
import { authorityName, isUsedAs, matchAuthority, readCx, type KnownIdentifier } from './identifiers.ts';
import { isInsOid } from '../../core/model/index.ts';
import { readPatient, warnIncomplete, type PatientReading } from './patient.ts';
import { at, isUnconfigured, timeAt, type Reading } from './reading.ts';
import { triggerOf, type Trigger } from './triggers.ts';
import { oidOf } from './identifiers.ts';
import { said } from './values.ts';
import { readVisit, type Movement } from './visit.ts';

export type Decoded = Pick<DecodeResult, 'events' | 'terms'> & { readonly filtered?: boolean };

/** What every event of a message says of it. */
export function messageFacts(reading: Reading, trigger: string): { trigger: string; recordedAt?: string; originApplication?: string } {
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
  return trigger.relation ? decodeRelation(reading, code, trigger.relation) : decodeIdentity(reading, code, trigger);
}

function decodeIdentity(reading: Reading, code: string, trigger: Trigger): Decoded {
  const { patient, keys, terms } = readPatient(reading, reading.message.first('PID'));
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
  const visit = completeVisit(reading, readVisit(reading) ?? {}, trigger);
  return { events: [identity, { type: trigger.visit, ...time, keys, data: { ...common, visit } }], terms };
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

/** One event for each pair of identities: PID with the MRG after it, or with the next PID (link, unlink). */
function decodeRelation(reading: Reading, code: string, kind: NonNullable<Trigger['relation']>): Decoded {
  const pairs = kind === 'link' || kind === 'unlink' ? linkPairs(reading) : mergePairs(reading);
  const made = pairs.map(([pid, other]) => relationEvent(reading, code, kind, pid, other));
  return { events: made.map((one) => one.event), terms: made.flatMap((one) => one.terms) };
}

function mergePairs({ message }: Reading): readonly (readonly [Hl7Segment, Hl7Segment])[] {
  const pids = message.all('PID');
  const pairs = message.all('MRG').flatMap((mrg): (readonly [Hl7Segment, Hl7Segment])[] => {
    const pid = pids.findLast((one) => one.index < mrg.index);
    return pid ? [[pid, mrg]] : [];
  });
  if (!pids[0]) throw new PasserelleError('ERR_PATIENT_MISSING', { location: { hl7: 'PID' }, expected: 'a PID segment', found: 'none' });
  if (pairs.length === 0)
    throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: 'MRG' }, expected: 'an MRG segment after PID', found: 'none' });
  return pairs;
}

function linkPairs({ message }: Reading): readonly (readonly [Hl7Segment, Hl7Segment])[] {
  const [first, second] = message.all('PID');
  if (!first || !second)
    throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', {
      location: { hl7: 'PID[2]' },
      expected: 'two PID segments',
      found: first ? 'one' : 'none',
    });
  return [[first, second]];
}

interface Relation {
  readonly event: DraftEvent;
  readonly terms: readonly IndexTerm[];
}

function relationEvent(reading: Reading, code: string, kind: NonNullable<Trigger['relation']>, pid: Hl7Segment, other: Hl7Segment): Relation {
  const survivor = readPatient(reading, pid);
  const absorbed = absorbedId(reading, other, survivor);
  const surviving = survivingId(reading, survivor, absorbed);
  if (surviving.value === absorbed.value)
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', {
      location: { hl7: absorbed.at },
      expected: 'another identifier than that of PID-3',
      found: 'the same',
    });
  const domain = surviving.authority?.domain;
  const keys = domain ? [{ domain, value: absorbed.value }] : [];
  const data = {
    ...said({ surviving: surviving.value, absorbed: absorbed.value, authority: authorityName(surviving), domain }),
    patient: survivor.patient,
    kind,
    ...messageFacts(reading, code),
  };
  return {
    event: { type: 'dcc.identity.merged', ...happenedAt(reading), keys: [...survivor.keys, ...keys], data },
    terms: [...survivor.terms, ...keys.map((key) => ({ field: 'ipp' as const, value: `${key.domain}:${key.value}` }))],
  };
}

function absorbedId(reading: Reading, segment: Hl7Segment, survivor: PatientReading): KnownIdentifier {
  const field = segment.name === 'MRG' ? 1 : 3;
  const ids = segment
    .reps(field)
    .map((one) => matchAuthority(readCx(one, 'PI'), reading.settings))
    .filter((id) => id.value !== '' && !isInsOid(oidOf(id)));
  if (ids.length === 0)
    throw new PasserelleError('ERR_HL7_FIELD_MISSING', { location: { hl7: `${segment.name}-${field}` }, expected: 'an identifier', found: 'none' });
  const found = isUnconfigured(reading.settings)
    ? ids[0]
    : ids.find(
        (id) => isUsedAs(id, 'IPP') && survivor.identifiers.some((one) => one.authority?.domain === id.authority?.domain && isUsedAs(one, 'IPP')),
      );
  if (!found)
    throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', {
      location: { hl7: `${segment.name}-${field}` },
      expected: 'identifiers of one configured domain on both sides',
      found: `${ids.length} of other authorities`,
    });
  return found;
}

/** The identifier of the survivor in the domain of the absorbed one. */
function survivingId(reading: Reading, survivor: PatientReading, absorbed: KnownIdentifier): KnownIdentifier {
  const sameAuthority = (id: KnownIdentifier): boolean =>
    isUnconfigured(reading.settings)
      ? authorityName(id) === authorityName(absorbed)
      : isUsedAs(id, 'IPP') && id.authority?.domain === absorbed.authority?.domain;
  const found = survivor.identifiers.find(sameAuthority);
  if (!found)
    throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', {
      location: { hl7: 'PID-3' },
      expected: 'an identifier of the authority of the other one',
      found: 'none',
    });
  return found;
}

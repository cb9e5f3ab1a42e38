/**
 * What relates two patients (PAM France A40, A47, A24, A37, A44; specs FACTS D3). Each meaning has an event of its own: a destination
 * that does not know what an unlink is gets nothing, never a merge. Every key of both patients is named: the event is a barrier on both.
 */
import { PasserelleError, type DraftEvent, type IndexTerm } from '../../core/contract/index.ts';
import type { Visit } from '../../core/model/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { authorityName, isUsedAs, matchAuthority, readCx, type KnownIdentifier } from './identifiers.ts';
import { readPatient, readPrior, type PatientReading } from './patient.ts';
import { isUnconfigured, warn, type Reading } from './reading.ts';
import type { Relation } from './triggers.ts';
import { said } from './values.ts';

/** What every event of a message says of it. */
export interface MessageFacts {
  readonly trigger: string;
  readonly recordedAt?: string;
  readonly originApplication?: string;
}

interface Related {
  readonly events: readonly DraftEvent[];
  readonly terms: readonly IndexTerm[];
}

/** Throws as `readPatient`; ERR_HL7_SEGMENT_MISSING, ERR_HL7_FIELD_MISSING, ERR_HL7_FIELD_INVALID. */
export function decodeRelation(reading: Reading, relation: Relation, time: { time?: string }, facts: MessageFacts): Related {
  const made = relation === 'link' || relation === 'unlink' ? [linked(reading, relation, facts)] : merged(reading, relation, facts);
  const events = made.flatMap((one) => one.events.map(({ type, ...rest }) => ({ type, ...time, ...rest })));
  return { events, terms: made.flatMap(({ terms }) => terms) };
}

/** Both patients of a pair, with all that each is known by. */
const both = (one: PatientReading, other: PatientReading): Pick<DraftEvent, 'keys'> & Pick<Related, 'terms'> => ({
  keys: [...one.keys, ...other.keys.filter(({ domain, value }) => !one.keys.some((key) => key.domain === domain && key.value === value))],
  terms: [...one.terms, ...other.terms],
});

/** A24, A37: two PIDs. Their numbers may be of different domains: that is what links are for. */
function linked(reading: Reading, relation: 'link' | 'unlink', facts: MessageFacts): Related {
  const [first, second] = reading.message.all('PID');
  if (!first || !second)
    throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', {
      location: { hl7: 'PID[2]' },
      expected: 'two PID segments',
      found: first ? 'one' : 'none',
    });
  const [one, other] = [readPatient(reading, first), readPatient(reading, second)];
  const names = new Set(namesOf(one));
  if (namesOf(other).every((name) => names.has(name))) throw same('PID[2]-3');
  const { keys, terms } = both(one, other);
  const type = relation === 'link' ? 'dcc.identity.linked' : 'dcc.identity.unlinked';
  return { events: [{ type, keys, data: { patients: [one.patient, other.patient], ...facts } }], terms };
}

const namesOf = ({ patient, identifiers }: PatientReading): readonly string[] => [
  ...identifiers.map((id) => `${authorityName(id)}:${id.value}`),
  ...(patient.ins ? [`${patient.insOid}:${patient.ins}`] : []),
];

/** A40, A47, A44: each MRG with the PID before it. */
function merged(reading: Reading, relation: 'merge' | 'change-id' | 'reassign', facts: MessageFacts): readonly Related[] {
  const pids = reading.message.all('PID');
  if (!pids[0]) throw new PasserelleError('ERR_PATIENT_MISSING', { location: { hl7: 'PID' }, expected: 'a PID segment', found: 'none' });
  const pairs = reading.message.all('MRG').flatMap((mrg): (readonly [Hl7Segment, Hl7Segment])[] => {
    const pid = pids.findLast((one) => one.index < mrg.index);
    return pid ? [[pid, mrg]] : [];
  });
  if (pids.some((pid) => !pairs.some(([paired]) => paired === pid)))
    throw new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: 'MRG' }, expected: 'an MRG segment after PID', found: 'none' });
  return pairs.map(([pid, mrg]) => (relation === 'reassign' ? reassigned(reading, pid, mrg, facts) : absorbed(reading, pid, mrg, relation, facts)));
}

/** One event for each domain in which the two have different numbers. */
function absorbed(reading: Reading, pid: Hl7Segment, mrg: Hl7Segment, kind: 'merge' | 'change-id', facts: MessageFacts): Related {
  const [survivor, prior] = [readPatient(reading, pid), readPrior(reading, mrg)];
  if (survivor.patient.ins && prior.patient.ins && survivor.patient.ins !== prior.patient.ins)
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { hl7: 'MRG-1' }, expected: 'the INS of PID-3, or none', found: 'another one' });
  const { keys, terms } = both(survivor, prior);
  const events = numberPairs(reading, survivor, prior).map(([surviving, old]): DraftEvent => {
    const named = { surviving: surviving.value, absorbed: old.value, authority: authorityName(surviving), domain: surviving.authority?.domain };
    return { type: 'dcc.identity.merged', keys, data: { ...said(named), patient: survivor.patient, kind, ...facts } };
  });
  return { events, terms };
}

/** A44: the stay is in PID-18, or keeps the number it had in MRG-3. Which one moved is never guessed. */
function reassigned(reading: Reading, pid: Hl7Segment, mrg: Hl7Segment, facts: MessageFacts): Related {
  const [patient, from] = [readPatient(reading, pid), readPrior(reading, mrg)];
  numberPairs(reading, patient, from);
  const [now, before] = [stayNumber(reading, pid, 18), stayNumber(reading, mrg, 3)];
  const stay = now ?? before;
  if (!stay)
    throw new PasserelleError('ERR_HL7_FIELD_MISSING', { location: { hl7: 'MRG-3' }, expected: 'the number of the stay that moved', found: 'none' });
  if (!before) warn(reading, 'visit-number-before-missing', undefined, 'MRG-3');
  const visit: Visit = said({ id: stay.value, authority: authorityName(stay) });
  const former = before && before.value !== stay.value ? { formerVisitId: before.value } : {};
  const { keys, terms } = both(patient, from);
  return {
    events: [{ type: 'dcc.visit.reassigned', keys, data: { patient: patient.patient, from: from.patient, visit, ...former, ...facts } }],
    terms,
  };
}

function stayNumber(reading: Reading, segment: Hl7Segment, field: number): KnownIdentifier | undefined {
  const known = segment.reps(field).map((one) => matchAuthority(readCx(one, 'AN'), reading.settings));
  const sent = known.filter(({ value }) => value !== '');
  return sent.find((id) => isUsedAs(id, 'IEP')) ?? sent[0];
}

/** Numbers of the two in one domain, where they differ. Throws ERR_PATIENT_NO_IDENTIFIER without a common domain. */
function numberPairs(reading: Reading, survivor: PatientReading, prior: PatientReading): readonly (readonly [KnownIdentifier, KnownIdentifier])[] {
  const isUnknown = isUnconfigured(reading.settings);
  const domainOf = (id: KnownIdentifier): string => (isUnknown ? authorityName(id) : (id.authority?.domain ?? ''));
  const numbers = ({ identifiers, ipps }: PatientReading): readonly KnownIdentifier[] => (isUnknown ? identifiers : ipps);
  const pairs = new Map<string, readonly [KnownIdentifier, KnownIdentifier]>();
  for (const old of numbers(prior)) {
    const domain = domainOf(old);
    const kept = numbers(survivor).find((id) => domainOf(id) === domain);
    if (kept && !pairs.has(domain)) pairs.set(domain, [kept, old]);
  }
  if (pairs.size === 0)
    throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', {
      location: { hl7: 'MRG-1' },
      expected: 'identifiers of one configured domain on both sides',
      found: `${prior.identifiers.length} of other authorities`,
    });
  const differing = [...pairs.values()].filter(([kept, old]) => kept.value !== old.value);
  if (differing.length === 0) throw same('MRG-1');
  return differing;
}

const same = (hl7: string): PasserelleError =>
  new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7 }, expected: 'another identifier than that of PID-3', found: 'the same' });

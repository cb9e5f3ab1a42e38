/** Identity, merge and stay events to ADT of PAM France (specs FACTS D). */
import { PasserelleError } from '../../core/contract/index.ts';
import type { EventData, Visit } from '../../core/model/index.ts';
import { isOid } from './identifiers.ts';
import type { ConsentData } from './consent.ts';
import { triggerOf } from './triggers.ts';
import { toHl7Time } from './values.ts';
import { writeEvn, writeMsh, type SegmentOut, type Writing } from './write-header.ts';
import { ippAt, writeAroundPatient, writePid, writeStayNumber, writeXcn } from './write-patient.ts';

type IdentityData = EventData<'dcc.identity.updated'>;
type VisitData = EventData<'dcc.visit.opened'>;

/** MSH-9.3 where it is not that of the trigger itself (HL7 v2.5 chapter 3). */
const STRUCTURES: Readonly<Record<string, string>> = {
  A04: 'ADT_A01',
  A08: 'ADT_A01',
  A13: 'ADT_A01',
  Z99: 'ADT_A01',
  A14: 'ADT_A05',
  A28: 'ADT_A05',
  A31: 'ADT_A05',
  A07: 'ADT_A06',
  A11: 'ADT_A09',
  A22: 'ADT_A21',
  A25: 'ADT_A21',
  A26: 'ADT_A21',
  A27: 'ADT_A21',
  A40: 'ADT_A39',
  A47: 'ADT_A30',
  A44: 'ADT_A43',
  A53: 'ADT_A52',
  A55: 'ADT_A52',
};

export function adtHeader(writing: Writing, trigger: string): SegmentOut {
  const { adtVersion, adtConformance } = writing.profile.writing;
  return writeMsh(writing, { type: ['ADT', trigger, STRUCTURES[trigger] ?? `ADT_${trigger}`], version: adtVersion, conformance: adtConformance });
}

/** A28 stays a creation; anything else that told an identity is an update. */
export function writeIdentity(writing: Writing, data: IdentityData): readonly SegmentOut[] {
  const { before, after } = writeAroundPatient(writing, data.patient);
  return [
    adtHeader(writing, data.trigger === 'A28' ? 'A28' : 'A31'),
    writeEvn(writing, data.recordedAt),
    writePid(writing, data.patient, ippAt(data.patient, writing.context.settings)),
    ...before,
    ['PV1', { 1: '1', 2: 'N' }],
    ...writeConsent(data.consent),
    ...after,
  ];
}

const DEFAULT_TRIGGERS: Readonly<Record<string, string>> = {
  'dcc.visit.planned': 'A05',
  'dcc.visit.opened': 'A01',
  'dcc.visit.moved': 'A02',
  'dcc.visit.closed': 'A03',
  'dcc.visit.updated': 'Z99',
};
const CANCELS: Readonly<Record<string, string>> = { A01: 'A11', A04: 'A11', A02: 'A12', A03: 'A13', A05: 'A38' };

/** The trigger it came with where it says this event; else the ordinary one. */
function visitTrigger(type: string, data: VisitData): string {
  const own = data.trigger !== undefined && data.trigger !== 'A08' ? triggerOf(data.trigger) : undefined;
  if (own?.visit === type && data.trigger) return data.trigger;
  const trigger = type === 'dcc.visit.cancelled' ? CANCELS[data.visit.movement?.originalEvent ?? ''] : DEFAULT_TRIGGERS[type];
  if (!trigger) throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'the movement that is cancelled', found: 'none' });
  return type === 'dcc.visit.opened' && (data.visit.class === 'O' || data.visit.class === 'E') ? 'A04' : trigger;
}

export function writeVisitEvent(writing: Writing, type: string, data: VisitData): readonly SegmentOut[] {
  const { before, after } = writeAroundPatient(writing, data.patient);
  const { visit } = data;
  const hasPlan = visit.plannedStart !== undefined || visit.plannedEnd !== undefined;
  return [
    adtHeader(writing, visitTrigger(type, data)),
    writeEvn(writing, data.recordedAt, visit.movement?.start),
    writePid(writing, data.patient, ippAt(data.patient, writing.context.settings), visit),
    ...before,
    writePv1(visit),
    ...(hasPlan ? [['PV2', { 8: toHl7Time(visit.plannedStart), 9: toHl7Time(visit.plannedEnd) }] as const] : []),
    ...writeZbe(writing, visit),
    ...writeConsent(data.consent),
    ...after,
  ];
}

export function writePv1(visit: Visit): SegmentOut {
  return [
    'PV1',
    {
      1: '1',
      2: visit.class ?? 'N',
      3: visit.location?.split('/'),
      5: writeStayNumber(visit.preAdmissionId, visit.authority, 'AN'),
      7: writeXcn(visit.attendingRpps),
      19: writeStayNumber(visit.venue ?? visit.id, visit.authority, 'VN'),
      44: toHl7Time(visit.start),
      45: toHl7Time(visit.end),
    },
  ];
}

/** A movement is never made up: without one of the source there is no ZBE. */
function writeZbe({ profile }: Writing, { movement }: Visit): readonly SegmentOut[] {
  if (!movement) return [];
  const unit = (code: string | undefined): (string | undefined)[] | undefined =>
    code === undefined ? undefined : [undefined, undefined, undefined, undefined, undefined, undefined, 'UF', undefined, undefined, code];
  const [medical, nursing] = profile.writing.unitsSwapped ? [8, 7] : [7, 8];
  const { authority } = movement;
  return [
    [
      'ZBE',
      {
        1: authority && isOid(authority) ? [movement.id, undefined, authority, 'ISO'] : [movement.id, authority],
        2: toHl7Time(movement.start),
        4: movement.action,
        5: movement.historic === undefined ? undefined : movement.historic ? 'Y' : 'N',
        6: movement.originalEvent,
        [medical]: unit(movement.medicalUnit),
        [nursing]: unit(movement.nursingUnit),
        9: movement.nature,
      },
    ],
  ];
}

export function writeConsent(consent: ConsentData | undefined): readonly SegmentOut[] {
  if (!consent) return [];
  return [
    [
      'ZFA',
      {
        1: consent.dmpStatus,
        9: consent.dmpFeedOpposition,
        10: toHl7Time(consent.dmpFeedAt),
        11: consent.dmpReadConsent,
        12: toHl7Time(consent.dmpReadAt),
      },
    ],
  ];
}

/** What relates two patients, to ADT of PAM France: A40 and A47, A24 and A37, A44 (specs FACTS D3). */
import { PasserelleError } from '../../core/contract/index.ts';
import type { EventData } from '../../core/model/index.ts';
import { adtHeader } from './write-adt.ts';
import { writeEvn, type SegmentOut, type Writing } from './write-header.ts';
import { ippAt, ippInDomain, unknownThere, writeCx, writePid, writeStayNumber, type DestinationIpp } from './write-patient.ts';

/** The survivor in PID, the absorbed number in MRG. Throws ERR_DESTINATION_UNKNOWN_PATIENT. */
export function writeMerge(writing: Writing, data: EventData<'dcc.identity.merged'>): readonly SegmentOut[] {
  const { settings } = writing.context;
  const surviving = ippInDomain(data.surviving, data.domain, data.authority, settings);
  const absorbed = ippInDomain(data.absorbed, data.domain, data.authority, settings);
  return [
    adtHeader(writing, data.kind === 'change-id' ? 'A47' : 'A40'),
    writeEvn(writing, data.recordedAt),
    data.patient ? writePid(writing, data.patient, surviving) : ['PID', { 1: '1', 3: writeCx(surviving.value, surviving.authority, surviving.type) }],
    ['MRG', { 1: writeCx(absorbed.value, absorbed.authority, absorbed.type) }],
  ];
}

/** Two PIDs, whole: a destination that does not know both is not told of one. Throws ERR_DESTINATION_UNKNOWN_PATIENT, ERR_ENCODE_UNSUPPORTED. */
export function writeLink(
  writing: Writing,
  trigger: 'A24' | 'A37',
  { patients, recordedAt }: EventData<'dcc.identity.linked'>,
): readonly SegmentOut[] {
  const known = patients.map((patient) => ippAt(patient, writing.context.settings));
  checkDiffer(known);
  const pids = patients.map((patient, i): SegmentOut => {
    const [name, fields] = writePid(writing, patient, known[i]);
    return [name, { ...fields, 1: String(i + 1) }];
  });
  return [adtHeader(writing, trigger), writeEvn(writing, recordedAt), ...pids];
}

/** The stay under the patient it belongs to; MRG says whose it was, and its number then. Throws as `writeLink`. */
export function writeReassigned(writing: Writing, data: EventData<'dcc.visit.reassigned'>): readonly SegmentOut[] {
  const { patient, from, visit, formerVisitId } = data;
  const { settings } = writing.context;
  const [now, before] = [ippAt(patient, settings), ippAt(from, settings)];
  if (!before) throw unknownThere();
  checkDiffer([now, before]);
  const number = writeStayNumber(formerVisitId ?? visit.id, visit.authority, 'AN');
  return [
    adtHeader(writing, 'A44'),
    writeEvn(writing, data.recordedAt),
    writePid(writing, patient, now, visit),
    ['MRG', { 1: writeCx(before.value, before.authority, before.type), 3: number }],
  ];
}

/** One number at the destination for what are two patients here: nothing that it could be told is true. */
function checkDiffer([one, other]: readonly (DestinationIpp | undefined)[]): void {
  if (one && one.value === other?.value)
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'two patients of the destination', found: 'one number for both' });
}

/** The stay: PV1, PV2 and the movement of ZBE (specs FACTS D3, D4). */
import { PasserelleError } from '../../core/contract/index.ts';
import type { Visit } from '../../core/model/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { authorityName, isUsedAs, matchAuthority, readCx, readEi, type KnownIdentifier } from './identifiers.ts';
import { pickProfessional } from './professionals.ts';
import { at, timeAt, warn, type Reading } from './reading.ts';
import { clean, said, toIsoTime } from './values.ts';

export type Movement = NonNullable<Visit['movement']>;
const ACTIONS = new Set(['INSERT', 'UPDATE', 'CANCEL']);

/** `undefined` when the message says nothing of a stay. Throws ERR_HL7_MOVEMENT_SHIFTED. */
export function readVisit(reading: Reading): Visit | undefined {
  const { message } = reading;
  const movement = readMovement(reading);
  const preAdmission = readNumber(reading, 'PV1', 5, 'AN');
  const { id, venue } = readStayNumbers(reading, preAdmission);
  const doctor = pickProfessional(reading, message.first('PV1')?.reps(7) ?? [], 'PV1-7');
  const visit: Visit = {
    ...said({
      id: id?.value,
      authority: id && authorityName(id),
      venue: venue?.value,
      preAdmissionId: preAdmission?.value,
      class: at(reading, 'PV1-2'),
      uf: movement?.medicalUnit,
      location: ['PV1-3.1', 'PV1-3.2', 'PV1-3.3']
        .map((path) => at(reading, path))
        .join('/')
        .replace(/\/+$/, ''),
      start: timeAt(reading, 'PV1-44.1'),
      end: timeAt(reading, 'PV1-45.1'),
      plannedStart: timeAt(reading, 'PV2-8.1'),
      plannedEnd: timeAt(reading, 'PV2-9.1'),
      attendingRpps: doctor?.rpps,
    }),
    ...(movement && { movement }),
  };
  return Object.keys(visit).length > 0 ? visit : undefined;
}

function readNumber(reading: Reading, segment: 'PID' | 'PV1', field: number, defaultType: string): KnownIdentifier | undefined {
  const sent = (reading.message.first(segment)?.reps(field) ?? []).map((one) => readCx(one, defaultType)).filter((id) => id.value !== '');
  if (field !== 5) for (const id of sent) if (!id.type) warn(reading, 'visit-number-without-type', undefined, `${segment}-${field}.5`);
  const known = sent.map((id) => matchAuthority(id, reading.settings));
  return known.find((id) => isUsedAs(id, 'IEP')) ?? known[0];
}

/** The number of a pre-admission opens no stay; a visit number beside the file number is the `venue`. */
function readStayNumbers(reading: Reading, preAdmission: KnownIdentifier | undefined): { id?: KnownIdentifier; venue?: KnownIdentifier } {
  const numbers = reading.dialect.visitIdFields
    .map((field) => (field === 'PID-18' ? readNumber(reading, 'PID', 18, 'AN') : readNumber(reading, 'PV1', 19, 'VN')))
    .filter((number) => number !== undefined)
    .filter((number) => number.value !== preAdmission?.value);
  const ofSite = numbers.filter((number) => isUsedAs(number, 'IEP'));
  const [id, venue] = ofSite.length > 0 ? ofSite : numbers;
  return { ...(id && { id }), ...(venue && venue.value !== id?.value && { venue }) };
}

function readMovement(reading: Reading): Movement | undefined {
  const zbe = reading.message.first('ZBE');
  if (!zbe) return undefined;
  checkShape(reading, zbe);
  const ids = zbe.reps(1).map((field) => matchAuthority(readEi(field), reading.settings));
  // One id for each application: the one of the sender's own authority.
  const id = ids.find((one) => isUsedAs(one, 'MOVEMENT')) ?? ids[0];
  const [medical, nursing] = reading.dialect.unitsSwapped ? [8, 7] : [7, 8];
  const historic = clean(zbe.get('5'));
  return said({
    id: id?.value,
    authority: id && authorityName(id),
    action: clean(zbe.get('4')) as Movement['action'],
    originalEvent: clean(zbe.get('6')),
    historic: historic === 'Y' ? true : historic === 'N' ? false : undefined,
    start: toIsoTime(zbe.get('2')),
    nature: clean(zbe.get('9')),
    medicalUnit: clean(zbe.get(`${medical}.10`)),
    nursingUnit: clean(zbe.get(`${nursing}.10`)),
  });
}

/** Messages whose ZBE is shifted by one field exist (specs FACTS C): ZBE-2 is a time, ZBE-4 an action, or a person looks at it. */
function checkShape(reading: Reading, zbe: Hl7Segment): void {
  const [start, reserved, action, historic] = ['2.1', '3.1', '4.1', '5.1'].map((path) => clean(zbe.get(path))) as [string, string, string, string];
  const fault = (field: number, expected: string): PasserelleError =>
    new PasserelleError('ERR_HL7_MOVEMENT_SHIFTED', { location: { hl7: `ZBE-${field}` }, expected, found: 'something else' });
  if (start && !toIsoTime(start)) throw fault(2, 'a date and time');
  if (ACTIONS.has(reserved)) throw fault(3, 'nothing: the action stands in ZBE-4');
  if (action ? !ACTIONS.has(action) : ACTIONS.has(historic)) throw fault(4, 'INSERT, UPDATE or CANCEL');
  if (historic && historic !== 'Y' && historic !== 'N') throw fault(5, 'Y or N');
  if (reserved) warn(reading, 'movement-field-3-filled', undefined, 'ZBE-3');
  if (!action) warn(reading, 'movement-action-missing', undefined, 'ZBE-4');
}

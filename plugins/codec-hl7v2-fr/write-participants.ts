/** PRT segments after a document: sender, recipients, reply-to, in this order (specs FACTS A3). */
import type { EventData, Patient } from '../../core/model/index.ts';
import type { Hl7Value } from '../codec-hl7v2/index.ts';
import { insNamespace } from '../../core/model/index.ts';
import type { Guide } from './guides.ts';
import type { ParticipantData } from './participants.ts';
import { ORGANISATION_OID, PROFESSIONAL_OID, toFiness } from './professionals.ts';
import { textSetting, type SegmentOut, type Writing } from './write-header.ts';
import { qualifiedIns } from './write-patient.ts';

type DocumentEvent = EventData<'dcc.document.received'>;

const ROLES: readonly (readonly [ParticipantData['role'], string, string])[] = [
  ['sender', 'SB', 'Send by'],
  ['recipient', 'RCT', 'Result Copies To'],
  ['reply-to', 'REPLY', 'Reply To'],
];

/** Towards care software the sender's mailbox is required (specs FACTS B): the one of the settings where the document names none. */
export function writeParticipants(writing: Writing, data: DocumentEvent, guide: Guide): readonly SegmentOut[] {
  const named = data.document.participants ?? [];
  const mailbox = guide.audience === 'care-software' ? textSetting(writing, 'senderMail') : undefined;
  const participants = named.some(({ role }) => role === 'sender') ? named : [...senderOf(data, mailbox), ...named];
  return ROLES.flatMap(([role, code, label]) =>
    participants
      .filter((one) => one.role === role)
      .flatMap((one): SegmentOut[] => {
        const person = one.isPatient ? writePatientXcn(writing, data.patient) : writePerson(one);
        // A recipient who is the patient is named by the INS: not qualified, nothing is sent to that mailbox.
        if (one.isPatient && !person) return [];
        const mail = one.mail ?? (role === 'sender' ? mailbox : undefined);
        return [['PRT', { 2: 'UC', 4: writeRole(guide, code, label), 5: person, 8: writeOrganisation(one.organization), 15: writeMail(mail) }]];
      }),
  );
}

/** Nobody is said to send it: its author does, for the organisation that keeps it. */
function senderOf({ authorRpps, document }: DocumentEvent, mailbox: string | undefined): readonly ParticipantData[] {
  if (!authorRpps && !document.custodian && !mailbox) return [];
  return [{ role: 'sender', ...(authorRpps && { rpps: authorRpps }), ...(document.custodian && { organization: document.custodian }) }];
}

/** Version 1.2 writes the code alone. */
const writeRole = ({ roleSystem }: Guide, code: string, label: string): Hl7Value => (roleSystem ? [code, label, roleSystem] : code);

const blanks = (count: number): undefined[] => Array<undefined>(count).fill(undefined);

function writePerson({ rpps, family, given }: ParticipantData): Hl7Value {
  if (!rpps && !family) return undefined;
  const national = rpps ? [['ASIP-SANTE-PS', PROFESSIONAL_OID, 'ISO'], 'D', undefined, undefined, 'IDNPS'] : [];
  return [rpps && `8${rpps}`, family, given, ...blanks(5), ...national];
}

function writePatientXcn(writing: Writing, patient: Patient): Hl7Value {
  const ins = qualifiedIns(patient, writing);
  return (
    ins && [
      ins.number,
      patient.birthName ?? '',
      patient.firstGivenName,
      ...blanks(5),
      [insNamespace(ins.oid), ins.oid, 'ISO'],
      'L',
      undefined,
      undefined,
      'INS',
    ]
  );
}

/** An establishment by its FINESS; a unit by its code, under the FINESS it belongs to. */
function writeOrganisation(organisation: ParticipantData['organization']): Hl7Value {
  if (!organisation) return undefined;
  const { name, finess, id } = organisation;
  const isEstablishment = id === undefined || toFiness(id) === finess;
  if (finess && isEstablishment)
    return [name, ...blanks(4), ['ASIP-SANTE-ST', ORGANISATION_OID, 'ISO'], 'FINEG', undefined, undefined, id ?? `1${finess}`];
  return [name, ...blanks(4), finess, finess ? 'UF' : undefined, undefined, undefined, id];
}

const writeMail = (mail: string | undefined): Hl7Value => mail && [undefined, undefined, 'X.400', mail];

/** PRT segments (pre-adopted from HL7 2.9) and the author: who sends, who receives, who answers (specs FACTS A3, C). */
import type { Static } from 'typebox';
import type { CdaHeader } from '../../core/contract/index.ts';
import type { Participant } from '../../core/model/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { isInsOid } from '../../core/model/index.ts';
import { pickProfessional, PROFESSIONAL_OID, readXon, toFiness, toRpps } from './professionals.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export type ParticipantData = Static<typeof Participant>;

/** Matched on PRT-4.1 alone: the label varies. */
const ROLES: Readonly<Record<string, ParticipantData['role']>> = { SB: 'sender', RCT: 'recipient', REPLY: 'reply-to' };
/** More recipients than this is a mailing list by mistake: the rest is not read. */
const PARTICIPANT_LIMIT = 200;

/**
 * `ins`: number of the patient of the message. A patient recipient of another number loses its address, with a warning: the mailbox of
 * somebody else must never be written to.
 */
export function readParticipants(reading: Reading, segments: readonly Hl7Segment[], ins: string | null | undefined): readonly ParticipantData[] {
  return segments.slice(0, PARTICIPANT_LIMIT).flatMap((prt): ParticipantData[] => {
    const role = ROLES[clean(prt.get('4.1')).toUpperCase()];
    if (!role) return [];
    const isPatient = isInsOid(clean(prt.get('5.9.2')) || clean(prt.get('5.9.1')));
    const [organization, ...others] = prt
      .reps(8)
      .map((each) => readXon(each, role === 'recipient'))
      .filter((one) => Object.keys(one).length > 0);
    const isSomebodyElse = isPatient && clean(prt.get('5.1')) !== ins;
    if (isSomebodyElse) warn(reading, 'recipient-not-the-patient', undefined, `PRT[${prt.occurrence}]-5`);
    const person = isPatient ? undefined : pickProfessional(reading, prt.reps(5), `PRT[${prt.occurrence}]-5`);
    return [
      {
        role,
        ...person,
        ...(organization && { organization }),
        ...(isPatient && { isPatient }),
        ...said({ mail: isSomebodyElse ? undefined : readMail(prt, 15) }),
      },
      // Each of them is a destination (SAFETY B6); the mailbox is of the first.
      ...(role === 'recipient' ? others.map((other) => ({ role, organization: other })) : []),
    ];
  });
}

/** XTN: the address in component 4; in 1 by the custom of before. */
export function readMail(segment: Hl7Segment, field: number): string {
  const [first, fourth] = [clean(segment.get(`${field}.1`)), clean(segment.get(`${field}.4`))];
  return fourth || (first.includes('@') ? first : '');
}

/** Establishments the recipients belong to: where the document is meant to go (SAFETY B6). */
export function destinationsOf(participants: readonly ParticipantData[]): readonly string[] {
  const finess = participants.filter((one) => one.role === 'recipient').map((one) => one.organization?.finess);
  return [...new Set(finess.filter((one) => one !== undefined))];
}

/** RPPS of a CDA author. */
export const cdaAuthorRpps = (reading: Reading, cda: CdaHeader | undefined): string | undefined => {
  const id = cda?.author?.ids.find((one) => one.root === PROFESSIONAL_OID)?.extension;
  return id ? toRpps(reading, id, 'ClinicalDocument/author') : undefined;
};

export type Custodian = { readonly name?: string; readonly finess?: string; readonly id?: string };

/** The organisation that keeps the document: who may delete it (SAFETY B4). */
export function readCustodian(cda: CdaHeader | undefined): Custodian | undefined {
  if (!cda?.custodian) return undefined;
  const id = cda.custodian.ids.find((one) => one.extension)?.extension;
  const custodian = said({ name: cda.custodian.name, finess: id && toFiness(id), id });
  return Object.keys(custodian).length > 0 ? custodian : undefined;
}

/** The patient as the record reads one. The INS leaves only when qualified, and no other national number ever does (SAFETY A4). */
import type { Patient } from 'passerelle/model';
import { authorityOf, NATIONAL_NUMBER, said } from './contract.ts';
import { isInsOid, isSendableIns } from 'passerelle/model';

export function writePatient(patient: Patient, withContact: boolean): object {
  const { ipp, ippAuthority, otherIds = [] } = patient;
  const identifiers = [
    ...(ipp && ippAuthority ? [{ value: ipp, authority: ippAuthority, type: 'PI' }] : []),
    ...otherIds.filter(
      ({ type, authority }) => authority && !isInsOid(authority) && !authority.startsWith('ASIP-SANTE-INS') && !NATIONAL_NUMBER.test(type ?? ''),
    ),
  ].map(({ value, authority, type }) => said({ value, authority: authorityOf(authority ?? ''), type }));
  const { identityStatus, identityFlags, automaticFiling, updatedAt, qualification, deceased, deceasedAt, lunarBirthDate } = patient;
  return said({
    identifiers,
    ins: insOf(patient),
    identityStatus,
    identityFlags,
    automaticFiling,
    updatedAt,
    qualification,
    traits: said({
      birthName: patient.birthName,
      usedName: patient.usedName,
      nameAsSent: patient.nameAsSent,
      birthGivenNames: patient.birthGivenNames,
      firstGivenName: patient.firstGivenName,
      usedGivenName: patient.usedGivenName,
      sex: patient.sex,
      birthDate: patient.birthDate,
      birthPlaceCog: patient.birthPlaceCog,
      birthPlaceText: patient.birthPlaceText,
      lunarBirthDate,
    }),
    deceased,
    deceasedAt,
    ...(withContact && said({ address: patient.address, phones: patient.phones, email: patient.email })),
    treatingDoctor: patient.treatingDoctor,
  });
}

/** `null` passes on that the sender said there is none. */
function insOf(patient: Patient): object | null | undefined {
  if (patient.ins === null) return null;
  return isSendableIns(patient) ? { value: patient.ins, oid: patient.insOid } : undefined;
}

/** The patient as the record reads one. The INS leaves only when qualified, and no other national number ever does (SAFETY A4). */
import type { Patient } from 'passerelle/model';
import { authorityOf, NATIONAL_NUMBER, said } from './contract.ts';
import { isInsOid } from 'passerelle/model';

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

/** Qualified: a valid number and OID on an identity whose own status does not say less. `null` passes on that the sender said there is none. */
function insOf({ ins, insOid, insStatus, identityStatus = 'QUAL' }: Patient): object | null | undefined {
  if (ins === null) return null;
  return ins && insOid && insStatus === 'VALI' && identityStatus === 'QUAL' ? { value: ins, oid: insOid } : undefined;
}

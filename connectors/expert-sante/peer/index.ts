/** Simulator of Expert Santé: a care record on the web, whose page posts the form of its dialect to the relay of the site. It speaks no messages yet. */
import { definePagesPeer, type CareRecord, type CareUser, type PeerForm, type SyntheticPerson } from 'passerelle/contract';

const FINESS = '990003030';

const EXPERT_SANTE: CareRecord = {
  product: 'Expert Santé',
  patients: [1, 3, 6, 7],
  users: [
    { login: 'lessai', rpps: '99700700059', profile: 'MEDECIN', shown: 'ESSAI Lou, médecin' },
    { login: 'nessai', profile: 'SECRETAIRE', shown: 'ESSAI Noa, secrétaire' },
  ],
  ippOf: (number) => String(770_000 + number).padStart(8, '0'),
  namespace: 'EXPERTSANTE',
  // Its dialect opens only.
  creates: false,
  callOf: formOf,
};

/** Windows-1252 under the label of ISO-8859-1. No name of the demonstration needs more than Latin-1. */
function formOf(ipp: string, person: SyntheticPerson, { login, rpps, profile }: CareUser): PeerForm {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['etab', FINESS],
    ['dpi', EXPERT_SANTE.namespace],
    ['user', login],
    ['rpps', rpps],
    ['profil', profile],
    ['ipp', ipp],
    ['nomUsuel', person.usedName],
    ['nomNaissance', person.birthName],
    ['prenom', person.firstGivenName],
    ['prenoms', person.givenNames],
    ['ddn', person.birthDate.replaceAll('-', '')],
    ['sexe', person.sex],
    ['lieuNaissance', person.birthPlaceCog],
    ['ins', person.ins],
    ['oidIns', person.insOid],
    ['statutIns', 'VALI'],
    ['action', 'ouvrir'],
    ['retour', 'fermer'],
  ];
  const form = pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encoded(value)}`])).join('&');
  return { form, contentType: 'application/x-www-form-urlencoded; charset=ISO-8859-1' };
}

const encoded = (text: string): string =>
  Array.from(Buffer.from(text, 'latin1'), (byte) => {
    const sign = String.fromCodePoint(byte);
    return /[A-Za-z0-9.-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

export const peer = definePagesPeer('expert-sante', (request, world) => world.careRecord(request, EXPERT_SANTE));

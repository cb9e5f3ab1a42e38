/** The messages DxCare sends, in its dialect: PAM 2.5 and ORU 2.5 in ISO-8859-1, MDM 2.6 in UTF-8, used name before birth name. */
import type { PeerMessage, PeerWorld } from 'passerelle/contract';
import { ESTABLISHMENT, INS_TEST_OID, IPP_AUTHORITY, STAY_AUTHORITY } from './authorities.ts';
import { stamp } from './hl7.ts';
import type { HeldPatient } from './state.ts';

const authority = ({ namespace, oid }: { namespace: string; oid: string }): string => `${namespace}&${oid}&ISO`;
const IPP = authority(IPP_AUTHORITY);
const STAY = authority(STAY_AUTHORITY);
const UNIT = `4412^^^CHE&${ESTABLISHMENT.finess}&M`;
const AUTHOR = '99700700018^TESTMED^CAMILLE^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS';

interface Kind {
  /** `ADT^A28^ADT_A05`. */
  readonly type: string;
  readonly version: string;
  readonly charset: 'latin1' | 'utf8';
  readonly profile?: string;
}
const pam = (type: string): Kind => ({ type, version: '2.5^FRA^2.11', charset: 'latin1', profile: '2.11^IHE_FRANCE-2.11-PAM' });

export function message(kind: Kind, segments: readonly string[], world: PeerWorld): PeerMessage {
  const controlId = world.newId();
  const charset = kind.charset === 'latin1' ? '8859/1' : 'UNICODE UTF-8';
  const header = ['MSH', '^~\\&', 'DXCARE', 'CHE', 'PASSERELLE', 'DCC', stamp(world.now()), '', kind.type, controlId, 'T', kind.version];
  const msh = [...header, '', '', '', '', 'FRA', charset, kind.charset === 'latin1' ? 'FR' : '', '', kind.profile ?? '']
    .join('|')
    .replace(/\|+$/, '');
  return {
    controlId,
    type: kind.type.split('^').slice(0, 2).join('^'),
    bytes: Buffer.from(`${[msh, ...segments].join('\r')}\r`, kind.charset),
  };
}

/** @param stay adds the administrative file (PID-18). */
export function pid(patient: HeldPatient, world: PeerWorld, stay = true): string {
  const { ipp, person } = patient;
  const fields: string[] = Array.from({ length: 34 }, () => '');
  fields[0] = 'PID';
  fields[1] = '1';
  fields[3] = `${ipp}^^^${IPP}^PI~${person.ins}^^^ASIP-SANTE-INS-NIR&${INS_TEST_OID}&ISO^INS`;
  const names = [`${person.birthName}^${person.firstGivenName}^${person.givenNames}^^^^L`];
  if (person.usedName !== person.birthName) names.unshift(`${person.usedName}^${person.firstGivenName}^^^^^D`);
  fields[5] = names.join('~');
  fields[7] = person.birthDate.replaceAll('-', '');
  fields[8] = person.sex;
  fields[11] = `12 RUE DES TANNEURS^^VILLE-FICTIVE^^33000^FRA^H~^^^^^^BDL^^${person.birthPlaceCog}`;
  if (stay) fields[18] = `${patient.stay}^^^${STAY}^AN`;
  fields[32] = 'VALI';
  fields[33] = stamp(world.now());
  return fields.join('|');
}

const evn = (world: PeerWorld): string => `EVN||${stamp(world.now())}||||${stamp(world.now())}`;
const pv1 = (patientClass: string, stay: string): string =>
  ['PV1', '1', patientClass, UNIT, ...Array.from({ length: 15 }, () => ''), `${stay}^^^${STAY}^VN`].join('|');

export const newIdentity = (patient: HeldPatient, world: PeerWorld): PeerMessage =>
  message(pam('ADT^A28^ADT_A05'), [evn(world), pid(patient, world, false), 'PV1|1|N'], world);

export const changedIdentity = (patient: HeldPatient, world: PeerWorld): PeerMessage =>
  message(pam('ADT^A31^ADT_A05'), [evn(world), pid(patient, world, false), 'PV1|1|N'], world);

export function admission(patient: HeldPatient, movement: number, world: PeerWorld): PeerMessage {
  const unit = 'ONCOLOGIE^^^^^CHE&990001018&N^UF^^^4412';
  const zbe = `ZBE|${movement}^${STAY_AUTHORITY.namespace}^${STAY_AUTHORITY.oid}^ISO|${stamp(world.now())}||INSERT|N||${unit}|${unit}|HMS`;
  return message(pam('ADT^A01^ADT_A01'), [evn(world), pid(patient, world), pv1('I', patient.stay), zbe], world);
}

export const merged = (surviving: HeldPatient, absorbed: string, world: PeerWorld): PeerMessage =>
  message(pam('ADT^A40^ADT_A39'), [evn(world), pid(surviving, world, false), `MRG|${absorbed}^^^${IPP}^PI`], world);

export interface Letter {
  readonly order: string;
  readonly code: string;
  readonly label: string;
  readonly pdf: Uint8Array;
}

/** A PDF under a code of DxCare's own list. */
export function letter(patient: HeldPatient, { order, code, label, pdf }: Letter, world: PeerWorld): PeerMessage {
  const at = stamp(world.now());
  const coded = `${code}^${label}^DXC-TYPDOC`;
  const obr = [
    'OBR',
    '1',
    `${order}^DXCARE`,
    '',
    coded,
    '',
    '',
    at,
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    AUTHOR,
    '',
    '',
    '',
    '',
    '',
    at,
    '',
    'ONC',
    'F',
  ].join('|');
  const obx = ['OBX', '1', 'ED', coded, '1', `^application^pdf^Base64^${Buffer.from(pdf).toString('base64')}`, '', '', '', '', '', 'F'].join('|');
  const segments = [pid(patient, world), pv1('I', patient.stay), `ORC|NW|${order}^DXCARE`, obr, obx];
  return message({ type: 'ORU^R01^ORU_R01', version: '2.5', charset: 'latin1' }, segments, world);
}

export interface ClinicalDocument {
  readonly id: string;
  readonly replaces?: string;
  readonly code: string;
  readonly title: string;
  readonly cda: Uint8Array;
}

/** Ten flags towards a platform (specs FACTS A4): nothing hidden, mail to professionals. */
const FLAGS = [
  ['MASQUE_PS', 'N'],
  ['INVISIBLE_PATIENT', 'N'],
  ['INVISIBLE_REP_LEGAUX', 'N'],
  ['CONNEXION_SECRETE', 'N'],
  ['MODIF_CONF_CODE', 'N'],
  ['DESTDMP', 'N'],
  ['DESTMSSANTEPS', 'Y'],
  ['DESTMSSANTEPAT', 'N'],
  ['ACK_RECEPTION', 'N'],
  ['ACK_LECTURE_MSS', 'N'],
] as const;

/** A CDA in the national profile (MDM^T02, or T10 when it replaces another). */
export function clinicalDocument(patient: HeldPatient, document: ClinicalDocument, world: PeerWorld): PeerMessage {
  const { id, replaces, code, title, cda } = document;
  const at = stamp(world.now());
  const coded = `${code}^${title}^LN`;
  const txa = ['TXA', '1', code, 'TEXT', at, '', '', '', '', '', '', '', id, replaces ?? '', '', '', '', 'AU'].join('|');
  const status = replaces ? 'C' : 'F';
  const obx = ['OBX', '1', 'ED', coded, '', `^text^XML^Base64^${Buffer.from(cda).toString('base64')}`, '', '', '', '', '', status].join('|');
  const organisation = `${ESTABLISHMENT.name}^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEG^^^1${ESTABLISHMENT.finess}`;
  const author = '899700700018^TESTMED^CAMILLE^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS';
  const segments = [
    `EVN||${at}`,
    pid(patient, world),
    pv1('I', patient.stay),
    `ORC|${replaces ? 'RO' : 'NW'}`,
    `OBR|1|||${coded}`,
    txa,
    obx,
    `PRT||UC||SB^Send by^participation|${author}|||${organisation}`,
    ...FLAGS.map(([flag, value], index) => `OBX|${index + 2}|CWE|${flag}^${flag}^MetaDMPMSS||${value}^^expandedYes-NoIndicator||||||F`),
  ];
  return message(
    { type: `MDM^${replaces ? 'T10' : 'T02'}^MDM_T02`, version: '2.6', charset: 'utf8', profile: '2.1^CISIS_CDA_HL7_V2' },
    segments,
    world,
  );
}

/** What each message of `specs/hl7v2` must give without settings, decided from the guides (specs FACTS A to G, SAFETY A and B). */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Translation } from '../../core/lanes/translation.ts';
import { sharedFolder } from './translating.ts';

export interface Official {
  readonly decision: string;
  readonly error?: string;
  readonly types?: string;
  /** MSA-1 of the answer, `none` where there is none. */
  readonly ack: string;
  /** `patient.ins`, `document.canonicalType`... in any event of the message. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
}

export const officialFolder = path.join(sharedFolder, 'specs', 'hl7v2');

const ACK: Official = {
  decision: 'accept-with-warning',
  types: 'dcc.document.delivered',
  ack: 'none',
  facts: { originalMessageId: '015', ack: 'AA' },
};
const ORDER: Official = { decision: 'reject', error: 'ERR_HL7_TYPE_UNSUPPORTED', ack: 'AR' };
/** A sentence stands where the CDA should be: no document, and no guess about it. */
const PLACEHOLDER: Official = { decision: 'quarantine', error: 'ERR_DOCUMENT_PLACEHOLDER', ack: 'AA' };

const patient = {
  'patient.ins': '279035121518989',
  'patient.insOid': '1.2.250.1.213.1.4.10',
  'patient.insStatus': 'VALI',
  'patient.identityStatus': 'QUAL',
  'patient.birthName': 'PAT-TROIS',
  'patient.firstGivenName': 'DOMINIQUE',
  'patient.birthDate': '1979-03-28',
  'patient.sex': 'F',
  'patient.birthPlaceCog': '63220',
} as const;

const admission = (facts: Readonly<Record<string, unknown>>): Official => ({
  decision: 'accept-with-warning',
  types: 'dcc.identity.updated dcc.visit.opened',
  ack: 'AA',
  facts: { ...patient, 'patient.ipp': null, 'visit.class': 'I', 'visit.uf': '6268', 'visit.movement.action': 'INSERT', ...facts },
});

const document = (facts: Readonly<Record<string, unknown>>, rest: Partial<Official> = {}): Official => ({
  decision: 'accept-with-warning',
  types: 'dcc.document.received',
  ack: 'AA',
  ...rest,
  facts: { ...patient, ...facts },
});

const radiology = {
  'document.canonicalType': 'CR-IMG',
  'document.loinc': '18748-4',
  'document.format': 'CDA-R2-N1',
  'document.embeddedMime': 'application/pdf',
};
const first = '1.2.250.1.71.4.2.2.120456789.71024000081';
const second = '1.2.250.1.71.4.2.2.120456789.71024000082';
const biology = {
  'document.canonicalType': 'CR-BIO',
  'document.loinc': '11502-2',
  'document.format': 'CDA-R2-N3',
  'document.modelOid': '1.2.250.1.213.1.1.1.55',
};

export const OFFICIAL: Readonly<Record<string, Official>> = {
  'lps-mss-v1.0/mdm-init/ack.er7': ACK,
  'lps-mss-v1.0/mdm-init/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7': PLACEHOLDER,
  'lps-mss-v1.1/mdm-init/ack.er7': ACK,
  'lps-mss-v1.1/mdm-init/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7': PLACEHOLDER,
  'lps-mss-v1.1/mdm-init/message_MDM__LPS_MSS_CR_Radio_INIT_N1_Base64.er7': document(
    {
      ...radiology,
      'document.id': first,
      'document.version': 1,
      'document.action': 'new',
      'document.mailMessageId': '1',
      'visibility.hiddenFromPatient': true,
      'visibility.sendToDmp': undefined,
    },
    { warnings: ['base64-padding'] },
  ),
  'lps-mss-v1.1/mdm-replace/ack.er7': ACK,
  'lps-mss-v1.1/mdm-replace/message_MDM__LPS_MSS_CR_Radio_RPLC_N1.er7': document(
    { ...radiology, 'document.id': second, 'document.replaces': first, 'document.action': 'replace', 'visibility.changesConfidentiality': true },
    { warnings: ['base64-padding'] },
  ),
  'pam-fr/consentement-dmp/ConsentementConsultation_NonOppositionAlimentation.er7': admission({
    'consent.dmpFeedOpposition': 'INO',
    'consent.dmpReadConsent': 'IC',
    'visit.id': '24000006',
    'visit.attendingRpps': '01234567897',
    'patient.treatingDoctor.rpps': '10000023084',
  }),
  'pam-fr/consentement-dmp/NonConsentementConsultation_OppositionAlimentation.er7': admission({
    'consent.dmpFeedOpposition': 'IO',
    'consent.dmpReadConsent': 'INC',
  }),
  'pam-fr/consentement-dmp/NonRecueillieConsentementConsultation_NonRecueillieOppositionAlimentation.er7': admission({
    'consent.dmpFeedOpposition': 'NA',
    'consent.dmpReadConsent': 'NA',
  }),
  'pam-fr/sgl/admission.er7': admission({ 'visit.movement.id': '001', 'visit.venue': '000897406' }),
  'teleradiologie-1.0/flux1.hl7': ORDER,
  'teleradiologie-1.0/flux2.hl7': ORDER,
  'teleradiologie-1.0/flux4.hl7': ORDER,
  'trans-cda-v1.2/oru/ack.hl7': ACK,
  // Its INS contradicts its key: that comes first.
  'trans-cda-v1.2/oru/message.hl7': { decision: 'quarantine', error: 'ERR_INS_KEY', ack: 'AA' },
  'trans-cda-v2.0/mdm-init/message_MDM_CR_Radio_INIT_N1.er7': PLACEHOLDER,
  'trans-cda-v2.1-twodocs/oru-delete-n1-n3/ack.er7': ACK,
  'trans-cda-v2.1-twodocs/oru-delete-n1-n3/message_ORU_CR_Bio_DEL_N1_N3.er7': PLACEHOLDER,
  'trans-cda-v2.1-twodocs/oru-init-n1-n3/Message metier reception DMP': {
    decision: 'accept-with-warning',
    types: 'dcc.delivery.dmp.refused',
    ack: 'AA',
    facts: { originalMessageId: '015', channel: 'DMP', status: 'refused', dmpCode: 'DMPClosed' },
  },
  'trans-cda-v2.1-twodocs/oru-init-n1-n3/Message metier reception MSS': {
    decision: 'accept-with-warning',
    types: 'dcc.delivery.mss.delivered',
    ack: 'AA',
    facts: { originalMessageId: '015', channel: 'MSSANTE', recipient: 'adam.hoda@test-ci-sis.mssante.fr' },
  },
  'trans-cda-v2.1-twodocs/oru-init-n1-n3/ack.hl7': ACK,
  'trans-cda-v2.1-twodocs/oru-init-n1-n3/message_ORU_CR_Bio_INIT_N1_N3.hl7': PLACEHOLDER,
  'trans-cda-v2.1/mdm-delete/ack.er7': ACK,
  'trans-cda-v2.1/mdm-delete/message_MDM_CR_Radio_DEL_N1.er7': document(
    { ...radiology, 'document.id': second, 'document.action': 'delete', 'document.status': 'deleted' },
    { types: 'dcc.document.deleted', warnings: ['base64-padding'] },
  ),
  'trans-cda-v2.1/mdm-init/message_MDM_CR_Radio_INIT_N1.er7': PLACEHOLDER,
  'trans-cda-v2.1/mdm-init/message_MDM_CR_Radio_INIT_N1_Base64.er7': document(
    {
      ...radiology,
      'document.id': first,
      'document.action': 'new',
      'visibility.hiddenFromPatient': true,
      // Wanted by the sender, and hidden from the patient: SAFETY B7.
      'visibility.sendToDmp': false,
      'visibility.sendToMssPro': true,
      'visibility.sendToMssPatient': false,
      authorRpps: '01234564895',
    },
    { warnings: ['leg-refused:DESTDMP'] },
  ),
  'trans-cda-v2.1/oru-init-n3/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7': document(
    {
      ...biology,
      'document.id': '1.2.250.1.213.1.1.9',
      'document.sourceId': '98765431',
      'visibility.sendToDmp': true,
      'visibility.sendToMssPatient': true,
    },
    { warnings: ['recipient-not-the-patient'] },
  ),
  'trans-cda-v2.1/oru-replace-n3/message_ORU_CR_Bio_RPLC_N3_SEGUR.hl7': document(
    {
      ...biology,
      'document.id': '1.2.250.1.213.1.1.13',
      'document.replaces': '1.2.250.1.213.1.1.12',
      'document.version': 2,
      'document.action': 'replace',
    },
    { warnings: ['base64-padding'] },
  ),
};

/** Messages found in the folder: everything but documents and texts for people. */
export function officialFiles(): readonly string[] {
  if (!existsSync(officialFolder)) return [];
  return (readdirSync(officialFolder, { recursive: true }) as string[])
    .filter((file) => statSync(path.join(officialFolder, file)).isFile() && !/(\.(xml|md)|LICENSE)$/i.test(file))
    .sort();
}

/** What differs, in words. */
export function compareOfficial(expected: Official, found: Translation, ack: string): readonly string[] {
  const types = found.events.map(({ type }) => type).join(' ');
  const differ = (what: string, wanted: unknown, value: unknown): readonly string[] =>
    wanted === value ? [] : [`${what}: expected ${String(wanted)}, found ${String(value)}`];
  return [
    ...differ('decision', expected.decision, found.decision),
    ...differ('error', expected.error, found.error?.code),
    ...differ('events', expected.types ?? '', types),
    ...differ('acknowledgement', expected.ack, ack),
    ...(expected.warnings ?? []).flatMap((code) =>
      found.warnings.some((w) => [w.code, `${w.code}:${w.detail ?? ''}`].includes(code)) ? [] : [`warning ${code}: not found`],
    ),
    ...Object.entries(expected.facts ?? {}).flatMap(([where, wanted]) => {
      const values = found.events.map((event) => valueAt(event.data, where));
      return values.includes(wanted) ? [] : [`${where}: expected ${String(wanted)}, found ${values.map(String).join(' | ')}`];
    }),
  ];
}

const valueAt = (data: unknown, where: string): unknown =>
  where.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], data);

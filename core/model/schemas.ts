/**
 * Canonical DCC data, once: JSON Schemas that ajv checks, and the types derived from them (ARCHITECTURE section 5).
 * Field names are those of the samples' index. Names are kept as sent; `null` says "said to be absent", a missing field "not said".
 */
import type { Static, TSchema } from 'typebox';
import { DateTime } from './basics.ts';
import { Conclusion, Pps, Rcp } from './cancer.ts';
import { Type } from './type.ts';

export { DateTime };

const text = Type.String({ maxLength: 4000 });
const short = Type.String({ maxLength: 250 });
const maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const object = <T extends Record<string, TSchema>>(properties: T) => Type.Object(properties, { additionalProperties: false });
const oneOf = <T extends string>(...values: T[]) => Type.Enum(values);

/** `1958-03-14`, `1958-03`, `1958`, or a lunar date whose day or month does not exist in our calendar, as sent: `1950-00-00`. */
export const BirthDate = Type.String({ pattern: '^\\d{4}(-\\d{2}(-\\d{2})?)?$' });
/** An identifier as sent, with whose it is. `domain` and `use` come from the site settings; absent when no entry matched. */
export const Identifier = object({
  value: short,
  namespace: Type.Optional(short),
  oid: Type.Optional(short),
  type: Type.Optional(short),
  domain: Type.Optional(short),
  use: Type.Optional(oneOf('IPP', 'IEP', 'MOVEMENT', 'OTHER')),
});

export const Patient = object({
  ipp: maybe(short),
  /** The OID sent, else the namespace sent. */
  ippAuthority: Type.Optional(short),
  /** Identity domain of the IPP, from the settings. */
  domain: Type.Optional(short),
  ins: maybe(short),
  insOid: Type.Optional(short),
  insStatus: Type.Optional(oneOf('VALI', 'PROV', 'UNKNOWN', 'NOT-QUALIFIED', 'INCONSISTENT')),
  identityStatus: Type.Optional(oneOf('PROV', 'RECUP', 'VALI', 'QUAL')),
  identityFlags: Type.Optional(Type.Array(short)),
  /** False when PID-32 carries a mark that blocks it (SAFETY A4). */
  automaticFiling: Type.Optional(Type.Boolean()),
  birthName: maybe(short),
  usedName: Type.Optional(short),
  /** A name whose kind the sender does not say. */
  nameAsSent: Type.Optional(short),
  birthGivenNames: Type.Optional(short),
  firstGivenName: Type.Optional(short),
  usedGivenName: Type.Optional(short),
  sex: Type.Optional(oneOf('F', 'M', 'O', 'U')),
  birthDate: Type.Optional(BirthDate),
  birthPlaceCog: Type.Optional(short),
  birthPlaceText: Type.Optional(short),
  deceased: Type.Optional(Type.Boolean()),
  deceasedAt: Type.Optional(DateTime),
  address: Type.Optional(
    object({ lines: Type.Optional(Type.Array(short)), city: Type.Optional(short), postalCode: Type.Optional(short), country: Type.Optional(short) }),
  ),
  phones: Type.Optional(Type.Array(short)),
  email: maybe(short),
  /** Every other identifier: other hospitals' IPP, RI, PIP... The IPP of the site and the INS are not repeated here. */
  otherIds: Type.Optional(
    Type.Array(object({ type: Type.Optional(short), value: short, authority: Type.Optional(short), domain: Type.Optional(short) })),
  ),
  /** PID-33. */
  updatedAt: Type.Optional(DateTime),
  /** How the identity was verified (ZFD-5 to 8). */
  qualification: Type.Optional(
    object({ source: Type.Optional(short), at: Type.Optional(DateTime), document: Type.Optional(short), documentExpires: Type.Optional(short) }),
  ),
  lunarBirthDate: Type.Optional(Type.Array(Type.String({ maxLength: 4 }))),
  treatingDoctor: Type.Optional(object({ rpps: Type.Optional(short), family: Type.Optional(short), given: Type.Optional(short) })),
});
export type Patient = Static<typeof Patient>;

export const Visit = object({
  id: Type.Optional(short),
  /** Administrative file against visit, where a site tells them apart (PV1-19 beside PID-18). */
  venue: Type.Optional(short),
  preAdmissionId: Type.Optional(short),
  authority: Type.Optional(short),
  /** PV1-2. */
  class: Type.Optional(short),
  /** Unit of medical responsibility. */
  uf: Type.Optional(short),
  /** Lodging (PV1-3). */
  location: Type.Optional(short),
  start: Type.Optional(DateTime),
  end: Type.Optional(DateTime),
  plannedStart: Type.Optional(DateTime),
  plannedEnd: Type.Optional(DateTime),
  attendingRpps: Type.Optional(short),
  movement: Type.Optional(
    object({
      id: Type.Optional(short),
      authority: Type.Optional(short),
      action: Type.Optional(oneOf('INSERT', 'UPDATE', 'CANCEL')),
      originalEvent: Type.Optional(short),
      historic: Type.Optional(Type.Boolean()),
      start: Type.Optional(DateTime),
      nature: Type.Optional(short),
      medicalUnit: Type.Optional(short),
      nursingUnit: Type.Optional(short),
    }),
  ),
});
export type Visit = Static<typeof Visit>;

export const DOCUMENT_TYPES = [
  'FRCP',
  'PPS',
  'PPAC',
  'CR-ACP',
  'CR-GM',
  'CR-CONCERTATION',
  'LDL',
  'CR-IMG',
  'CR-BIO',
  'CR-OPERATOIRE',
  'TLM-DA',
  'TLM-CR',
  'OTHER',
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** A person or organisation that takes part in a document. */
export const Participant = object({
  role: oneOf('sender', 'recipient', 'reply-to', 'author', 'requester', 'participant'),
  rpps: Type.Optional(short),
  family: Type.Optional(short),
  given: Type.Optional(short),
  organization: Type.Optional(object({ name: Type.Optional(short), finess: Type.Optional(short), id: Type.Optional(short) })),
  /** INS of a recipient who is the patient is not repeated: the flag says it. */
  isPatient: Type.Optional(Type.Boolean()),
  mail: Type.Optional(short),
});

export const DocumentData = object({
  canonicalType: Type.Enum([...DOCUMENT_TYPES]),
  /** The code carried, or the national code of the type when only a local code is carried. */
  loinc: Type.Optional(short),
  /** The code to send onward when a legacy code was carried. */
  nationalCode: Type.Optional(short),
  localCode: Type.Optional(short),
  localSystem: Type.Optional(short),
  label: Type.Optional(short),
  modelOid: Type.Optional(short),
  modelVersion: Type.Optional(short),
  format: Type.Optional(oneOf('CDA-R2-N1', 'CDA-R2-N3')),
  level: Type.Optional(oneOf('N1', 'N3')),
  mime: Type.Optional(short),
  /** What an N1 CDA wraps. */
  embeddedMime: Type.Optional(short),
  embeddedSha256: Type.Optional(short),
  pdfaMark: Type.Optional(short),
  bytes: Type.Optional(Type.Integer()),
  /** Document id: OID root, or `root.extension` never joined: `root` then, `idExtension` beside it. */
  id: Type.Optional(short),
  idExtension: Type.Optional(short),
  setId: Type.Optional(short),
  setIdExtension: Type.Optional(short),
  version: Type.Optional(Type.Integer()),
  replaces: Type.Optional(short),
  replacesExtension: Type.Optional(short),
  /** Number the source gave it (ORC-2, OBR-2): key of a document without id (SAFETY B2). */
  sourceId: Type.Optional(short),
  /** Which of several documents of that number, where one message brings several: what tells them apart there. */
  sourceItem: Type.Optional(short),
  /** Nothing but its place does: among so many documents of that number. */
  sourcePlaces: Type.Optional(Type.Integer()),
  /**
   * Of what a receiver named by ids that the engine gave, and that stands here in the words of its source: under which keys the journal has it, what it
   * replaces and its set. A number is one of its own site, and who speaks is another.
   */
  noted: Type.Optional(object({ document: Type.Optional(short), replaces: Type.Optional(short), set: Type.Optional(short) })),
  action: Type.Optional(oneOf('new', 'replace', 'delete')),
  status: Type.Optional(oneOf('final', 'preliminary', 'corrected', 'deleted')),
  title: Type.Optional(short),
  /** When the act took place. */
  date: Type.Optional(DateTime),
  createdAt: Type.Optional(DateTime),
  confidentiality: Type.Optional(short),
  language: Type.Optional(short),
  /** Short text documents (FT, TX) stand here; everything else is `content`. */
  text: Type.Optional(Type.String({ maxLength: 65536 })),
  /** Name of a file elsewhere (RP pointer). */
  file: Type.Optional(short),
  /** Part of the message that holds it. */
  content: Type.Optional(object({ part: short, bytes: Type.Integer(), mime: short })),
  participants: Type.Optional(Type.Array(Participant)),
  /** Organisation that keeps it: who may delete it (SAFETY B4). */
  custodian: Type.Optional(object({ name: Type.Optional(short), finess: Type.Optional(short), id: Type.Optional(short) })),
  /** Documents of the same clinical content (an ORU with N1 and N3), each an event of its own: named to be shown, and missed (decision 0038). */
  companions: Type.Optional(Type.Array(object({ id: short, idExtension: Type.Optional(short), format: Type.Optional(short) }))),
  /** What an FRCP, a PPS or a report of pathology says, when its CDA is structured. */
  rcp: Type.Optional(Rcp),
  pps: Type.Optional(Pps),
  conclusions: Type.Optional(Type.Array(Conclusion, { maxItems: 100 })),
  /** What its CDA says and `rcp` or `pps` does not, in short words (`section 48765-2`, `narrative 18776-5`): it cannot be written again from them. */
  unread: Type.Optional(Type.Array(short, { maxItems: 20 })),
  mailSubject: Type.Optional(text),
  mailMessageId: Type.Optional(short),
  /** Bodies of the mails that the sender wants (CORPSMAIL_PS, CORPSMAIL_PATIENT), or of the mail it came by. */
  mailBody: Type.Optional(object({ part: short, bytes: Type.Integer(), mime: short })),
  mailBodyPatient: Type.Optional(object({ part: short, bytes: Type.Integer(), mime: short })),
});
export type DocumentData = Static<typeof DocumentData>;

const Flag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]));
/** A leg that is asked for, or may be, while a flag it depends on is unknown: `held` (SAFETY B7). */
const Leg = Type.Optional(Type.Union([Type.Boolean(), Type.Null(), Type.Literal('held')]));

export const Visibility = object({
  maskedToProfessionals: Flag,
  hiddenFromPatient: Flag,
  hiddenFromLegalRepresentatives: Flag,
  secretConnection: Flag,
  changesConfidentiality: Flag,
  sendToDmp: Leg,
  sendToMssPro: Leg,
  sendToMssPatient: Leg,
  ackReception: Flag,
  ackReading: Flag,
  patientMayReply: Flag,
});
export type Visibility = Static<typeof Visibility>;

/** ZFA: INO / IO / NA and IC / INC / NA. */
export const Consent = object({
  dmpStatus: Type.Optional(short),
  dmpFeedOpposition: Type.Optional(short),
  dmpFeedAt: Type.Optional(DateTime),
  dmpReadConsent: Type.Optional(short),
  dmpReadAt: Type.Optional(DateTime),
});

export const IdentityData = object({
  patient: Patient,
  consent: Type.Optional(Consent),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
  /** MSH-3: identities are folded per sender (SAFETY A2). */
  originApplication: Type.Optional(short),
  /** Whose word the INS rests on (SAFETY A4): its sender's alone, or a recorded contract of trust with it. */
  insStanding: Type.Optional(oneOf('claimed', 'contract')),
});
/** One number stands for another from now on: two patients were one (A40), or a number was replaced (A47). Only this event merges. */
export const MergeData = object({
  surviving: short,
  absorbed: short,
  authority: Type.Optional(short),
  domain: Type.Optional(short),
  patient: Type.Optional(Patient),
  kind: Type.Optional(oneOf('merge', 'change-id')),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
  originApplication: Type.Optional(short),
});
/** Two identities were linked, or their link undone: both stay in force, and neither absorbs the other. */
export const LinkData = object({
  patients: Type.Array(Patient, { minItems: 2, maxItems: 2 }),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
  originApplication: Type.Optional(short),
});
export const VisitEventData = object({
  patient: Patient,
  visit: Visit,
  consent: Type.Optional(Consent),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
  /** MSH-3: identities are folded per sender (SAFETY A2). */
  originApplication: Type.Optional(short),
});
/** A stay was under the wrong patient: it is `patient`'s, no longer `from`'s. Both patients stay in force. */
export const ReassignedVisitData = object({
  patient: Patient,
  from: Patient,
  visit: Visit,
  /** Number of the stay before, when it got another one. */
  formerVisitId: Type.Optional(short),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
  originApplication: Type.Optional(short),
});
export const DocumentEventData = object({
  patient: Patient,
  visit: Type.Optional(Visit),
  document: DocumentData,
  visibility: Type.Optional(Visibility),
  consent: Type.Optional(Consent),
  /** IANA; of the times here that have no offset. Absent: NATIONAL_TIME_ZONE. */
  timeZone: Type.Optional(short),
  authorRpps: Type.Optional(short),
  originApplication: Type.Optional(short),
  trigger: Type.Optional(short),
  recordedAt: Type.Optional(DateTime),
});
/** Answer to a message we sent, received as a message (ACK, ZAM). */
export const AnswerData = object({
  originalMessageId: Type.Optional(short),
  ack: Type.Optional(short),
  hl7Code: Type.Optional(Type.Integer()),
  applicationCode: Type.Optional(Type.Integer()),
  retry: Type.Optional(Type.Boolean()),
  channel: Type.Optional(oneOf('DMP', 'MSSANTE')),
  status: Type.Optional(short),
  recipient: Type.Optional(short),
  recipientRpps: Type.Optional(short),
  reader: Type.Optional(short),
  smtpCode: Type.Optional(Type.Integer()),
  dmpCode: Type.Optional(short),
  permanent: Type.Optional(Type.Boolean()),
  label: Type.Optional(short),
});

/**
 * What the structured documents of cancer care say, in canonical form: FRCP (sheet of a multidisciplinary meeting, RCP), PPS (personal care
 * plan), conclusions of pathology. Codes are kept as sent with their system and label; `text` is what the narrative shows beside them.
 */
import type { Static, TSchema } from 'typebox';
import { Type } from './type.ts';

/** Longest text of one place of a document; the reader cuts it visibly. */
export const NOTE_LIMIT = 4000;
/** Most repetitions of one kind. */
export const LIST_LIMIT = 100;

const note = Type.Optional(Type.String({ maxLength: NOTE_LIMIT }));
const short = Type.Optional(Type.String({ maxLength: 250 }));
/** ISO 8601, as precise as the document: a treatment of long ago has a year. */
const date = Type.Optional(Type.String({ pattern: '^\\d{4}(-\\d{2}(-\\d{2}(T\\d{2}(:\\d{2}(:\\d{2}(\\.\\d+)?)?)?(Z|[+-]\\d{2}:\\d{2})?)?)?)?$' }));
const flag = Type.Optional(Type.Boolean());
/** Said to be not so, or not to be done (CDA negationInd). Absent = it is so. */
const negated = Type.Optional(Type.Literal(true));
const object = <T extends Record<string, TSchema>>(properties: T) => Type.Object(properties, { additionalProperties: false });
const list = <T extends TSchema>(schema: T) => Type.Optional(Type.Array(schema, { maxItems: LIST_LIMIT }));

/** A coded statement. Without `code` it is what the narrative says alone. */
export const Coded = object({ code: short, system: short, label: short, text: note });
export type Coded = Static<typeof Coded>;
const coded = Type.Optional(Coded);

/** As sent: `tel:0242515151`, `mailto:...`. */
const telecoms = list(Type.String({ maxLength: 250 }));

/** Somebody or some place of the care team. */
export const CareActor = object({
  /** RCP: coordinator, requester, presenter, quorum, outside-quorum, treating-doctor, correspondent. PPS: reference-hospital, coordination-centre, proximity... */
  role: Type.String({ maxLength: 250 }),
  /** CDA typeCode and functionCode, kept so that the document can be written again. */
  type: short,
  function: coded,
  /** What a PPS says this contact is (ORG-177, ORG-178, ORG-190...). */
  contact: coded,
  /** Words of the sender about the role. */
  mention: note,
  specialty: coded,
  /** As sent: a national number with its prefix (8 + RPPS), under the OID of `idSystem`. */
  id: short,
  idSystem: short,
  family: short,
  given: short,
  prefix: short,
  suffix: short,
  /** `sector`: the kind of place (CDA standardIndustryClassCode). */
  organization: Type.Optional(object({ name: short, id: short, idSystem: short, telecoms, address: short, sector: coded })),
  /** Of the person; those of the organization are there. */
  telecoms,
  address: short,
  start: date,
  end: date,
  /** CDA classCode, when it is not a provider of care (PROV). */
  kind: short,
});
export type CareActor = Static<typeof CareActor>;

/** A nested observation that has no place of its own here: nothing coded is dropped. */
export const Finding = object({ ...Coded.properties, negated, value: short, unit: short, valueLabel: short, valueSystem: short, date });
export type Finding = Static<typeof Finding>;

export const Tumour = object({
  /** ICD-10 of the tumour that the document is about, from its header. */
  icd10: coded,
  /** How the narrative calls it (`Tumeur primitive`), where that is not its morphology. */
  name: note,
  /** ICD-O-3. */
  morphology: coded,
  topography: coded,
  laterality: coded,
  negated,
  tnm: Type.Optional(object({ t: coded, n: coded, m: coded, stage: coded, edition: coded, date })),
  otherStage: Type.Optional(object({ text: note, name: note, version: note })),
  diagnosisDate: date,
  comment: note,
  discovery: Type.Optional(object({ screening: flag, date, text: note })),
  phase: Type.Optional(object({ ...Coded.properties, date, comment: note })),
  progression: Type.Optional(object({ progressing: flag, local: flag, regional: flag, distant: flag, date })),
});
export type Tumour = Static<typeof Tumour>;

/** From `start` on, until when nobody says. Absent and without an `end`: at `start`. */
const openEnded = Type.Optional(Type.Literal(true));

/**
 * An act proposed, asked for, or done. `row`: its whole row in the narrative, cells separated by ` | `, where that says what no other field
 * does: `1 (Première intention) | 1 | Radiothérapie`.
 */
export const PlanStep = object({
  order: Type.Optional(Type.Integer({ minimum: 0 })),
  kind: Type.String({ maxLength: 250 }),
  ...Coded.properties,
  /** `active`, `completed`... */
  status: short,
  /** CDA moodCode: INT intended, PRP proposed, ARQ appointment asked for, EVN done. */
  mood: short,
  negated,
  priority: coded,
  start: date,
  end: date,
  openEnded,
  comment: note,
  row: note,
});
export type PlanStep = Static<typeof PlanStep>;

/** A step of a PPS. `dates` are confirmed, `planned` foreseen. `row` as in `PlanStep`. */
export const CareStep = object({
  kind: Type.String({ maxLength: 250 }),
  treatment: coded,
  status: short,
  mood: short,
  negated,
  dates: Type.Optional(object({ start: date, end: date, openEnded })),
  planned: Type.Optional(object({ start: date, end: date, openEnded })),
  rhythm: Type.Optional(object({ regular: flag, text: note })),
  mode: coded,
  sideEffects: note,
  performer: Type.Optional(CareActor),
  comment: note,
  findings: list(Finding),
  row: note,
});
export type CareStep = Static<typeof CareStep>;

/** Conclusion of an operation, of pathology or of molecular genetics, as a summary or as the report itself. */
export const Conclusion = object({
  title: short,
  conclusion: note,
  start: date,
  end: date,
  performer: Type.Optional(CareActor),
  /** Beside the first: who took the sample, with when. */
  otherPerformers: list(CareActor),
  author: Type.Optional(CareActor),
  comment: note,
  findings: list(Finding),
});
export type Conclusion = Static<typeof Conclusion>;

export const Rcp = object({
  date,
  ids: Type.Optional(
    object({
      network: short,
      manager: short,
      rcp: short,
      session: short,
      sessionSystem: short,
      local: list(object({ root: short, extension: short })),
    }),
  ),
  /** VR: without the patient. */
  setting: coded,
  facility: Type.Optional(object({ name: short, id: short, idSystem: short, type: coded, address: short })),
  nature: coded,
  apparatus: coded,
  organ: coded,
  /** Meeting of appeal (RCP de recours). */
  appeal: flag,
  paediatric: flag,
  typeComment: note,
  motives: list(object({ ...Coded.properties, asked: flag })),
  motiveComment: note,
  caseStatus: coded,
  synthesis: note,
  question: note,
  otherData: note,
  fileComplete: flag,
  quorum: coded,
  fileComment: note,
  participants: list(CareActor),
  tumour: Type.Optional(Tumour),
  /** Beside the first. */
  otherTumours: list(Tumour),
  who: Type.Optional(object({ score: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })), ...Coded.properties, date })),
  painScore: Type.Optional(object({ score: Type.Optional(Type.Number()), ...Coded.properties, date })),
  geriatricScore: Type.Optional(object({ score: Type.Optional(Type.Number()), ...Coded.properties, date })),
  history: note,
  problems: note,
  examinations: note,
  pastTreatments: list(PlanStep),
  operations: list(Conclusion),
  pathology: list(Conclusion),
  molecular: list(Conclusion),
  plan: list(PlanStep),
  planComment: note,
  frame: Type.Optional(object({ guideline: note, guidelineDate: date, trial: flag, trialText: note, comment: note })),
  patientComment: note,
  status: Type.Optional(object({ ...Coded.properties, date, comment: note })),
});
export type Rcp = Static<typeof Rcp>;

export const Pps = object({
  patientComment: note,
  paediatric: flag,
  paediatricComment: note,
  tumour: Type.Optional(Tumour),
  otherTumours: list(Tumour),
  steps: list(CareStep),
  /** All active treatments were stopped. */
  stop: Type.Optional(object({ stopped: flag, date, comment: note })),
  support: list(CareStep),
  /** Why this version was made. */
  reason: Type.Optional(object({ ...Coded.properties, date, comment: note })),
  rcpDate: date,
  handedOver: Type.Optional(object({ date, by: Type.Optional(CareActor), text: note })),
  status: Type.Optional(object({ ...Coded.properties, date, comment: note })),
  references: list(object({ root: short, extension: short, text: note })),
  contacts: list(CareActor),
  information: note,
});
export type Pps = Static<typeof Pps>;

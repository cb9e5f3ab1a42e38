/** Settings of a site that this codec reads: a connector adds its own, and repeats none of these. */
import { writableVersions } from '../codec-cda/index.ts';

const name = (title: string, description: string, more: object = {}) => ({
  title,
  description,
  type: 'string',
  minLength: 1,
  maxLength: 180,
  ...more,
});

const typeCode = (title: string, description: string, example: object) => ({
  title,
  description,
  type: 'object',
  additionalProperties: false,
  required: ['code', 'system', 'label'],
  properties: Object.fromEntries(['code', 'system', 'label'].map((field) => [field, { type: 'string', minLength: 1, maxLength: 200 }])),
  examples: [example],
});

/** How documents are written for a recipient that takes CDA alone, or other versions of a model. */
const CDA_SETTINGS = {
  title: 'CDA écrits pour ce destinataire',
  description: 'What we write when a document does not come in the form that this recipient takes; absent = documents leave as they came.',
  type: 'object',
  additionalProperties: false,
  properties: {
    plain: {
      title: 'PDF et textes',
      description: 'n1: within a CDA R2 N1. as-is: as they came.',
      enum: ['as-is', 'n1'],
      default: 'as-is',
    },
    versions: {
      title: 'Versions des modèles structurés',
      description: 'Versions that it takes, the preferred one first; a structured document of another version is written anew. Absent = all.',
      type: 'object',
      additionalProperties: false,
      properties: {
        FRCP: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: writableVersions('rcp') } },
        PPS: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: writableVersions('pps') } },
      },
    },
    confidentiality: { title: 'Confidentialité', description: 'Of a document that does not say its own.', enum: ['N', 'R', 'V'] },
    ippOid: {
      title: "OID du domaine de l'IPP",
      description: 'Where it is not the authority.',
      type: 'string',
      pattern: '^[0-2](\\.(0|[1-9]\\d*))+$',
    },
    custodian: {
      title: 'Organisation qui conserve',
      description: 'Of a document that names none.',
      type: 'object',
      additionalProperties: false,
      properties: { name: name('Nom', 'Its name.'), finess: name('FINESS', 'Its number.') },
    },
    legalAuthenticator: {
      title: 'Responsable du document',
      description: 'Who answers for what is written, agreed with the recipient; absent = said to be unknown.',
      type: 'object',
      additionalProperties: false,
      properties: { rpps: name('RPPS', 'Number.'), family: name('Nom', 'Name.'), given: name('Prénom', 'First name.') },
    },
    facilityType: typeCode('Secteur (JDV_J02)', 'healthCareFacility/code.', {
      code: 'SA07',
      system: '1.2.250.1.71.4.2.4',
      label: 'Cabinet individuel',
    }),
    practiceSetting: typeCode("Cadre d'exercice (JDV_J04)", 'standardIndustryClassCode of who performed the act.', {
      code: 'ETABLISSEMENT',
      system: '1.2.250.1.213.1.1.4.9',
      label: 'Etablissement de santé',
    }),
  },
};

const FRENCH_SETTINGS = {
  untypedName: {
    title: 'Nom sans type',
    description: "Ce qu'est un nom de PID-5 dont XPN-7 est vide. What a name of PID-5 without type is.",
    enum: ['unknown', 'birth', 'used'],
    default: 'unknown',
  },
  sendingApplication: name('Application émettrice', 'MSH-3 of what we send.', { default: 'PASSERELLE', examples: ['KPROCESS'] }),
  sendingFacility: name('Établissement émetteur', 'MSH-4 of what we send.', { examples: ['DCC'] }),
  receivingApplication: name('Application destinataire', "MSH-5 of what we send; the product's own when absent.", { examples: ['DPI'] }),
  receivingFacility: name('Établissement destinataire', 'MSH-6 of what we send; the FINESS of the site when absent.'),
  ppacCode: {
    title: 'Code du PPAC',
    description: 'Code agreed with the receiver for a PPAC: the national list has none, so that none is sent without it. none: no PPAC goes there.',
    // `check` refuses its absence where documents leave: else the first PPAC would tell (SAFETY B1).
    neededFor: ['dcc.document.received'],
    anyOf: [
      { const: 'none' },
      {
        type: 'object',
        additionalProperties: false,
        required: ['code', 'label'],
        properties: {
          code: { type: 'string', minLength: 1, maxLength: 50, examples: ['18776-5'] },
          label: { type: 'string', minLength: 1, maxLength: 200, examples: ["Programme personnalisé de l'après-cancer"] },
          system: { type: 'string', minLength: 1, maxLength: 50, default: 'LN' },
        },
      },
    ],
  },
  mailMatrix: {
    title: 'Combinaisons de destinataires admises',
    description:
      'strict: only the combinations of the guide, any other message is refused. practical: also letters to professionals alone; any other combination holds the mail.',
    enum: ['practical', 'strict'],
    default: 'practical',
  },
  documentGuide: {
    title: 'Version du guide de transmission',
    description: "Guide and version in which documents leave; the product's own when absent. Every version is read.",
    enum: ['platform-2.1', 'platform-2.0', 'platform-1.2', 'lps-1.1', 'lps-1.0'],
  },
  documentMessage: {
    title: 'Message des documents',
    description: "MDM or ORU, for a CDA and for other documents; the product's own when absent. Version 1.2 of the guide has ORU alone.",
    enum: ['MDM', 'ORU'],
  },
  cda: CDA_SETTINGS,
  senderMail: name('Messagerie émettrice', 'PRT-15 of the sender towards care software, where the document names none.', {
    examples: ['dcc@dcc.mssante.example'],
  }),
  mailDomain: {
    title: 'Domaine des Message-ID',
    description: 'Domain of the Message-ID written when a document that came by no mail is announced.',
    type: 'string',
    pattern: '^[a-z0-9.-]{1,200}$',
    default: 'passerelle.invalid',
    examples: ['dcc.mssante.example'],
  },
};

/** What a connector says of its settings: a title for the form, and the properties that only its product has. */
export interface OwnSettings {
  readonly title: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, object>>;
}

/** `settingsSchema` of a connector of this codec. Its own properties win where names meet; everything else is refused. */
export const frenchSettings = (own: OwnSettings): object => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...own,
  type: 'object',
  additionalProperties: false,
  properties: { ...FRENCH_SETTINGS, ...own.properties },
  default: {},
});

/** Schemas of a site: they check, document and later draw the console's form. `title` and `description` are French, `en` English. */
import type { Static } from 'typebox';
import { DOCUMENT_TYPES, Type } from '../model/index.ts';
import { DURATION_PATTERN } from './duration.ts';

const strict = { additionalProperties: false };
const FINESS = '^[0-9][0-9AB][0-9]{7}$';
const text = (title: string, en: string, more: object = {}) => Type.String({ title, en, minLength: 1, maxLength: 250, ...more });

export const IdentityAuthority = Type.Object(
  {
    namespace: Type.Optional(text('Espace de noms (HL7)', 'HL7 namespace', { examples: ['HMTest'] })),
    oid: Type.Optional(text('OID', 'OID', { pattern: '^[0-2](\\.(0|[1-9][0-9]*))+$', examples: ['1.2.250.1.999.30.1'] })),
    type: Type.Optional(text("Type d'identifiant", 'Identifier type', { examples: ['PI', 'AN'] })),
    domain: text("Domaine d'identité", 'Identity domain', { examples: ['hm-test'] }),
    use: Type.Enum(['IPP', 'IEP', 'MOVEMENT', 'OTHER'], { title: 'Usage', en: 'Use' }),
    shared: Type.Optional(
      Type.Boolean({
        title: "Domaine partagé avec un site qui nomme une autre autorité : les mêmes IPP, donnés par l'un et par l'autre",
        en: 'Domain shared with a site that names another authority: the same numbers, given by either',
      }),
    ),
  },
  { ...strict, title: "Autorité d'affectation", en: 'Assigning authority' },
);

export const Sender = Type.Object(
  {
    application: text('Application émettrice (MSH-3)', 'Sending application (MSH-3)'),
    insAuthority: Type.Optional(Type.Boolean({ title: "Fait autorité pour l'INS", en: 'INS authority', default: false })),
    insContract: Type.Optional(
      text("Contrat de confiance pour l'INS qualifiée (référence)", 'Contract of trust for its qualified INS (reference)', {
        description: 'Sans contrat, une INS reçue reste une affirmation de son émetteur.',
        examples: ['Convention 2026-03'],
      }),
    ),
  },
  { ...strict, title: 'Émetteur', en: 'Sender' },
);

export const DocumentTypeMap = Type.Object(
  {
    system: text('Nomenclature', 'Coding system', { examples: ['LN', 'DXC-TYPDOC', 'text'] }),
    code: text('Code (* = tous)', 'Code (* = all)', { examples: ['RCPFICHE', '*'] }),
    type: Type.Enum([...DOCUMENT_TYPES], { title: 'Type canonique', en: 'Canonical type' }),
  },
  { ...strict, title: 'Correspondance de type', en: 'Document type rule' },
);

/** What a connector sees of a site, in a site document and in the flat `--settings` file alike. */
export const siteFields = {
  site: Type.String({
    title: 'FINESS géographique, 9 caractères entre guillemets',
    en: 'FINESS of the geographic entity, 9 characters in quotes',
    pattern: FINESS,
    examples: ['990001018'],
  }),
  legalEntity: Type.Optional(
    Type.String({
      title: 'FINESS juridique que ce site représente',
      en: 'FINESS of the legal entity that this site stands for',
      description:
        "Les documents qui nomment l'entité juridique comme destinataire ou auteur sont ceux de ce site. Un seul site par entité ; sans lui, ces documents attendent.",
      pattern: FINESS,
      examples: ['990001000'],
    }),
  ),
  environment: Type.Enum(['test', 'production'], {
    title: 'Environnement',
    en: 'Environment',
    description: "Fixe les autorités INS admises et l'attendu de MSH-11.",
  }),
  timeZone: text('Fuseau horaire (IANA)', 'Time zone (IANA)', { default: 'Europe/Paris', examples: ['Europe/Paris', 'Indian/Reunion'] }),
  // 200 authorities, senders: more than the largest hospital group; bounds the fold of each identifier.
  identityAuthorities: Type.Array(IdentityAuthority, { title: "Autorités d'identité", en: 'Identity authorities', default: [], maxItems: 200 }),
  senders: Type.Array(Sender, { title: 'Émetteurs, du plus au moins fiable', en: 'Senders, most trusted first', default: [], maxItems: 200 }),
  documentTypes: Type.Array(DocumentTypeMap, { title: 'Types de document', en: 'Document types', default: [], maxItems: 2000 }),
  charsetFallback: text('Jeu de caractères par défaut', 'Fallback charset', { default: 'windows-1252', examples: ['windows-1252', 'utf-8'] }),
};

const endpointName = Type.String({
  title: "Nom du point d'accès : minuscules, chiffres et tirets",
  en: 'Endpoint name: lower case, digits, dashes',
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  examples: ['dxcare-in'],
});
const transport = text('Transport', 'Transport', { examples: ['mllp', 'https'] });
const milliseconds = (title: string, en: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ title, en, unit: 'ms', default: value, minimum, maximum });

/** Fields of an inbound endpoint that the engine owns; the others are its transport's. */
export const InboundFields = Type.Object(
  {
    name: endpointName,
    direction: Type.Enum(['in'], { title: 'Sens', en: 'Direction' }),
    transport,
    reply: Type.Enum(['stored', 'decoded', 'delivered'], { title: 'Moment de la réponse', en: 'When to reply', default: 'decoded' }),
    replyWithinMs: milliseconds('Délai de réponse', 'Time to reply', 3_000, 100, 120_000),
    expectEvery: Type.Optional(
      text('Silence le plus long attendu', 'Longest silence expected', {
        description: 'Au-delà, une alerte ; les nuits et les dimanches comptent.',
        pattern: DURATION_PATTERN,
        examples: ['30min', '14h'],
      }),
    ),
  },
  { title: "Point d'accès entrant", en: 'Inbound endpoint' },
);

export const Retry = Type.Object(
  {
    firstMs: milliseconds('Première attente', 'First wait', 1_000, 10, 3_600_000),
    maxMs: milliseconds('Attente maximale', 'Longest wait', 300_000, 10, 86_400_000),
    attempts: Type.Integer({ title: 'Nombre de tentatives', en: 'Attempts', default: 20, minimum: 1, maximum: 1_000 }),
  },
  { ...strict, title: 'Nouvelles tentatives', en: 'Retry', default: {} },
);

/** Fields of an outbound endpoint that the engine owns. */
export const OutboundFields = Type.Object(
  {
    name: endpointName,
    direction: Type.Enum(['out'], { title: 'Sens', en: 'Direction' }),
    transport,
    idempotent: Type.Boolean({
      title: 'Le destinataire reconnaît un message déjà reçu (MSH-10)',
      en: 'The receiver recognises a message it already has (MSH-10)',
      default: false,
    }),
    duplicates: Type.Optional(
      Type.Enum(['tolerated', 'review'], {
        title: 'Issue douteuse',
        en: 'Doubtful outcome',
        description: 'tolerated : renvoyer, un doublon est toléré ; review : une personne décide. Réponse exigée si idempotent est faux.',
      }),
    ),
    onDead: Type.Enum(['block', 'continue'], { title: "Après l'échec d'un message", en: 'After a dead message', default: 'block' }),
    order: Type.Enum(['patient', 'lane'], { title: 'Ordre tenu', en: 'Order kept', default: 'patient' }),
    sends: Type.Array(
      Type.String({ maxLength: 100, pattern: '^[a-z*][a-z0-9.*-]*$', title: "Motif de type d'événement", en: 'Event type pattern' }),
      {
        title: 'Événements envoyés',
        en: 'Events sent',
        examples: [['dcc.document.*', 'dcc.identity.*']],
        minItems: 1,
        maxItems: 50,
      },
    ),
    capabilities: Type.Optional(
      Type.Object(
        { ins: Type.Optional(Type.Boolean({ title: "Prêt pour l'INS", en: 'Ready for the INS' })) },
        {
          ...strict,
          title: 'Capacités du destinataire',
          en: 'Capabilities of the receiver',
          description:
            "ins: false : il reçoit les identités dans l'ancien format ; « passerelle lane ready » le déclare prêt et libère ce qui a été gardé.",
        },
      ),
    ),
    retry: Retry,
    ackTimeoutMs: milliseconds("Attente de l'accusé", 'Wait for the acknowledgement', 30_000, 100, 600_000),
    resendAfterMs: milliseconds("Renvoi d'une issue douteuse après", 'Resend a doubtful outcome after', 900_000, 0, 86_400_000),
  },
  { title: "Point d'accès sortant", en: 'Outbound endpoint' },
);

/** Names an endpoint before its transport is known; each one is then checked by the schema of its direction. */
const Endpoint = Type.Object({ name: endpointName, direction: Type.Enum(['in', 'out'], { title: 'Sens', en: 'Direction' }), transport });

export const ConnectorPin = Type.Object(
  {
    id: text('Connecteur', 'Connector', { examples: ['dxcare'] }),
    version: Type.String({
      title: 'Version exacte, entre guillemets si besoin',
      en: 'Exact version',
      pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$',
      examples: ['0.1.0'],
    }),
    settings: Type.Record(Type.String(), Type.Unknown(), { title: 'Paramètres du connecteur', en: 'Settings of the connector', default: {} }),
    endpoints: Type.Array(Endpoint, { title: "Points d'accès", en: 'Endpoints', default: [], maxItems: 100 }),
  },
  { ...strict, title: 'Connecteur activé', en: 'Enabled connector' },
);

export const SiteDocument = Type.Object(
  {
    kind: Type.Enum(['site']),
    ...siteFields,
    name: text('Nom', 'Name', { examples: ['Centre hospitalier fictif'] }),
    role: Type.Enum(['establishment', 'record'], {
      title: 'Rôle',
      en: 'Role',
      description: 'record : le dossier communicant (DCC).',
      default: 'establishment',
    }),
    // Its fields are those of the role (schema-call.ts).
    contextualCall: Type.Optional(Type.Object({}, { title: 'Appel contextuel', en: 'Contextual call' })),
    documentChecks: Type.Enum(['after', 'before', 'never'], {
      title: 'Vérification des documents reçus',
      en: 'When received documents are checked',
      description:
        'after : une fois remis, sans retarder personne ; before : avant la décision, avec un avertissement au message ; un datamatrix INS d’un autre patient le fait attendre.',
      default: 'after',
    }),
    connectors: Type.Array(ConnectorPin, { title: 'Connecteurs', en: 'Connectors', default: [], maxItems: 50 }),
  },
  { ...strict, title: 'Site', en: 'Site' },
);

/** The flat file of `translate --settings` and `render --settings` (ARCHITECTURE section 6). */
export const FlatSiteSettings = Type.Object(
  {
    ...siteFields,
    connector: Type.Record(Type.String(), Type.Unknown(), { title: 'Paramètres du connecteur', en: 'Settings of the connector', default: {} }),
  },
  { ...strict, title: 'Paramètres de site pour une traduction', en: 'Site settings of a translation' },
);

export type InboundFields = Static<typeof InboundFields>;
export type OutboundFields = Static<typeof OutboundFields>;

/** Schemas of the contextual call (SAFETY C): of the engine's public address, of a site that calls, and of the record that is opened. */
import type { Static } from 'typebox';
import { AUTHENTICATION_METHODS, CALL_TARGETS, Type } from '../model/index.ts';
import { DURATION_PATTERN } from './duration.ts';

const strict = { additionalProperties: false };
const text = (title: string, en: string, more: object = {}) => Type.String({ title, en, minLength: 1, maxLength: 250, ...more });
const perMinute = (title: string, en: string, value: number) =>
  Type.Integer({ title, en, unit: '/min', default: value, minimum: 1, maximum: 100_000 });
const flag = (title: string, en: string, value: boolean) => Type.Boolean({ title, en, default: value });

/** Scheme, host and port, nothing else; in clear on this machine only. */
const ORIGIN = '^(https://[A-Za-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[1-9][0-9]{0,4})?$';

/** The same, with a path. */
const ADDRESS = `${ORIGIN.slice(0, -1)}(/[A-Za-z0-9._~-]+)*$`;
const pem = (title: string, en: string) => Type.Optional(Type.String({ title, en, writeOnly: true }));
const privateAddresses = flag(
  'Adresses privées admises pour ces noms (serveur du réseau de l’établissement)',
  'Private addresses allowed for these names (a server on the network of the hospital)',
  false,
);

/** Of the engine document: users proven by the national service. */
export const ProSanteConnect = Type.Object(
  {
    service: Type.Enum(['production', 'sandbox', 'other'], {
      title: 'Service',
      en: 'Service',
      description: 'other : un autre émetteur (issuer), pour un essai ou un relais régional.',
    }),
    issuer: Type.Optional(text('Émetteur, pour service: other', 'Issuer, for service: other', { pattern: ADDRESS })),
    clientId: text('Identifiant du client, donné par l’ANS', 'Client id, given by the ANS'),
    secret: Type.Optional(Type.String({ title: 'Secret du client', en: 'Client secret', writeOnly: true })),
    key: pem(
      'Clé privée du client en PEM (private_key_jwt), à la place du secret',
      'Private key of the client in PEM (private_key_jwt), instead of the secret',
    ),
    certificate: Type.Optional(
      Type.Object(
        {
          cert: Type.String({ title: 'Certificat', en: 'Certificate', writeOnly: true }),
          key: Type.String({ title: 'Clé', en: 'Key', writeOnly: true }),
        },
        {
          ...strict,
          title: 'Certificat client TLS (RFC 8705), à la place du secret',
          en: 'TLS client certificate (RFC 8705), instead of the secret',
        },
      ),
    ),
    ca: pem('Autorité du serveur, en PEM', 'Authority of the server, in PEM'),
    acr: text('Niveau demandé et exigé', 'Level asked for and required', { default: 'eidas1' }),
    scope: text('Portées demandées', 'Scopes asked for', { default: 'openid scope_all' }),
    privateAddresses,
  },
  { ...strict, title: 'Pro Santé Connect', en: 'Pro Santé Connect' },
);
export type ProSanteConnect = Static<typeof ProSanteConnect>;

/** Of the engine document. */
export const EngineCall = Type.Object(
  {
    publicUrl: Type.Optional(
      text('Adresse publique des liens : https://hôte[:port], sans chemin', 'Public address of links: https://host[:port], without a path', {
        pattern: ORIGIN,
        examples: ['https://dcc.region.example'],
        description: 'Absente = aucun appel contextuel.',
      }),
    ),
    clockSkew: Type.String({
      title: "Écart d'horloge admis",
      en: 'Clock skew allowed',
      default: '60s',
      pattern: '^([1-9][0-9]?s|1[0-9]{2}s|[1-5]min)$',
      examples: ['60s'],
    }),
    perAddressPerMinute: perMinute('Appels admis par adresse', 'Calls taken from one address', 600),
    perSitePerMinute: perMinute('Appels admis par site', 'Calls taken from one site', 1_200),
    proSanteConnect: Type.Optional(ProSanteConnect),
  },
  { ...strict, title: 'Appel contextuel', en: 'Contextual call', default: {} },
);

const CallProfile = Type.Object(
  {
    profile: text('Profil, comme le site le dit (* = tous les autres)', 'Profile as the site says it (* = all others)', { examples: ['MEDECIN'] }),
    rights: Type.Array(Type.Enum(['open', 'create'], { title: 'Droit', en: 'Right' }), { title: 'Droits', en: 'Rights', minItems: 1, maxItems: 2 }),
    targets: Type.Array(Type.Enum([...CALL_TARGETS], { title: 'Cible', en: 'Target' }), {
      title: 'Cibles admises',
      en: 'Targets',
      default: ['record'],
      minItems: 1,
      maxItems: CALL_TARGETS.length,
    }),
    withoutRpps: flag('Sans RPPS (secrétaires, internes)', 'Without RPPS (secretaries, interns)', false),
    disabled: flag('Désactivé', 'Disabled', false),
  },
  { ...strict, title: 'Droits d’un profil', en: 'Rights of a profile' },
);

/** A web DPI that launches us as SMART App Launch says (PROTOCOL section 9). */
const SmartIssuer = Type.Object(
  {
    name: text('Nom, dans les adresses de retour', 'Name, in return addresses', { pattern: '^[a-z0-9][a-z0-9-]{0,30}$', examples: ['dpi'] }),
    fhir: text(
      'Adresse de base FHIR du DPI : la valeur de iss, sans / final',
      'FHIR base address of the DPI: the value of iss, without a / at its end',
      {
        pattern: ADDRESS,
        examples: ['https://dpi.chu.example/fhir'],
      },
    ),
    clientId: text('Identifiant donné par le DPI', 'Client id given by the DPI'),
    origins: Type.Array(text('Origine', 'Origin', { pattern: ORIGIN }), {
      title: 'Autres origines du DPI (son serveur d’autorisation)',
      en: 'Other origins of the DPI (its authorization server)',
      default: [],
      maxItems: 5,
    }),
    ippSystems: Type.Record(
      Type.String({ minLength: 1, maxLength: 250 }),
      Type.String({ pattern: '^[^&]*&[0-9.]*&(ISO)?$', examples: ['DPI&1.2.250.1.999.10.1&ISO'] }),
      {
        title: 'Autorité (CX-4) de chaque system d’IPP ; urn:oid:… est compris sans elle',
        en: 'Authority (CX-4) of each system of an IPP; urn:oid:… is understood without it',
        default: {},
        maxProperties: 20,
      },
    ),
    profile: text('Profil des utilisateurs qui viennent par là', 'Profile of users who come this way', { examples: ['MEDECIN'] }),
    profileClaim: Type.Optional(
      text(
        'Champ du jeton d’identité qui dit le profil ; s’il manque, profile',
        'Claim of the identity token that says the profile; without it, profile',
        {
          pattern: '^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$',
        },
      ),
    ),
    authentication: Type.Enum([...AUTHENTICATION_METHODS], {
      title: 'Comment le DPI authentifie ses utilisateurs',
      en: 'How the DPI authenticates its users',
      default: 'other',
    }),
    target: Type.Enum([...CALL_TARGETS], { title: 'Cible', en: 'Target', default: 'record' }),
    creation: flag('Création admise', 'Creation allowed', false),
    ca: pem('Autorité du serveur, en PEM', 'Authority of the server, in PEM'),
    privateAddresses,
  },
  { ...strict, title: 'DPI qui lance par SMART', en: 'Care record that launches by SMART' },
);
export type SmartIssuer = Static<typeof SmartIssuer>;

/** One client of one care record, however its address is written. */
export const recordNamed = ({ fhir, clientId }: SmartIssuer): string => `${new URL(fhir).href} ${clientId}`;

/** Of a site that calls. */
export const SiteCall = Type.Object(
  {
    connector: text('Connecteur du kit et du dialecte', 'Connector of the kit and of the dialect', { examples: ['dxcare'] }),
    disabled: flag('Appels suspendus', 'Calls suspended', false),
    profiles: Type.Object(
      {
        crypto: Type.Enum(['default', 'legacy'], {
          title: 'Chiffrement',
          en: 'Encryption',
          description: 'legacy : RSA-OAEP et A256CBC-HS512, pour de vieux environnements.',
          default: 'default',
        }),
        hmac: Type.Optional(
          Type.Object(
            {
              keys: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), Type.String({ writeOnly: true }), {
                title: 'Secrets de 32 octets, en hexadécimal, par identifiant de clé',
                en: 'Secrets of 32 bytes, in hex, by key id',
                minProperties: 1,
                maxProperties: 10,
              }),
              creation: flag('Création admise', 'Creation allowed', false),
            },
            { ...strict, title: 'Profil HMAC, de serveur à serveur', en: 'HMAC profile, server to server' },
          ),
        ),
        form: Type.Optional(
          Type.Object(
            {
              origins: Type.Array(text("Origine d'une page du DPI", 'Origin of a page of the DPI', { pattern: ORIGIN }), {
                title: 'Origines admises',
                en: 'Origins taken',
                examples: [['https://dpi.chu.example']],
                minItems: 1,
                maxItems: 20,
              }),
            },
            { ...strict, title: 'Profil formulaire', en: 'Browser form profile' },
          ),
        ),
        smart: Type.Optional(
          Type.Array(SmartIssuer, {
            title: 'Lancement SMART depuis un DPI sur le web',
            en: 'SMART launch from a web care record',
            minItems: 1,
            maxItems: 10,
          }),
        ),
        dialect: Type.Optional(
          Type.Object(
            {
              decision: text('Décision enregistrée (référence)', 'Recorded decision (reference)', { examples: ['Comité sécurité 2026-04'] }),
              creation: flag('Création admise', 'Creation allowed', false),
            },
            { ...strict, title: 'Dialecte signé du produit, faible', en: 'Signed dialect of the product, weak' },
          ),
        ),
      },
      { ...strict, title: "Profils d'appel", en: 'Call profiles', default: {} },
    ),
    proSanteConnect: Type.Optional(
      Type.Object(
        {
          ask: Type.Array(Type.Enum(['unproven', 'create', 'always'], { title: 'Cas', en: 'Case' }), {
            title: 'Quand l’utilisateur doit s’authentifier par Pro Santé Connect avant l’ouverture',
            en: 'When a user has to authenticate by Pro Santé Connect before anything opens',
            description:
              'unproven : l’appel ne dit ni carte CPS, ni e-CPS, ni Pro Santé Connect, ou trop ancien ; create : un dossier va être créé ; always : toujours.',
            minItems: 1,
            maxItems: 3,
          }),
          trustedFor: Type.String({
            title: 'Durée pendant laquelle une authentification suffit : celle que dit l’appel (unproven), et celle de Pro Santé Connect',
            en: 'How long an authentication is enough: that which a call says (unproven), and that of Pro Santé Connect',
            default: '4h',
            pattern: DURATION_PATTERN,
          }),
        },
        { ...strict, title: 'Authentification par Pro Santé Connect', en: 'Authentication by Pro Santé Connect' },
      ),
    ),
    ambiguous: Type.Enum(['choice', 'refuse'], { title: 'Plusieurs dossiers possibles', en: 'Several records possible', default: 'choice' }),
    egress: Type.Array(
      text("Adresse IP ou réseau d'où le site sort", 'IP address or network that the site comes from', { examples: ['192.0.2.0/24'] }),
      {
        title: 'Adresses de sortie du site ; vide = toutes',
        en: 'Addresses that the site comes from; empty = any',
        default: [],
        maxItems: 100,
      },
    ),
    creation: flag('Création de dossier admise', 'Creation of records allowed', false),
    users: Type.Array(CallProfile, { title: 'Profils des utilisateurs', en: 'Profiles of users', minItems: 1, maxItems: 200 }),
    disabledUsers: Type.Array(text('Login ou RPPS', 'Login or RPPS', { secret: true }), {
      title: 'Utilisateurs désactivés',
      en: 'Disabled users',
      default: [],
      maxItems: 10_000,
    }),
    maxPerMinute: Type.Optional(
      Type.Integer({
        title: 'Appels admis de ce site ; absent = ceux du document engine',
        en: 'Calls taken from this site; absent = those of the engine document',
        unit: '/min',
        minimum: 1,
        maximum: 100_000,
      }),
    ),
  },
  { ...strict, title: 'Appel contextuel', en: 'Contextual call' },
);
export type SiteCall = Static<typeof SiteCall>;

/** Of the record. */
export const RecordCall = Type.Object(
  {
    through: text("Point d'accès sortant https vers le dossier", 'Outbound https endpoint to the record', { examples: ['dcc-calls'] }),
    opensAt: Type.Array(text('Origine des pages du dossier', 'Origin of pages of the record', { pattern: ORIGIN }), {
      title: 'Origines où le navigateur est envoyé ; vide = celle du point d’accès',
      en: 'Origins that a browser is sent to; empty = that of the endpoint',
      examples: [['https://dcc.region.example']],
      default: [],
      maxItems: 10,
    }),
    terms: Type.Array(Type.String({ title: 'Paragraphe', en: 'Paragraph', minLength: 1, maxLength: 2000 }), {
      title: 'Conditions d’utilisation, acceptées au premier appel ; vide = rien n’est demandé',
      en: 'Terms of use, agreed to at the first call; empty = nothing is asked',
      default: [],
      maxItems: 20,
    }),
  },
  { ...strict, title: 'Appel contextuel vers le dossier', en: 'Contextual call into the record' },
);
export type RecordCall = Static<typeof RecordCall>;

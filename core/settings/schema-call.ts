/** Schemas of the contextual call (SAFETY C): of the engine's public address, of a site that calls, and of the record that is opened. */
import type { Static } from 'typebox';
import { CALL_TARGETS, Type } from '../model/index.ts';

const strict = { additionalProperties: false };
const text = (title: string, en: string, more: object = {}) => Type.String({ title, en, minLength: 1, maxLength: 250, ...more });
const perMinute = (title: string, en: string, value: number) =>
  Type.Integer({ title, en, unit: '/min', default: value, minimum: 1, maximum: 100_000 });
const flag = (title: string, en: string, value: boolean) => Type.Boolean({ title, en, default: value });

/** Scheme, host and port, nothing else; in clear on this machine only. */
const ORIGIN = '^(https://[A-Za-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[1-9][0-9]{0,4})?$';

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

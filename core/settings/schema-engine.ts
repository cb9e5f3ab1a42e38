/** Schema of the engine's own document (`kind: engine`, at most one): listeners, contextual call, journal, mesh, alerts, retention. */
import type { Static } from 'typebox';
import { Type } from '../model/index.ts';
import { DURATION_PATTERN } from './duration.ts';
import { EngineCall } from './schema-call.ts';

const strict = { additionalProperties: false };
const host = Type.String({ title: "Adresse d'écoute", en: 'Listening address', default: '127.0.0.1', minLength: 1, maxLength: 253 });
const port = (value: number) => Type.Integer({ title: 'Port', en: 'Port', default: value, minimum: 0, maximum: 65_535 });
const duration = (title: string, en: string, value: string) => Type.String({ title, en, default: value, pattern: DURATION_PATTERN });
const hosts = Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
  title: "Noms d'hôte admis (en-tête Host)",
  en: 'Host names taken (Host header)',
  default: [],
  maxItems: 20,
});

export const EngineDocument = Type.Object(
  {
    kind: Type.Enum(['engine']),
    admin: Type.Object(
      { host, port: port(8080), allowedHosts: hosts },
      { ...strict, title: "Écoute d'administration", en: 'Admin listener', description: 'Console, API, santé, mesures.', default: {} },
    ),
    public: Type.Object(
      { host, port: port(8081) },
      { ...strict, title: 'Écoute publique', en: 'Public listener', description: "Appel contextuel et points d'accès https.", default: {} },
    ),
    contextualCall: EngineCall,
    journal: Type.Optional(
      Type.String({
        title: 'Adresse du journal, sans mot de passe (PGPASSWORD ou PGPASSFILE le donnent)',
        en: 'Journal address, without a password (PGPASSWORD or PGPASSFILE give it)',
        description: 'Un dossier, ou une base PostgreSQL ; absent = le dossier de données.',
        examples: ['/var/lib/passerelle', 'postgres://passerelle@db.chu.example/passerelle'],
        pattern: '^(?!postgres(ql)?://([^/?#]*:[^/?#]*@|.*[?&]password=))',
        secret: true,
        minLength: 1,
        maxLength: 1_000,
      }),
    ),
    transporter: Type.Optional(
      Type.String({
        title: 'Adresse NATS du maillage, sans identifiants',
        en: 'NATS address of the mesh, without credentials',
        pattern: '^(nats|tls)://[^@/\\s]+$',
        examples: ['nats://127.0.0.1:4222'],
        maxLength: 500,
      }),
    ),
    alerts: Type.Object(
      {
        failingAfter: duration('Alerte quand rien n’est remis pendant', 'Alert when nothing is delivered for', '5min'),
        waitingAfter: duration('Alerte quand le plus ancien attend depuis', 'Alert when the oldest has waited for', '30min'),
      },
      { ...strict, title: 'Alertes', en: 'Alerts', default: {} },
    ),
    documents: Type.Object(
      {
        rules: Type.Optional(
          Type.String({
            title: 'Dossier des schémas et schématrons officiels du CDA',
            en: 'Folder of the official schemas and schematrons of CDA',
            description: 'Absent = aucun CDA n’est vérifié.',
            examples: ['/srv/passerelle/regles'],
            minLength: 1,
            maxLength: 1_000,
          }),
        ),
        datamatrix: Type.Boolean({
          title: 'Comparer le datamatrix INS des pages avec le patient du message',
          en: 'Compare the INS datamatrix on pages with the patient of the message',
          default: false,
        }),
      },
      { ...strict, title: 'Vérification des documents', en: 'Checks of documents', default: {} },
    ),
    retention: Type.Object(
      {
        traceDays: Type.Integer({
          title: 'Conservation des traces dont aucun message n’a plus besoin',
          en: 'How long traces are kept that no later message needs',
          description:
            'Tâches d’identitovigilance closes, vérifications de documents, registre des appels contextuels, correspondance des accusés métier avec leur document. Ce que le moteur sait des patients, des documents et des oppositions est gardé sans limite.',
          unit: 'days',
          default: 400,
          minimum: 31,
          maximum: 36_500,
        }),
      },
      { ...strict, title: 'Conservation', en: 'Retention', default: {} },
    ),
  },
  { ...strict, title: 'Moteur', en: 'Engine' },
);
export type EngineDocument = Static<typeof EngineDocument>;

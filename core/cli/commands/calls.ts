/** `passerelle calls`: the ledger of contextual calls, one call, or their numbers. */
import { Option, type Command } from 'commander';
import { STEPS } from '../../call/index.ts';
import { PasserelleError, translator, type CallCount, type CallEntry } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { printable, table, type Column } from '../table.ts';
import { errorSentence, shortTime } from '../words.ts';

const OUTCOMES: Readonly<Record<CallEntry['outcome'], string>> = {
  link: 'lien donné',
  refused: 'refusé',
  redeemed: 'lien ouvert',
  opened: 'dossier ouvert',
  created: 'dossier créé',
  abandoned: 'abandonné',
  rotated: 'clé changée',
};
/** What happens after a link, as the ledger says it (core/call): `{phrase}` is one of these itself. */
export const CALL_STEPS: Readonly<Record<string, string>> = {
  'authenticate: asked': 'authentification demandée à Pro Santé Connect',
  'authenticate: no': 'authentification abandonnée',
  'authenticate: yes': 'authentifié par Pro Santé Connect',
  'choose: asked': 'choix demandé entre plusieurs dossiers',
  'choose: no': 'aucun des dossiers proposés',
  'choose: yes': 'dossier choisi',
  'confirm: asked': 'question posée : un autre patient ou utilisateur est ouvert',
  'confirm: no': "l'autre a été gardé ouvert",
  'confirm: yes': "l'autre a été refermé",
  'key-stopped': "clé arrêtée depuis l'appel",
  'link-elsewhere': "lien ouvert d'une autre adresse que celles du site",
  'link-over': 'lien ouvert trop tard',
  'link-taken': 'lien ouvert',
  'link-used-again': 'lien ouvert une seconde fois : session fermée',
  'no answer': 'question restée sans réponse',
  'not opened': 'rien ouvert',
  'record made': 'dossier créé',
  'record opened': 'dossier ouvert',
  'search by {}: {}': 'recherche par {phrase} : {phrase}',
  'site-stopped': "appels du site arrêtés depuis l'appel",
  'terms: asked': 'conditions présentées',
  'terms: no': 'conditions refusées',
  'terms: yes': 'conditions acceptées',
  'user-stopped': "utilisateur arrêté depuis l'appel",
  '{}, not by {}': "{phrase} ; pas par {phrase}, que l'appel ne donne pas en entier",
  '{}, {}': '{phrase}, {phrase}',
  conflict: 'contradiction avec le dossier',
  ins: 'INS',
  ipp: 'IPP',
  nobody: 'personne',
  nothing: 'rien',
  one: 'un seul dossier',
  several: 'plusieurs dossiers',
  traits: 'traits',
};
const stepInFrench = translator(CALL_STEPS);

/** What the call was refused for before its link, or after it; a link that is used again is refused for itself, and says nothing of its call. */
function whyOf({ error, check, outcome, steps }: CallEntry): string {
  if (error) return `${error.code} (${check})`;
  const step = outcome === 'refused' ? steps.findLast(({ code }) => code !== undefined && code !== 'ERR_CALL_LINK_USED') : undefined;
  return step ? `${step.code} (${stepInFrench(step.what)})` : '-';
}

const COLUMNS: readonly Column<CallEntry>[] = [
  { title: 'RÉFÉRENCE', value: ({ reference }) => reference },
  { title: 'QUAND', value: ({ at }) => shortTime(at) },
  { title: 'ISSUE', value: ({ outcome }) => OUTCOMES[outcome] },
  { title: 'SITE', value: ({ site }) => site ?? '-' },
  { title: 'PROFIL', value: ({ profile }) => profile ?? '-' },
  { title: 'MS', right: true, value: ({ tookMs }) => String(tookMs) },
  { title: 'POURQUOI', rest: true, value: whyOf },
];
const COUNTS: readonly Column<CallCount>[] = [
  { title: 'JOUR', value: ({ day }) => day },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'PROFIL', value: ({ profile }) => profile },
  { title: 'ACTION', value: ({ action }) => action },
  { title: 'ISSUE', value: ({ outcome }) => OUTCOMES[outcome] },
  { title: 'APPELS', right: true, value: ({ calls }) => String(calls) },
];

interface Options extends EngineOptions {
  readonly site?: string;
  readonly outcome?: string;
  readonly limit: string;
  readonly counts?: boolean;
  readonly json?: boolean;
}

export function addCalls(program: Command, context: Context): void {
  withEngine(program.command('calls').argument('[reference]', 'AC-XXXXXXXX'))
    .description('montre les appels contextuels / shows contextual calls')
    .addOption(new Option('--site <finess>', 'd’un site / of one site'))
    .addOption(new Option('--outcome <outcome>', 'issue / outcome').choices(Object.keys(OUTCOMES)))
    .addOption(new Option('--limit <n>', 'nombre / how many').default('50'))
    .addOption(new Option('--counts', 'par site, jour, profil, action et issue, sur 30 jours / numbers of 30 days'))
    .addOption(jsonOption())
    .action(async (reference: string | undefined, { site, outcome, limit, counts, json, ...options }: Options) => {
      const { io } = context;
      try {
        const client = await clientOf(options);
        if (reference !== undefined) {
          const asked = reference.trim().toUpperCase();
          if (!/^AC-[A-Z0-9]{8}$/.test(asked)) throw new PasserelleError('ERR_CALL_NOT_FOUND', { expected: 'AC- and 8 signs' });
          const entry = await client.call(asked);
          return json ? printJson(io, entry) : io.out(storyOf(entry));
        }
        if (counts) {
          const items = await client.callCounts();
          return json ? printJson(io, { items }) : io.out(items.length > 0 ? table(io, COUNTS, items) : 'Aucun appel / no call.\n');
        }
        const page = await client.calls({ limit, ...(site !== undefined && { site }), ...(outcome !== undefined && { outcome }) });
        if (json) return printJson(io, page);
        io.out(page.items.length > 0 ? table(io, COLUMNS, page.items) : 'Aucun appel / no call.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

function storyOf({ error, check, steps, ...entry }: CallEntry): string {
  const { reference, at, outcome, site, profile = '-', kind, connector = '-', keyId = '-' } = entry;
  const checked = STEPS[check as keyof typeof STEPS]?.[1] ?? check;
  const named = site === undefined && keyId !== '-' ? 'clé nommée / key named' : 'clé / key';
  const lines = [
    `${reference}  ${shortTime(at)}  ${OUTCOMES[outcome]}`,
    `  site ${site ?? '-'}, connecteur / connector ${connector}, profil / profile ${profile}, ${kind}, ${named} ${keyId}`,
    ...(error
      ? [`  contrôle « ${checked} » / check ${check} : ${errorSentence(error)}`, `  À faire : ${error.fix?.fr ?? '-'}`, `  ${error.message}`]
      : []),
    ...steps.map((step) => `  ${shortTime(step.at)}  ${stepInFrench(step.what)}${step.code ? ` ${step.code}` : ''}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** `passerelle calls`: the ledger of contextual calls, one call, or their numbers. */
import { Option, type Command } from 'commander';
import type { CallCount, CallEntry } from '../../contract/index.ts';
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
/** What the call was refused for before its link, or after it; a link that is used again is refused for itself, and says nothing of its call. */
function whyOf({ error, check, outcome, steps }: CallEntry): string {
  if (error) return `${error.code} (${check})`;
  const step = outcome === 'refused' ? steps.findLast(({ code }) => code !== undefined && code !== 'ERR_CALL_LINK_USED') : undefined;
  return step ? `${step.code} (${step.what})` : '-';
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
          const entry = await client.call(reference);
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
  const { reference, at, outcome, site = '-', profile = '-', kind, connector = '-', keyId = '-' } = entry;
  const lines = [
    `${reference}  ${shortTime(at)}  ${OUTCOMES[outcome]}`,
    `  site ${site}, connecteur / connector ${connector}, profil / profile ${profile}, ${kind}, clé / key ${keyId}`,
    ...(error ? [`  contrôle / check ${check} : ${errorSentence(error)}`, `  À faire : ${error.fix?.fr ?? '-'}`, `  ${error.message}`] : []),
    ...steps.map((step) => `  ${shortTime(step.at)}  ${step.what}${step.code ? ` ${step.code}` : ''}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

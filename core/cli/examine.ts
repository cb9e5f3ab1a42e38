/** The examinations of `doctor`: each looks at one thing and never throws. */
import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { diskBytesFree, LOW_DISK_BYTES, NO_DISK_BYTES } from '../alerts/index.ts';
import { CATALOGUE, PasserelleError } from '../contract/index.ts';
import { lastBackup } from '../backup/index.ts';
import { journalAddress } from '../journal/index.ts';
import {
  checkDocuments,
  defaultEngine,
  findMissingSecrets,
  loadDocuments,
  overrideFromEnvironment,
  storedDocuments,
  type EngineSettings,
} from '../settings/index.ts';
import { clientOf, type Context, type EngineOptions } from './context.ts';
import type { EngineClient } from './engine-client.ts';
import { examineWork } from './examine-work.ts';
import { errorSentence } from './words.ts';

interface Fix {
  readonly fr: string;
  readonly en: string;
}
export interface Finding {
  readonly what: string;
  readonly verdict: 'ok' | 'attention' | 'problem';
  readonly fr: string;
  readonly en: string;
  readonly fix?: Fix;
}

/** A backup each day, and one that failed is noticed. */
const OLD_BACKUP_HOURS = 26;
const MIN_NODE = 24;

export async function examine(options: EngineOptions & { readonly config?: string }, context: Context): Promise<readonly Finding[]> {
  const findings = [examineNode(), ...(await examineData(options.data)), await examineDisk(options.data), await examineBackup(options.data)];
  if (options.config) findings.push(await examineSettings(options.config, context));
  const [engine, work] = await examineEngine(options);
  findings.push(engine, ...work);
  // A running engine holds its journal and its ports.
  if (engine.verdict !== 'ok') findings.push(await examineJournal(options, context), ...(await examinePorts(context)));
  return findings;
}

function examineNode(): Finding {
  const { node } = process.versions;
  const ok = Number.parseInt(node) >= MIN_NODE;
  return {
    what: 'Node.js',
    verdict: ok ? 'ok' : 'problem',
    fr: node,
    en: `${MIN_NODE} needed`,
    ...(!ok && { fix: fix(`Installer Node.js ${MIN_NODE}.`, `Install Node.js ${MIN_NODE}.`) }),
  };
}

async function examineData(data: string): Promise<readonly Finding[]> {
  const what = 'données';
  const folder = await stat(data).catch(() => undefined);
  if (!folder) return [{ what, verdict: 'ok', fr: `${data} sera créé au premier démarrage`, en: 'will be made at first start' }];
  const writable =
    folder.isDirectory() &&
    (await access(data, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ));
  if (!writable)
    return [
      {
        what,
        verdict: 'problem',
        fr: `${data} : écriture impossible`,
        en: 'cannot be written',
        fix: fix('Donner ce dossier au compte du moteur.', "Give the folder to the engine's account."),
      },
    ];
  const token = await stat(path.join(data, 'admin.token')).catch(() => undefined);
  const exposed = token !== undefined && (token.mode & 0o077) !== 0;
  return [
    { what, verdict: 'ok', fr: `${data} : lecture et écriture possibles`, en: 'can be read and written' },
    ...(exposed
      ? [
          {
            what: 'jeton',
            verdict: 'problem' as const,
            fr: 'admin.token est lisible par d’autres comptes',
            en: 'others can read it',
            fix: fix('chmod 600 admin.token', 'chmod 600 admin.token'),
          },
        ]
      : []),
  ];
}

async function examineDisk(data: string): Promise<Finding> {
  const what = 'disque';
  const free = (await diskBytesFree(data)) ?? (await diskBytesFree('.'));
  if (free === undefined) return { what, verdict: 'attention', fr: 'espace inconnu', en: 'space unknown' };
  const size = (free / 1024 ** 3).toFixed(1);
  const verdict = free < NO_DISK_BYTES ? 'problem' : free < LOW_DISK_BYTES ? 'attention' : 'ok';
  return {
    what,
    verdict,
    fr: `${size} Go libres`,
    en: `${size} GB free`,
    ...(verdict !== 'ok' && { fix: fix('Libérer de la place : le journal en a besoin.', 'Free some space: the journal needs it.') }),
  };
}

async function examineBackup(data: string): Promise<Finding> {
  const what = 'sauvegarde';
  const command = `passerelle backup --data ${data} -o DOSSIER`;
  const last = await lastBackup(data);
  if (!last) return { what, verdict: 'attention', fr: "aucune n'a été faite d'ici", en: 'none was made from here', fix: fix(command, command) };
  const hours = Math.floor((Date.now() - Date.parse(last.at)) / 3_600_000);
  const verdict = hours < OLD_BACKUP_HOURS ? 'ok' : 'attention';
  return {
    what,
    verdict,
    fr: `la dernière a ${hours} h : ${last.folder}`,
    en: `the last one is ${hours} h old`,
    ...(verdict !== 'ok' && { fix: fix(command, command) }),
  };
}

function durabilityFinding({ description, durability: { safe, fr, en } }: Awaited<ReturnType<EngineClient['journal']>>): Finding {
  return {
    what: 'journal',
    verdict: safe ? 'ok' : 'problem',
    fr: `${description} : ${fr}`,
    en,
    ...(!safe && { fix: fix('Corriger les réglages de la base.', 'Correct the settings of the database.') }),
  };
}

async function examineSettings(config: string, context: Context): Promise<Finding> {
  const what = 'paramétrage';
  try {
    const documents = await loadDocuments(config);
    const { issues } = checkDocuments(documents, await (await context.services()).catalogue());
    const count = issues.length + findMissingSecrets(documents, config, context.io.env).length;
    if (count === 0) return { what, verdict: 'ok', fr: `${config} est valide`, en: 'valid' };
    return {
      what,
      verdict: 'problem',
      fr: `${count} erreur(s)`,
      en: `${count} error(s)`,
      fix: fix(`passerelle check ${config}`, `passerelle check ${config}`),
    };
  } catch (error) {
    return problem(what, error);
  }
}

async function examineEngine(options: EngineOptions): Promise<readonly [engine: Finding, work: readonly Finding[]]> {
  const what = 'moteur';
  try {
    const client = await clientOf(options);
    const { ready, problems } = await client.health();
    const work = [...examineWork(await client.lanes()), durabilityFinding(await client.journal())];
    if (ready) return [{ what, verdict: 'ok', fr: 'répond et prend des messages', en: 'answers and takes messages' }, work];
    const list = problems.join(', ');
    const sick: Finding = {
      what,
      verdict: 'problem',
      fr: `répond mais n'est pas prêt : ${list}`,
      en: `not ready: ${list}`,
      fix: fix('passerelle lanes', 'passerelle lanes'),
    };
    return [sick, work];
  } catch (error) {
    const { code, entry } = PasserelleError.from(error);
    return [{ what, verdict: 'attention', fr: `${code} ${entry.fr}`, en: entry.en, fix: entry.fix }, []];
  }
}

async function examineJournal({ data, config }: EngineOptions & { readonly config?: string }, context: Context): Promise<Finding> {
  const what = 'journal';
  const values = config ? (await loadDocuments(config).catch(() => [])).map((document) => document.value) : [];
  const journal = journalAddress(engineOf(values, context)?.journal, data);
  if (journal.store === 'sqlite' && !(await stat(data).catch(() => undefined)))
    return { what, verdict: 'ok', fr: 'sera créé au premier démarrage', en: 'will be made at first start' };
  try {
    const description = await (await context.services()).tryJournal(journal);
    return { what, verdict: 'ok', fr: `s'ouvre : ${description}`, en: 'opens' };
  } catch (error) {
    return problem(what, error);
  }
}

/** The engine's own document, with what the environment says. */
function engineOf(values: readonly unknown[], context: Context): EngineSettings | undefined {
  const engine = overrideFromEnvironment(values, context.io.env).filter((value) => (value as { kind?: string } | null)?.kind === 'engine');
  return checkDocuments(storedDocuments(engine), { connectors: [], transports: [] }).settings?.engine;
}

async function examinePorts(context: Context): Promise<readonly Finding[]> {
  const engine = engineOf([], context) ?? defaultEngine();
  const findings: Finding[] = [];
  for (const [name, { host, port }] of [
    ['admin', engine.admin],
    ['public', engine.public],
  ] as const) {
    const what = `port ${name}`;
    if (await isFree(host, port)) findings.push({ what, verdict: 'ok', fr: `${host}:${port} est libre`, en: 'free' });
    else
      findings.push({
        what,
        verdict: 'problem',
        fr: `${host}:${port} : ${CATALOGUE.ERR_PORT_TAKEN.fr}`,
        en: CATALOGUE.ERR_PORT_TAKEN.en,
        fix: CATALOGUE.ERR_PORT_TAKEN.fix,
      });
  }
  return findings;
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

const fix = (fr: string, en: string): Fix => ({ fr, en });

function problem(what: string, thrown: unknown): Finding {
  const error = PasserelleError.from(thrown);
  return { what, verdict: 'problem', fr: errorSentence(error.toData()), en: error.message, fix: error.entry.fix };
}

/** `passerelle call`: makes a contextual call, opens one as a client does, takes one apart, and keeps the keys of sites. */
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { completed, makeToken, verifyOffline } from '../../call/index.ts';
import { PasserelleError, UNCONFIGURED, type CallVerdict } from '../../contract/index.ts';
import { clientOf, collect, fail, jsonOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { printable } from '../table.ts';
import { readTranslation, withTranslation, type TranslationFlags } from '../translation-options.ts';
import { errorSentence } from '../words.ts';
import { addCallKey } from './call-key.ts';
import { readInput } from './send.ts';

interface SignOptions {
  readonly key: string;
  readonly engineKey?: string;
  readonly profile: 'default' | 'legacy';
  readonly environment: 'test' | 'production';
}
interface OpenOptions extends SignOptions {
  readonly to: string;
}
interface VerifyOptions extends Partial<TranslationFlags>, EngineOptions {
  readonly key?: readonly string[];
  readonly site?: string;
  readonly engine?: boolean;
  readonly json?: boolean;
}

const TIMEOUT_MS = 10_000;

export function addCall(program: Command, context: Context): void {
  const call = program.command('call').description('appel contextuel : signer, ouvrir, vérifier, clés / contextual call: sign, open, verify, keys');
  signing(call.command('sign'))
    .addOption(new Option('--engine-key <file>', 'réponse de GET v1/keys / answer of GET v1/keys').makeOptionMandatory())
    .description("fait un jeton d'un contexte / makes a token from a context")
    .action(async (file: string, options: SignOptions) => {
      try {
        context.io.out(`${await tokenOf(file, options, JSON.parse(await readText(options.engineKey ?? '')))}\n`);
      } catch (error) {
        fail(context, error);
      }
    });
  signing(call.command('open'))
    .addOption(new Option('--to <url>', 'adresse publique du moteur, https://hôte / public address of the engine').makeOptionMandatory())
    .description('poste un contexte comme un client, et écrit le lien / posts a context as a client does, and prints the link')
    .action(async (file: string, options: OpenOptions) => {
      try {
        context.io.out(`${await openCall(file, options)}\n`);
      } catch (error) {
        fail(context, error);
      }
    });
  addVerify(call, context);
  addCallKey(call, context);
}

const signing = (command: Command): Command =>
  command
    .argument('<context>', 'contexte JSON, ou - ; iat, exp et jti ajoutés / context, or -')
    .addOption(new Option('--key <pem>', 'clé privée du site / private key of the site').makeOptionMandatory())
    .addOption(new Option('--profile <profile>', 'chiffrement / encryption').choices(['default', 'legacy']).default('default'))
    .addOption(new Option('--environment <name>', 'quand aud manque / when aud is absent').choices(['test', 'production']).default('test'));

async function tokenOf(file: string, { key, profile, environment }: SignOptions, keys: unknown): Promise<string> {
  const context = parsed(Buffer.from(await readInput(file)).toString());
  const [engineKey] = (keys as { keys?: unknown[] }).keys ?? [keys];
  return makeToken(completed(context, Date.now(), environment), await readText(key), engineKey, profile);
}

async function openCall(file: string, options: OpenOptions): Promise<string> {
  const base = new URL('/appel-contextuel/', options.to);
  if (base.protocol !== 'https:' && !['127.0.0.1', 'localhost'].includes(base.hostname))
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '--to' }, expected: 'https, or an address of this machine' });
  const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(new URL(path, base), { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      (cause: unknown) => {
        throw new PasserelleError('ERR_ENGINE_UNREACHABLE', { found: base.origin, cause });
      },
    );
    return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
  };
  const token = await tokenOf(file, options, (await ask('v1/keys')).body);
  const { status, body } = await ask('v1/calls', { method: 'POST', headers: { 'content-type': 'application/jose' }, body: token });
  const { link, code, reference, detail } = body;
  if (status === 201 && typeof link === 'string' && new URL(link).origin === base.origin) return link;
  const said = [`HTTP ${status}`, ...[code, reference, detail].filter((one) => typeof one === 'string')].join(' ');
  throw new PasserelleError('ERR_CALL_REFUSED', { found: said.slice(0, 200) });
}

function addVerify(call: Command, context: Context): void {
  const command = withTranslation(call.command('verify').argument('<file>', 'jeton, capture .http, ligne de commande, contexte ; ou - / or -'));
  // With --engine the running engine judges, by its own keys and settings.
  for (const option of command.options) if (option.long === '--connector') option.makeOptionMandatory(false);
  withEngine(command)
    .description('montre chaque contrôle d’un appel, dans l’ordre, sans le consommer / shows each check of a call without using it up')
    .addOption(new Option('--key <pem>', 'clé du moteur ou du site ; répétable / key of the engine or of the site').argParser(collect))
    .addOption(new Option('--engine', 'par le moteur en marche / by the running engine'))
    .addOption(new Option('--site <finess>', 'avec --engine : du site / of this site'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exemples / examples:
  curl -s https://dcc.region.example/appel-contextuel/v1/keys > keys.json
  passerelle call sign contexte.json --key cle-du-site.pem --engine-key keys.json > jeton
  passerelle call verify jeton --engine
  passerelle call verify ligne-de-commande.txt --engine --site 990001018`,
    )
    .action(async (file: string, options: VerifyOptions) => {
      try {
        const bytes = await readInput(file);
        const verdict = options.engine ? await byEngine(bytes, options) : await offline(bytes, options, context);
        if (!verdict) return;
        if (verdict.decision === 'reject') context.exitCode = 1;
        if (options.json) context.io.out(`${JSON.stringify(verdict)}\n`);
        else context.io.out(shown(verdict));
      } catch (error) {
        fail(context, error);
      }
    });
}

async function byEngine(bytes: Uint8Array, { connector, site, now, ...options }: VerifyOptions): Promise<CallVerdict> {
  const about = {
    ...(site !== undefined && { site }),
    ...(connector && { connector: connector.id }),
    ...(now !== undefined && { now: new Date(now).toISOString() }),
  };
  return (await clientOf(options)).verifyCall({ bytes: Buffer.from(bytes).toString('base64'), ...about });
}

async function offline(
  bytes: Uint8Array,
  { connector, settings: file, now, key = [] }: VerifyOptions,
  context: Context,
): Promise<CallVerdict | undefined> {
  if (!connector) throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '--connector' }, expected: '--connector ID, or --engine' });
  const options = await readTranslation({ connector, ...(file !== undefined && { settings: file }), ...(now !== undefined && { now }) }, context);
  if (!options) return undefined;
  const services = await context.services();
  const parts = await services.callParts(connector.id, connector.version);
  const request = { bytes, ...(now !== undefined && { now: new Date(now).toISOString() }) };
  return verifyOffline(request, { ...parts, settings: options.settings ?? UNCONFIGURED, keys: await Promise.all(key.map(readText)) });
}

const MARKS = { passed: 'ok ', warned: '!  ', failed: 'NON', skipped: '-  ' } as const;

function shown({ decision, warnings, checks, error }: CallVerdict): string {
  const lines = checks.flatMap(({ step, fr, result, shown: fields = {}, error: why }) => [
    `${MARKS[result]} ${String(step).padStart(2)}  ${fr}`,
    ...Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `          ${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`),
    ...(why ? [`          ${errorSentence(why)}`, `          À faire : ${why.fix?.fr ?? '-'}`, `          ${why.message}`] : []),
  ]);
  const end = [
    `Décision / decision: ${decision}${error ? ` (${error.code})` : ''}`,
    ...(warnings.length > 0 ? [`Avertissements / warnings: ${warnings.join(', ')}`] : []),
  ];
  return `${[...lines, ...end].map(printable).join('\n')}\n`;
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { file }, expected: 'a readable file', cause });
  });

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'a JSON object', cause });
  }
}

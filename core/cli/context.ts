/** What a command is given, and how it says that something failed. */
import { userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import { PasserelleError, SettingsRefused, type SettingsIssue } from '../contract/index.ts';
import { DEFAULT_DATA, readAccess } from './data-directory.ts';
import { EngineClient } from './engine-client.ts';
import type { Io } from './io.ts';
import type { CliServices, RunningEngine, StartOptions } from './services.ts';
import { printable, style } from './table.ts';
import { errorSentence } from './words.ts';

export interface Context {
  /** Composed at first use: a command on a running engine loads no plugin. */
  readonly services: () => Promise<CliServices>;
  readonly start: (options: StartOptions) => Promise<RunningEngine>;
  readonly version: string;
  readonly io: Io;
  /** Raised by `fail`: 0 done, 1 failed, 2 wrong usage or invalid input. */
  exitCode: 0 | 1 | 2;
}

export interface EngineOptions {
  readonly data: string;
  readonly url?: string;
  readonly tokenFile?: string;
}

export const dataOption = (): Option =>
  new Option('--data <dir>', 'dossier de données / data directory').env('PASSERELLE_DATA').default(DEFAULT_DATA);
export const journalOption = (): Option =>
  new Option('--journal <url>', 'journal hors du dossier de données / journal outside the data directory').env('PASSERELLE_JOURNAL');
export const jsonOption = (): Option => new Option('--json', 'sortie JSON / JSON output').env('PASSERELLE_JSON');
export const whyOption = (): Option =>
  new Option('--why <text>', 'motif, sans donnée de patient / reason, without patient data').env('PASSERELLE_WHY');

/** Options by which a command finds the running engine. */
export function withEngine(command: Command): Command {
  return command
    .addOption(dataOption())
    .addOption(new Option('--url <url>', "adresse d'administration du moteur / admin address of the engine").env('PASSERELLE_URL'))
    .addOption(new Option('--token-file <file>', "fichier du jeton d'accès / token file").env('PASSERELLE_TOKEN_FILE'));
}

export const clientOf = async (options: EngineOptions): Promise<EngineClient> => new EngineClient(await readAccess(options));

/** Who acts, beside the token's name: said, not proven. Empty in a container whose user has no name. */
export function actor(): { readonly who?: string } {
  try {
    const who = userInfo()
      .username.replaceAll(/[\p{Cc}/]/gu, '')
      .slice(0, 64);
    return who ? { who } : {};
  } catch {
    return {};
  }
}

/** Repeatable option. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints an error with its fix, French first, and raises the exit code. */
export function fail(context: Context, thrown: unknown): void {
  const error = PasserelleError.from(thrown);
  const { io } = context;
  context.exitCode = exitCodeOf(error) === 2 || context.exitCode === 2 ? 2 : 1;
  if (error instanceof SettingsRefused) {
    printIssues(io, error.issues);
    return;
  }
  printError(io, error);
}

/** An error with its fix, French first. */
export function printError(io: Io, error: PasserelleError): void {
  const { fix } = error.entry;
  io.err(`${style(io, 'red', printable(errorSentence(error.toData())))}\n  À faire : ${fix.fr}\n  ${printable(error.message)}\n  To do: ${fix.en}\n`);
}

/** What the caller gave is wrong, rather than what happened. */
function exitCodeOf({ code }: PasserelleError): 1 | 2 {
  return code.startsWith('ERR_CONFIG_') || ['ERR_REQUEST_INVALID', 'ERR_REASON_MISSING', 'ERR_CONNECTOR_UNKNOWN', 'ERR_SECRET_MISSING'].includes(code)
    ? 2
    : 1;
}

export function printIssues(io: Io, issues: readonly SettingsIssue[]): void {
  for (const { code, fr, message, fix } of issues) {
    io.err(`${style(io, 'red', code)} ${printable(fr)}\n  À faire : ${fix.fr}\n  ${printable(message)}\n  To do: ${fix.en}\n`);
  }
}

/** Filters that `messages` and `replay` share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { MESSAGE_STATES, type MessageQuery, type MessageState } from '../contract/index.ts';
import { collect } from './context.ts';

export interface FilterFlags {
  readonly state?: readonly MessageState[];
  readonly site?: string;
  readonly lane?: string;
  readonly type?: string;
  readonly controlId?: string;
  readonly since?: string;
  readonly until?: string;
  readonly document?: string;
  readonly limit: number;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

export function withFilters(command: Command): Command {
  return command
    .addOption(new Option('--state <state>', `état, répétable / state, repeatable (${MESSAGE_STATES.join(' ')})`).argParser(parseState))
    .option('--site <finess>', 'établissement / site')
    .option('--lane <name>', "point d'accès entrant / inbound endpoint")
    .option('--type <type>', 'type de message, ex. ADT^A01')
    .option('--document <id>', 'identifiant ou setId du document / document id')
    .option('--control-id <id>', "identifiant donné par l'émetteur (MSH-10)")
    .addOption(new Option('--since <time>', 'reçus depuis / received since (ISO 8601)').argParser(parseTime))
    .addOption(new Option('--until <time>', 'reçus avant / received before').argParser(parseTime))
    .addOption(new Option('--limit <n>', 'nombre de messages').argParser(parseLimit).default(DEFAULT_LIMIT).env('PASSERELLE_LIMIT'));
}

export function queryOf(flags: FilterFlags): MessageQuery {
  const { state, site, lane, type, controlId, since, until, document, limit } = flags;
  return {
    limit,
    ...(state && { state }),
    ...(site && { site }),
    ...(lane && { lane }),
    ...(type && { type }),
    ...(controlId && { controlId }),
    ...(since && { since }),
    ...(until && { until }),
    ...(document && { document }),
  };
}

function parseState(text: string, before: readonly string[] | undefined): readonly string[] {
  if (!(MESSAGE_STATES as readonly string[]).includes(text)) throw new InvalidArgumentError(`états / states: ${MESSAGE_STATES.join(' ')}`);
  return collect(text, before);
}

/** ISO, UTC. Throws InvalidArgumentError. */
export function parseTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('2026-10-12T08:00:00+02:00');
  return new Date(time).toISOString();
}

function parseLimit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MAX_LIMIT) throw new InvalidArgumentError(`1..${MAX_LIMIT}`);
  return value;
}

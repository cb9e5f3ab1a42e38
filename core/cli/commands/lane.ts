/** `passerelle lane ...`: stops, starts, paces, drains or shows one delivery lane. */
import { setTimeout as wait } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PasserelleError, type LaneView } from '../../contract/index.ts';
import { actor, clientOf, fail, jsonOption, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { parseDuration, parseRate } from '../measures.ts';
import { parseTime } from '../message-filters.ts';
import { table } from '../table.ts';
import { showLane } from './lane-heads.ts';
import { addReady } from './lane-ready.ts';
import { LANES } from '../lane-table.ts';

const VERBS = {
  pause: "suspend les envois d'une file / pauses a lane",
  resume: 'reprend les envois / resumes a lane',
  release: 'libère ce qui est retenu / releases what is held',
} as const;

/** Between two looks at a lane that drains. */
const LOOK_MS = 500;

export function addLane(program: Command, context: Context): void {
  const lane = program.command('lane').description('agit sur une file / acts on a lane');
  /** A command on one lane that ends with what the lane is now. */
  const add = (
    name: string,
    description: string,
    act: (lane: string, options: Options, more: string) => Promise<LaneView | void>,
    more?: string,
  ): Command => {
    const command = withEngine(lane.command(name).argument('<name>', 'nom de la file / lane name')).description(description);
    if (more) command.argument(more);
    return command.action(async (...given: readonly unknown[]) => {
      const [target, options] = [given[0] as string, given[more ? 2 : 1] as Options];
      try {
        const view = await act(target, options, more ? (given[1] as string) : '');
        if (view) context.io.out(table(context.io, LANES, [view]));
      } catch (error) {
        fail(context, error);
      }
    });
  };
  for (const [verb, description] of Object.entries(VERBS))
    add(verb, description, async (name, options) => (await clientOf(options)).lane(name, verb as keyof typeof VERBS));
  add('show', 'montre une file et ce qui la bloque / shows a lane and what blocks it', (name, options) => showLane(name, options, context)).addOption(
    jsonOption(),
  );
  add('downtime', 'arrêt prévu du destinataire : rien ne part, aucune alerte, reprise seule / planned downtime of the receiver', downtime)
    .addOption(new Option('--until <time>', 'fin / end (ISO 8601)').argParser(parseTime))
    .addOption(new Option('--for <duration>', 'durée, ex. 2h / duration').argParser(parseDuration).conflicts('until'))
    .addOption(new Option('--from <time>', 'début, sinon maintenant / begin, else now').argParser(parseTime))
    .addOption(new Option('--cancel', 'annule / cancels').conflicts(['until', 'for', 'from']))
    .addOption(whyOption());
  add('rate', 'cadence maximale des envois, ex. 60/min ; off = sans limite / highest rate of sends', rate, '<rate>').addOption(whyOption());
  addReady(lane, context);
  add('drain', 'attend que la file soit vide / waits until the lane is empty', (name, options) => drain(name, options, context)).addOption(
    new Option('--timeout <duration>', 'abandon après, ex. 10min / gives up after').argParser(parseDuration),
  );
}

/** Of all these commands; each takes its own. */
type Options = EngineOptions & {
  readonly json?: boolean;
  readonly timeout?: number;
  readonly until?: string;
  readonly for?: number;
  readonly from?: string;
  readonly cancel?: boolean;
  readonly why?: string;
};

async function downtime(name: string, options: Options): Promise<LaneView> {
  const client = await clientOf(options);
  const { from, why } = options;
  if (options.cancel) return client.downtime(name, { ...actor(), cancel: true });
  const begin = from ? Date.parse(from) : Date.now();
  const until = options.until ?? (options.for === undefined ? undefined : new Date(begin + options.for).toISOString());
  if (until === undefined) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: '--until, --for or --cancel' });
  return client.downtime(name, { ...actor(), until, ...(from && { from }), ...(why && { why }) });
}

async function rate(name: string, options: Options, text: string): Promise<LaneView> {
  const { why } = options;
  let perMinute: number | null = null;
  try {
    if (text !== 'off') perMinute = parseRate(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new PasserelleError('ERR_REQUEST_INVALID', { expected: `${error.message}, off`, found: text });
  }
  return (await clientOf(options)).rate(name, { ...actor(), perMinute, ...(why && { why }) });
}

/** Nothing queued, nothing being sent; what waits for a person stays. Exit code 1 when it is not so in time. */
async function drain(name: string, options: Options, context: Context): Promise<void> {
  const { io } = context;
  const client = await clientOf(options);
  const end = options.timeout === undefined ? Infinity : performance.now() + options.timeout;
  for (let before = ''; ; await wait(LOOK_MS)) {
    const { status, counts, direction } = await client.laneDetail(name);
    if (direction !== 'out') throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a delivery lane', found: name });
    const { queued = 0, sending = 0 } = counts;
    const said = `${status} : ${queued} en attente / queued, ${sending} en cours / sending\n`;
    if (said !== before) io.out(said);
    before = said;
    if (queued + sending === 0) return io.out('Vide / drained.\n');
    if (performance.now() > end) {
      context.exitCode = 1;
      return io.err('Pas vide à temps / not drained in time.\n');
    }
  }
}

/** `passerelle replay`: runs stored messages again through decode and encode: those named, or those of a filter, oldest first. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { actOnEach } from '../act.ts';
import { clientOf, fail, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { queryOf, withFilters, type FilterFlags } from '../message-filters.ts';
import { parseRate } from '../measures.ts';
import { replayPages, type ReplayResult } from '../replay-pages.ts';
import { table } from '../table.ts';
import { errorSentence } from '../words.ts';
import { MESSAGES } from './messages.ts';

type Options = EngineOptions &
  FilterFlags & {
    readonly why?: string;
    readonly all?: boolean;
    readonly dryRun?: boolean;
    readonly rate?: number;
    readonly after?: string;
  };

export function addReplay(program: Command, context: Context): void {
  withFilters(withEngine(program.command('replay').argument('[id...]', 'messages, sinon ceux des filtres / messages, else those of the filters')))
    .description('rejoue des messages, les plus anciens d’abord / replays messages, oldest first')
    .option('--all', 'tous ceux du filtre, sans --limit / all of the filter')
    .option('--dry-run', 'compte et montre les premiers, ne rejoue rien / counts, replays nothing')
    .addOption(new Option('--rate <n/min>', 'cadence, ex. 600/min ou 10/s / pace').argParser(rate))
    .option('--after <cursor>', 'reprend un rejeu interrompu / goes on with an interrupted replay')
    .addOption(whyOption())
    .action((ids: readonly string[], options: Options) => replay(ids, options, context));
}

async function replay(ids: readonly string[], options: Options, context: Context): Promise<void> {
  const { io } = context;
  try {
    if (ids.length > 0) return await actOnEach(ids, 'replay', options, context);
    // Without a state a filter would take messages that went well.
    if (!options.state) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'ID... or --state' });
    const { limit, ...filter } = queryOf(options);
    // What comes meanwhile is not chased.
    const until = filter.until ?? new Date().toISOString();
    let after = options.after;
    try {
      const result = await replayPages(
        await clientOf(options),
        {
          query: { ...filter, until, ...(after && { after }) },
          most: options.all ? Infinity : limit,
          dryRun: options.dryRun === true,
          ...(options.rate && { perMinute: options.rate }),
          ...(options.why && { why: options.why }),
        },
        (sofar) => {
          after = sofar.next;
          if (io.color) io.err(`\r${sofar.done} ${options.dryRun ? 'trouvés / found' : 'rejoués / replayed'}`);
        },
      );
      if (io.color) io.err('\n');
      say(result, options, context);
    } catch (error) {
      if (after !== undefined) io.err(`Interrompu ; reprendre avec / interrupted, go on with: --after ${after} --until ${until}\n`);
      throw error;
    }
  } catch (error) {
    fail(context, error);
  }
}

function say({ done, refused, first, firstRefused, next }: ReplayResult, { dryRun, all }: Options, context: Context): void {
  const { io } = context;
  if (done + refused === 0) return io.out('Aucun message / no message.\n');
  if (dryRun) {
    io.out(table(io, MESSAGES, first));
    io.out(`À rejouer / to replay : ${done}${next && !all ? ' et d’autres (--all) / and more' : ''}\n`);
    return;
  }
  io.out(`Rejoués / replayed : ${done}   (passerelle lanes)\n`);
  if (refused > 0) {
    context.exitCode = 1;
    io.err(`Non rejoués / not replayed : ${refused}\n`);
    for (const { id, error } of firstRefused) io.err(`  ${id} ${errorSentence(error)}\n`);
    if (firstRefused.some(({ error }) => error.code === 'ERR_REPLAY_STALE'))
      io.err('  Un plus récent du même patient ou document est déjà parti ; le rejouer quand même : --why "..." / newer ones have gone: --why\n');
  }
  if (next) io.out(`Suite / more : --after ${next}, ou / or --all\n`);
}

function rate(text: string): number {
  const perMinute = parseRate(text);
  if (perMinute < 1) throw new InvalidArgumentError('1/min');
  return perMinute;
}

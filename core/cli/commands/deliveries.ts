/** `passerelle deliveries`: lists the legs of messages, by lane and state: what waits, is in doubt, held or dead. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DELIVERY_STATES, type DeliveryView } from '../../contract/index.ts';
import { clientOf, collect, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { behindWords } from '../next-steps.ts';
import { table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

interface Flags {
  readonly state?: readonly string[];
  readonly lane?: string;
  readonly limit: string;
  readonly after?: string;
  readonly json?: boolean;
}

export function addDeliveries(program: Command, context: Context): void {
  withEngine(program.command('deliveries'))
    .description('liste les remises / lists deliveries')
    .addOption(new Option('--state <state>', `état, répétable / state, repeatable (${DELIVERY_STATES.join(' ')})`).argParser(parseState))
    .option('--lane <name>', "point d'accès sortant / outbound endpoint")
    .option('--limit <n>', 'nombre de remises', '50')
    .option('--after <cursor>', 'page suivante / next page')
    .addOption(jsonOption())
    .action(async (options: EngineOptions & Flags) => {
      try {
        const { state, lane, limit, after } = options;
        const page = await (
          await clientOf(options)
        ).deliveries({ limit: Number(limit), ...(state && { state }), ...(lane && { lane }), ...(after && { after }) });
        if (options.json) return printJson(context.io, page);
        const { io } = context;
        if (page.items.length === 0) return io.out('Aucune remise / no delivery.\n');
        io.out(table(io, COLUMNS, page.items));
        if (page.next) io.out(`\nSuite / more : --after ${page.next}\n`);
        io.out('Détail / detail : passerelle message ID (message ou remise / message or delivery)\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

const COLUMNS: readonly Column<DeliveryView>[] = [
  { title: 'DEPUIS', value: (d) => shortTime(d.queuedAt) },
  { title: 'ID', value: (d) => d.id },
  { title: 'FILE', value: (d) => d.lane },
  { title: 'ÉTAT', value: (d) => d.state },
  { title: 'ESSAIS', right: true, value: (d) => String(d.attempts) },
  { title: 'ÉVÉNEMENT', value: (d) => d.eventType },
  { title: 'MOTIF', rest: true, value: (d) => (d.error ? `${d.error.code} ${d.error.fr ?? ''}` : behindWords(d)) },
];

function parseState(text: string, before: readonly string[] | undefined): readonly string[] {
  if (!(DELIVERY_STATES as readonly string[]).includes(text)) throw new InvalidArgumentError(`états / states: ${DELIVERY_STATES.join(' ')}`);
  return collect(text, before);
}

/** `passerelle replay`: runs stored messages again through decode and encode. */
import type { Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { actOnEach } from '../act.ts';
import { clientOf, fail, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { queryOf, withFilters, type FilterFlags } from '../message-filters.ts';

type Options = EngineOptions & FilterFlags & { readonly why?: string };

export function addReplay(program: Command, context: Context): void {
  withFilters(withEngine(program.command('replay').argument('[id...]', 'messages, sinon ceux des filtres / messages, else those of the filters')))
    .description('rejoue des messages / replays messages')
    .addOption(whyOption())
    .action((ids: readonly string[], options: Options) => replay(ids, options, context));
}

async function replay(ids: readonly string[], options: Options, context: Context): Promise<void> {
  try {
    // Without a state a filter would take messages that went well.
    if (ids.length === 0 && !options.state) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'ID... or --state' });
    const chosen = ids.length > 0 ? ids : (await (await clientOf(options)).messages(queryOf(options))).items.map(({ id }) => id);
    if (chosen.length === 0) context.io.out('Aucun message / no message.\n');
    await actOnEach(chosen, 'replay', options, context);
  } catch (error) {
    fail(context, error);
  }
}

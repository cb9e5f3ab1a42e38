/** `passerelle discard ID... --why`: gives up messages or deliveries for good, with a reason. */
import type { Command } from 'commander';
import { actOnEach } from '../act.ts';
import { whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';

export function addDiscard(program: Command, context: Context): void {
  withEngine(program.command('discard').argument('<id...>', 'messages ou remises / messages or deliveries'))
    .description('écarte définitivement, avec un motif / discards for good, with a reason')
    .addOption(whyOption().makeOptionMandatory())
    .action((ids: readonly string[], options: EngineOptions & { why: string }) => actOnEach(ids, 'discard', options, context));
}

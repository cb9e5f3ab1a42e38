/** `passerelle apply DIR`: makes the documents of a folder the active settings. */
import type { Command } from 'commander';
import { actor, clientOf, fail, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { readFolder } from '../settings-folder.ts';
import { printPlan } from './plan.ts';

export function addApply(program: Command, context: Context): void {
  withEngine(program.command('apply').argument('<dir>', 'dossier de paramétrage / settings folder'))
    .description('applique le paramétrage au moteur / applies settings')
    .addOption(whyOption())
    .addOption(jsonOption())
    .action(async (folder: string, options: EngineOptions & { json?: boolean; why?: string }) => {
      try {
        const client = await clientOf(options);
        const done = await client.apply(await readFolder(folder), { ...actor(), ...(options.why && { why: options.why }) });
        if (options.json) return printJson(context.io, done);
        printPlan(context, done.plan);
        context.io.out(`Révision ${done.revision} active / active revision.\n`);
      } catch (error) {
        fail(context, error);
      }
    });
}

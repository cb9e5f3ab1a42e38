/** `passerelle lanes [NAME]`: every lane, its state and what waits in it; of one lane, who blocks whom and what to do next. */
import type { Command } from 'commander';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { LANES } from '../lane-table.ts';
import { table } from '../table.ts';
import { showLane } from './lane-heads.ts';

export function addLanes(program: Command, context: Context): void {
  withEngine(program.command('lanes').argument('[name]', 'une file : ce qui la bloque / one lane: what blocks it'))
    .description('montre les files, ce qui y attend et ce qui bloque / shows lanes, what waits in them and what blocks')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: EngineOptions & { json?: boolean }) => {
      try {
        if (name !== undefined) return await showLane(name, options, context);
        const lanes = await (await clientOf(options)).lanes();
        if (options.json) printJson(context.io, { items: lanes });
        else context.io.out(lanes.length > 0 ? table(context.io, LANES, lanes) : 'Aucune file / no lane.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

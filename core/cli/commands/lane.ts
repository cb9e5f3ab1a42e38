/** `passerelle lane pause|resume|release NAME`: stops, starts or lets go one delivery lane. */
import type { Command } from 'commander';
import { clientOf, fail, withEngine, type Context, type EngineOptions } from '../context.ts';
import { table } from '../table.ts';
import { LANES } from './lanes.ts';

const VERBS = {
  pause: "suspend les envois d'une file / pauses a lane",
  resume: 'reprend les envois / resumes a lane',
  release: 'libère ce qui est retenu / releases what is held',
} as const;

export function addLane(program: Command, context: Context): void {
  const lane = program.command('lane').description('agit sur une file / acts on a lane');
  for (const [verb, description] of Object.entries(VERBS)) {
    withEngine(lane.command(verb).argument('<name>', 'nom de la file / lane name'))
      .description(description)
      .action(async (name: string, options: EngineOptions) => {
        try {
          context.io.out(table(context.io, LANES, [await (await clientOf(options)).lane(name, verb as keyof typeof VERBS)]));
        } catch (error) {
          fail(context, error);
        }
      });
  }
}

/** `passerelle lanes`: every lane, its state and what waits in it. */
import type { Command } from 'commander';
import type { LaneView } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

export function addLanes(program: Command, context: Context): void {
  withEngine(program.command('lanes'))
    .description('montre les files et ce qui y attend / shows lanes and what waits in them')
    .addOption(jsonOption())
    .action(async (options: EngineOptions & { json?: boolean }) => {
      try {
        const lanes = await (await clientOf(options)).lanes();
        if (options.json) printJson(context.io, { items: lanes });
        else context.io.out(lanes.length > 0 ? table(context.io, LANES, lanes) : 'Aucune file / no lane.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

const count = (lane: LaneView, ...states: readonly (keyof LaneView['counts'])[]): string =>
  String(states.reduce((sum, state) => sum + (lane.counts[state] ?? 0), 0));

export const LANES: readonly Column<LaneView>[] = [
  { title: 'FILE', value: (l) => l.lane },
  { title: 'SENS', value: (l) => (l.direction === 'in' ? 'entrée' : 'sortie') },
  { title: 'ÉTAT', value: (l) => l.status },
  { title: 'ATTENTE', right: true, value: (l) => count(l, 'received', 'queued', 'sending') },
  { title: 'À DÉCIDER', right: true, value: (l) => count(l, 'quarantined', 'review', 'held', 'dead') },
  { title: 'FAITS', right: true, value: (l) => count(l, 'decoded', 'filtered', 'delivered') },
  { title: 'PLUS ANCIEN', value: (l) => (l.oldest ? shortTime(l.oldest) : '-') },
  { title: 'ADRESSE', rest: true, value: (l) => (l.error ? `${l.address} ${l.error.code}` : l.address) },
];

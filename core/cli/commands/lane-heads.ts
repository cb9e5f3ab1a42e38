/** One lane in full: its state, then each delivery that blocks others, since when, how many wait behind it, and the command that ends it. */
import type { BlockedHead, LaneView } from '../../contract/index.ts';
import { clientOf, printJson, type Context, type EngineOptions } from '../context.ts';
import { nextForDelivery } from '../next-steps.ts';
import { printable, style, table } from '../table.ts';
import { STATE_WORDS, errorSentence, localTime } from '../words.ts';
import { LANES } from '../lane-table.ts';

/** What ends what holds a whole lane back. */
const HELD_BACK: Readonly<Partial<Record<LaneView['status'], (lane: string) => string>>> = {
  paused: (lane) => `passerelle lane resume ${lane}`,
  downtime: (lane) => `passerelle lane downtime ${lane} --cancel`,
  tripped: () => 'réessayé sans cesse / tried again by itself',
};

export async function showLane(name: string, options: EngineOptions & { readonly json?: boolean }, context: Context): Promise<void> {
  const { io } = context;
  const lane = await (await clientOf(options)).laneDetail(name);
  if (options.json) return printJson(io, lane);
  io.out(table(io, LANES, [lane]));
  const { status, direction, downtime, heads, blocked, partial } = lane;
  if (downtime)
    io.out(
      printable(`Arrêt prévu / downtime : ${localTime(downtime.from)} - ${localTime(downtime.until)}${downtime.why ? ` : ${downtime.why}` : ''}`) +
        '\n',
    );
  const ends = HELD_BACK[status]?.(name);
  if (ends && direction === 'out') io.out(`Toute la file attend / all of it waits : ${ends}\n`);
  else if (heads.length === 0) io.out('Rien ne bloque / nothing blocks.\n');
  if (heads.length === 0) return;
  const count = blocked?.heads ?? heads.length;
  io.out(`\n${count} ${count > 1 ? 'remises bloquent' : 'remise bloque'}, ${blocked?.waiting ?? 0} attendent derrière / wait behind\n`);
  for (const head of heads) printHead(head, partial, context);
  if (count > heads.length) io.out(`... et ${count - heads.length} autres / and more\n`);
}

function printHead({ delivery, since, directly, inAll }: BlockedHead, partial: boolean, { io }: Context): void {
  const { id, message, state, error, notBefore } = delivery;
  const waits = `${directly} derrière, ${inAll} en tout${partial ? ' au moins' : ''} / behind, in all`;
  io.out(`${style(io, 'bold', id)}  ${state} (${STATE_WORDS[state]}), message ${message}, depuis / since ${localTime(since)}\n  ${waits}\n`);
  if (error) io.out(`  ${printable(errorSentence(error))}\n  À faire : ${error.fix?.fr ?? ''}\n`);
  if (state === 'queued' && notBefore) io.out(`  Nouvel essai / next attempt : ${localTime(notBefore)}\n`);
  for (const command of state === 'queued' ? [`passerelle message ${id}`] : nextForDelivery(delivery)) io.out(`  ${command}\n`);
}

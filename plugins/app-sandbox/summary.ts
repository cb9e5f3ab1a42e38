/** What became of everything, one line per fate, each with the command that explains it. */
import type { DeliveryState, EngineFace, MessageState } from '../../core/contract/index.ts';

const WIDTH = 44;

export async function summaryLines(engine: EngineFace): Promise<readonly string[]> {
  const lanes = await engine.lanes();
  const count = (direction: 'in' | 'out', state: MessageState | DeliveryState, record?: boolean): number =>
    lanes
      .filter((l) => l.direction === direction && (record === undefined || isRecord(l.lane, lanes) === record))
      .reduce((sum, l) => sum + (l.counts[state] ?? 0), 0);
  const received = (['received', 'decoded', 'filtered', 'quarantined', 'rejected', 'dead', 'discarded'] as const).reduce(
    (sum, s) => sum + count('in', s),
    0,
  );
  const row = (fr: string, en: string, n: number, command: string): string =>
    `  ${`${fr} / ${en}`.padEnd(WIDTH)} ${String(n).padStart(5)}   ${command}`;
  return [
    '',
    'Ce que tout est devenu / what became of everything',
    row('reçus', 'received', received, 'npx passerelle messages'),
    row('remis au dossier', 'delivered to the record', count('out', 'delivered', true), 'npx passerelle lanes'),
    row('remis au DPI', 'delivered to the hospital', count('out', 'delivered', false), 'npx passerelle lanes'),
    row('en attente', 'held', count('out', 'held'), 'npx passerelle deliveries --state held'),
    row('en doute', 'in review', count('out', 'review'), 'npx passerelle deliveries --state review'),
    row('en quarantaine', 'quarantined', count('in', 'quarantined'), 'npx passerelle messages --state quarantined'),
    row('refusés', 'rejected', count('in', 'rejected'), 'npx passerelle messages --state rejected'),
    row('en échec', 'dead', count('in', 'dead') + count('out', 'dead'), 'npx passerelle deliveries --state dead'),
    '',
    'Pour tout savoir d’un message / all about one message: npx passerelle message ID',
    'Ctrl-C pour arrêter / Ctrl-C to stop.',
  ];
}

/** Whether the lane belongs to the record. */
function isRecord(lane: string, lanes: Awaited<ReturnType<EngineFace['lanes']>>): boolean {
  return lanes.find((l) => l.lane === lane)?.role === 'record';
}

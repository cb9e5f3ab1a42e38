/** Lanes as a table. */
import type { LaneView } from '../contract/index.ts';
import type { Column } from './table.ts';
import { STATUS_WORDS, shortTime } from './words.ts';

const count = (lane: LaneView, ...states: readonly (keyof LaneView['counts'])[]): string =>
  String(states.reduce((sum, state) => sum + (lane.counts[state] ?? 0), 0));

function status({ status: word, downtime, perMinute }: LaneView): string {
  const until = downtime && word === 'downtime' ? ` → ${shortTime(downtime.until)}` : '';
  return `${STATUS_WORDS[word]}${until}${perMinute === undefined ? '' : `, ${Math.round(perMinute * 100) / 100}/min`}`;
}

export const LANES: readonly Column<LaneView>[] = [
  { title: 'FILE', value: (l) => l.lane },
  { title: 'SENS', value: (l) => (l.direction === 'in' ? 'entrée' : 'sortie') },
  { title: 'ÉTAT', value: status },
  { title: 'BLOQUÉES', right: true, value: (l) => (l.blocked ? String(l.blocked.waiting) : '-') },
  { title: 'ATTENTE', right: true, value: (l) => count(l, 'received', 'queued', 'sending') },
  { title: 'À DÉCIDER', right: true, value: (l) => count(l, 'quarantined', 'review', 'held', 'dead') },
  { title: 'FAITS', right: true, value: (l) => count(l, 'decoded', 'filtered', 'delivered') },
  { title: 'PLUS ANCIEN', value: (l) => (l.oldest ? shortTime(l.oldest) : '-') },
  { title: 'ADRESSE', rest: true, value: (l) => (l.error ? `${l.address} ${l.error.code}` : l.address) },
];

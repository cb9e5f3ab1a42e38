/**
 * Which alerts are on, from one look to the next: raised once, cleared once. A lane that fails, works and fails again is one alert: what is gone
 * for less than `HOLD_MS` has not gone.
 */
import type { AlertCode } from '../contract/index.ts';
import type { Condition } from './rules.ts';

/** `watched`: what is not there is over. `unknown`: could not be looked at. `downtime`: planned, says nothing. `elsewhere`: another node tells. */
export type Sight = 'watched' | 'unknown' | 'downtime' | 'elsewhere';

export interface Change {
  readonly what: 'raised' | 'cleared' | 'silenced';
  readonly condition: Condition;
  readonly sight: Sight;
}

interface Episode {
  readonly condition: Condition;
  readonly seenAt: number;
  readonly isRaised: boolean;
}

/** Those that come and go by themselves; what a person ends is over when it is ended. */
const HELD: ReadonlySet<AlertCode> = new Set(['ALERT_LANE_FAILING', 'ALERT_LANE_WAITING', 'ALERT_DISK_LOW', 'ALERT_DISK_FULL']);
export const HOLD_MS = 120_000;

export class Board {
  #episodes: ReadonlyMap<string, Episode> = new Map();

  get raised(): readonly Condition[] {
    return [...this.#episodes.values()].filter(({ isRaised }) => isRaised).map(({ condition }) => condition);
  }

  /** What is wrong now, and how what is not said to be wrong was seen. Answers what changed. */
  observe(conditions: readonly Condition[], now: number, sightOf: (condition: Condition) => Sight): readonly Change[] {
    const changes: Change[] = [];
    const next = new Map<string, Episode>();
    for (const condition of conditions.filter((one) => sightOf(one) === 'watched')) {
      const before = this.#episodes.get(keyOf(condition));
      const since = Math.min(condition.since, before?.condition.since ?? Infinity);
      const current = { ...condition, since };
      const isRaised = before?.isRaised === true || now - since >= (condition.after ?? 0);
      next.set(keyOf(condition), { condition: current, seenAt: now, isRaised });
      if (isRaised && !before?.isRaised) changes.push({ what: 'raised', condition: current, sight: 'watched' });
    }
    for (const [key, episode] of this.#episodes) {
      if (next.has(key)) continue;
      const sight = sightOf(episode.condition);
      const holds = sight === 'watched' && HELD.has(episode.condition.code) && now - episode.seenAt < HOLD_MS;
      if (sight === 'unknown' || holds) next.set(key, episode);
      else if (episode.isRaised) changes.push({ what: sight === 'watched' ? 'cleared' : 'silenced', condition: episode.condition, sight });
    }
    this.#episodes = next;
    return changes;
  }
}

const keyOf = ({ code, lane = '', site = '' }: Condition): string => `${code} ${lane} ${site}`;

/** A scripted day: actions of peers one after the other, each with what it should come to. */
import { PeerNotYet } from '../../core/contract/index.ts';
import type { Sent } from './outbox.ts';
import type { PeerHandle } from './peer-host.ts';

/** One line of `day.yaml`. */
export interface DayStep {
  readonly peer: string;
  readonly action: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** Acknowledgement of its last message begins with this: `AA`, `AE 207/904`, `201`. */
  readonly expect?: string;
  /** For people, French first. */
  readonly title?: string;
}

export interface DayOutcome extends DayStep {
  readonly sent: readonly Sent[];
  readonly asExpected: boolean;
  /** Why it could not be played. */
  readonly error?: string;
}

const NOT_YET_DEADLINE_MS = 20_000;
const NOT_YET_PAUSE_MS = 100;

/** Plays the steps in order; one that needs something that has not come yet is asked again for 20 s. Never throws: what failed is told. */
export async function playDay(
  day: readonly DayStep[],
  peers: Readonly<Record<string, PeerHandle>>,
  told: (outcome: DayOutcome) => void = () => {},
): Promise<readonly DayOutcome[]> {
  const outcomes: DayOutcome[] = [];
  for (const step of day) {
    const outcome = await play(step, peers[step.peer]);
    outcomes.push(outcome);
    told(outcome);
  }
  return outcomes;
}

async function play(step: DayStep, peer: PeerHandle | undefined): Promise<DayOutcome> {
  try {
    if (!peer) throw new Error('no such peer');
    const sent = await whenReady(() => peer.act(step.action, step.args));
    const last = sent.at(-1);
    return { ...step, sent, asExpected: step.expect === undefined ? last?.verdict === 'taken' : (last?.ack?.startsWith(step.expect) ?? false) };
  } catch (error) {
    return { ...step, sent: [], asExpected: false, error: (error as Error).message };
  }
}

async function whenReady<T>(attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + NOT_YET_DEADLINE_MS; ; await new Promise((resolve) => setTimeout(resolve, NOT_YET_PAUSE_MS))) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PeerNotYet) || Date.now() > end) throw error;
    }
  }
}

/** Decisions of people: written to the journal, then followed by the lanes from what the journal answers; nothing is read back. */
import {
  PasserelleError,
  RELEASED_BY,
  explain,
  type ActRequest,
  type EngineFace,
  type ErrorCode,
  type MessageSummary,
  type OperatorAction,
  type ReplayPage,
  type ReplayRequest,
} from '../contract/index.ts';
import { messageId, parseId } from '../journal/index.ts';
import type { Engine } from './engine.ts';
import { messageView } from './views.ts';

/** Deliveries of one commit of a lane release. */
const RELEASE_PAGE = 500;
/**
 * Messages of a lane that may wait to be decided before another page of a replay is taken: what a sender sends meanwhile stands behind them, some
 * seconds at most.
 */
const REPLAY_AHEAD = 2000;
/** What a replay can do something to. */
const REPLAYABLE = ['decoded', 'filtered', 'quarantined', 'dead'] as const;

/** All or nothing in the journal. Answers the ids acted upon. */
export async function act(engine: Engine, request: ActRequest): Promise<readonly string[]> {
  if ((request.verb === 'discard' || request.verb === 'confirm') && !request.why) throw new PasserelleError('ERR_REASON_MISSING');
  const at = new Date().toISOString();
  const { verb, who, why } = request;
  await perform(
    engine,
    request.ids.map((id) => ({ verb, who, at, ...parseId(engine.journal.tag, id), ...(why && { why }) })),
  );
  return request.ids;
}

/** Of whom a document is, a person says, one by one (SAFETY A4): no order to a whole lane opens these. */
const DECIDED_ALONE: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'ERR_FILING_BLOCKED',
  'ERR_IDENTITY_CONFLICT',
  'ERR_IDENTITY_IN_DOUBT',
]);

/** All else that is held now; one that the receiver holds again is not released twice. */
export async function releaseHeld(engine: Engine, lane: string): Promise<void> {
  const held: number[] = [];
  for (let after: string | undefined; ;) {
    const page = await engine.journal.deliveries({ lane, states: ['held'] }, { limit: RELEASE_PAGE, ...(after !== undefined && { after }) });
    held.push(...page.items.filter(({ error }) => !DECIDED_ALONE.has(error?.code)).map(({ delivery }) => delivery));
    after = page.next;
    if (after === undefined) break;
  }
  for (let from = 0; from < held.length; from += RELEASE_PAGE) {
    const at = new Date().toISOString();
    await perform(
      engine,
      held.slice(from, from + RELEASE_PAGE).map((delivery) => ({ verb: 'release', delivery, who: RELEASED_BY.lane, at })),
    );
  }
}

/**
 * One page of a replay by filter, oldest first. What cannot be replayed (stale without a reason, being sent) is passed over and said. Throws
 * ERR_BACKPRESSURE while too much of earlier pages is undecided: to be asked again.
 */
export async function replayPage(
  engine: Engine,
  request: ReplayRequest,
  find: (query: Parameters<EngineFace['messages']>[0]) => ReturnType<Engine['journal']['messages']>,
): Promise<ReplayPage> {
  const { who, why, dryRun, ...query } = request;
  const { tag } = engine.journal;
  if (!dryRun) await refuseWhileBehind(engine, query.lane);
  const page = await find({ ...query, state: query.state ?? REPLAYABLE, order: 'oldest' });
  const next = page.next === undefined ? {} : { next: page.next };
  if (dryRun) return { messages: page.items.map((m) => messageView(tag, m)), refused: [], ...next };
  const at = new Date().toISOString();
  const refused: { id: string; error: ReturnType<typeof explain> }[] = [];
  const done = await replayEach(
    engine,
    page.items,
    ({ message }) => ({ verb: 'replay', message, who, at, ...(why && { why }) }),
    ({ message }, error) => refused.push({ id: messageId(tag, message), error: explain(error.toData()) }),
  );
  return { messages: done.map((m) => messageView(tag, m)), refused, ...next };
}

/** One commit for all; when one of them refuses it, each by itself. */
async function replayEach(
  engine: Engine,
  items: readonly MessageSummary[],
  action: (item: MessageSummary) => OperatorAction,
  refuse: (item: MessageSummary, error: PasserelleError) => void,
): Promise<readonly MessageSummary[]> {
  const own = (thrown: unknown): PasserelleError => {
    const error = PasserelleError.from(thrown);
    if (!['ERR_TRANSITION', 'ERR_REPLAY_STALE', 'ERR_NOT_FOUND'].includes(error.code)) throw error;
    return error;
  };
  try {
    await perform(engine, items.map(action));
    return items;
  } catch (thrown) {
    own(thrown);
  }
  // Asked for together: the journal groups them into one commit.
  const alone = await Promise.allSettled(items.map(async (item) => perform(engine, [action(item)])));
  return items.filter((item, i) => {
    const result = alone[i]!;
    if (result.status === 'rejected') refuse(item, own(result.reason));
    return result.status === 'fulfilled';
  });
}

async function refuseWhileBehind(engine: Engine, lane: string | undefined): Promise<void> {
  const isAsked = (name: string): boolean => (lane === undefined ? engine.region?.inbound.has(name) === true : name === lane);
  const behind = (await engine.journal.lanes()).find((l) => isAsked(l.lane) && (l.counts.received ?? 0) >= REPLAY_AHEAD);
  if (behind) throw new PasserelleError('ERR_BACKPRESSURE', { found: `${behind.counts.received} messages of ${behind.lane} to decide` });
}

async function perform(engine: Engine, actions: readonly OperatorAction[]): Promise<void> {
  const goOn = engine.region?.still(actions);
  try {
    const acted = await engine.journal.act(actions);
    // Of the settings that are in force by now.
    engine.region?.acted(acted);
  } finally {
    goOn?.();
  }
}

/** Only the node that works the lanes can follow what a person decides. Throws ERR_OTHER_NODE. */
export function owner(engine: Engine): Engine {
  if (engine.region && !engine.region.isOwner) throw new PasserelleError('ERR_OTHER_NODE');
  return engine;
}

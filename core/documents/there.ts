/** What the journal says of a lane: which deliveries it has of a document, and which of them left, or may have arrived. */
import {
  CATALOGUE,
  type AttemptRecord,
  type DeliveryMaterial,
  type DeliveryState,
  type DeliverySummary,
  type JournalStore,
  type MessageHistory,
  type QueuedDelivery,
} from '../contract/index.ts';
import type { SendersOf } from '../identity/index.ts';
import { parseId, type BlindIndex } from '../journal/index.ts';
import type { Knowledge, Known, NoteRef } from '../knowledge/index.ts';
import { documentData, documentIn, factsOf, type DocumentEvent, type DocumentFacts } from './facts.ts';
import type { LaneParts } from './lanes.ts';
import { MOST_BY, type Act, type SentAs } from './notes.ts';
import { linked } from './register.ts';

export interface SentParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message'>;
  readonly index: BlindIndex;
}

export interface LegParts extends SentParts, LaneParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message' | 'material' | 'states' | 'keep'>;
  readonly knowledge: Knowledge;
  readonly sendersOf: SendersOf;
  readonly now: () => number;
}

/** Where it goes: a delivery lane and its site. */
export interface LegEnd {
  readonly name: string;
  readonly site: string;
  /** Names of before (`endOf`). */
  readonly formerly?: readonly string[];
}

export type Leaving = Pick<DeliveryMaterial, 'delivery' | 'message' | 'controlId' | 'event' | 'parts' | 'encoded'> & Pick<QueuedDelivery, 'keys'>;

export const DELETED = 'dcc.document.deleted';

/** Asked until they lead nowhere new: a merge names another number, a version another one. */
export async function readAll(parts: LegParts, refsOf: (known: Known) => readonly NoteRef[]): Promise<Known> {
  const { knowledge } = parts;
  for (let refs: readonly NoteRef[] = []; ;) {
    const known = linked(await knowledge.read(refs), parts.index);
    const more = refsOf(known);
    if (more.length === refs.length) return known;
    refs = more;
  }
}

/** What of it left by that lane with that message. */
export async function leftOf(
  parts: LegParts,
  act: Pick<Act, 'message'>,
  to: LegEnd,
  isIt: (facts: DocumentFacts) => boolean,
): Promise<readonly DeliverySummary[]> {
  return (await legsOf(parts, act, to, isIt)).filter(({ state }) => LEFT.has(state));
}

/** What of it that message has for that lane. */
export async function legsOf(
  parts: SentParts,
  { message }: Pick<Act, 'message'>,
  { name, formerly = [] }: LegEnd,
  isIt: (facts: DocumentFacts, data: DocumentEvent) => boolean,
): Promise<readonly Leg[]> {
  const { journal, index } = parts;
  const parsed = parseId(journal.tag, message);
  const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!history) return [];
  const events = history.events.filter(({ event }) => {
    const one = documentIn({ event, parts: history.parts });
    const facts = one && factsOf(one, index);
    return facts !== undefined && isIt(facts, documentData(one!));
  });
  const ids = new Set(events.map(({ event }) => event.id));
  const legs = history.deliveries.filter(({ lane, eventId }) => (lane === name || formerly.includes(lane)) && ids.has(eventId));
  return legs.map((leg) => ({ ...leg, isRefused: () => isRefusedIn(history, leg.delivery) }));
}

export interface Leg extends DeliverySummary {
  /** Nobody tries it again, and no attempt may have brought it there. */
  readonly isRefused: () => boolean;
}

/** As that message tells. */
export function isRefusedIn({ deliveries, attempts }: MessageHistory, of: number): boolean {
  const isDone = deliveries.some(({ delivery, state }) => delivery === of && isOver(state));
  return isDone && !attempts.some((each) => each.delivery === of && mayHaveArrived(each));
}

const isOver = (state: DeliveryState | undefined): boolean => state === 'dead' || state === 'discarded';
const LEFT: ReadonlySet<DeliveryState> = new Set(['delivered', 'review', 'sending']);

/** Each delivery that it left by was, and all of them are known. */
export async function isRefused({ journal }: LegParts, { by = [] }: Pick<SentAs, 'by'>): Promise<boolean> {
  const parsed = [by].flat().map((each) => parseId(journal.tag, each));
  const deliveries = parsed.flatMap((each) => ('delivery' in each ? [each.delivery] : []));
  if (deliveries.length === 0 || deliveries.length >= MOST_BY) return false;
  // Nearly always one of them arrived: nothing more is read then.
  if (!(await journal.states(deliveries)).every(isOver)) return false;
  const isIts = async ({ message, delivery }: DeliveryMaterial): Promise<boolean> => {
    const history = await journal.message(message);
    return history !== undefined && isRefusedIn(history, delivery);
  };
  return (await Promise.all((await journal.material(deliveries)).map(isIts))).every(Boolean);
}

/** An attempt without an answer that says no. One that did not reach the receiver leaves no row, or one that says so. */
export const mayHaveArrived = ({ outcome, error }: AttemptRecord): boolean =>
  outcome === undefined || outcome === 'review' || outcome === 'delivered' || !error || UNSURE.has(CATALOGUE[error.code].disposition);
const UNSURE: ReadonlySet<string> = new Set(['ambiguous', 'defect']);

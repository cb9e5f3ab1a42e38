/** What the journal says of a lane: which deliveries it has of a document, and which of them left, or may have arrived. */
import {
  CATALOGUE,
  type AttemptRecord,
  type DeliveryMaterial,
  type DeliveryState,
  type DeliverySummary,
  type JournalStore,
  type QueuedDelivery,
} from '../contract/index.ts';
import type { SendersOf } from '../identity/index.ts';
import { parseId, type BlindIndex } from '../journal/index.ts';
import type { Knowledge, Known, NoteRef } from '../knowledge/index.ts';
import { documentData, documentIn, factsOf, type DocumentEvent, type DocumentFacts } from './facts.ts';
import type { Act, SentAs } from './notes.ts';
import { linked } from './register.ts';

export interface LegParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message' | 'material' | 'keep'>;
  readonly knowledge: Knowledge;
  readonly index: BlindIndex;
  readonly sendersOf: SendersOf;
  readonly now: () => number;
}

/** Where it goes: a delivery lane and its site. */
export interface LegEnd {
  readonly name: string;
  readonly site: string;
}

export type Leaving = Pick<DeliveryMaterial, 'delivery' | 'message' | 'event' | 'parts' | 'encoded'> & Pick<QueuedDelivery, 'keys'>;

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
  parts: LegParts,
  { message }: Pick<Act, 'message'>,
  { name }: LegEnd,
  isIt: (facts: DocumentFacts, data: DocumentEvent) => boolean,
): Promise<readonly DeliverySummary[]> {
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
  return history.deliveries.filter(({ lane, eventId }) => lane === name && ids.has(eventId));
}

const LEFT: ReadonlySet<DeliveryState> = new Set(['delivered', 'review', 'sending']);

/** Nobody tries it again, and no attempt may have brought it there. */
export async function isRefused(parts: LegParts, { by }: SentAs): Promise<boolean> {
  const { journal } = parts;
  const parsed = by === undefined ? undefined : parseId(journal.tag, by);
  const [material] = parsed && 'delivery' in parsed ? await journal.material([parsed.delivery]) : [];
  const history = material && (await journal.message(material.message));
  const isIts = ({ delivery }: { readonly delivery: number }): boolean => delivery === material!.delivery;
  const isOver = history?.deliveries.some((leg) => isIts(leg) && (leg.state === 'dead' || leg.state === 'discarded'));
  return isOver === true && !history!.attempts.some((each) => isIts(each) && mayHaveArrived(each));
}

/** An attempt without an answer that says no. One that did not reach the receiver leaves no row, or one that says so. */
export const mayHaveArrived = ({ outcome, error }: AttemptRecord): boolean =>
  outcome === undefined || outcome === 'review' || outcome === 'delivered' || !error || UNSURE.has(CATALOGUE[error.code].disposition);
const UNSURE: ReadonlySet<string> = new Set(['ambiguous', 'defect']);

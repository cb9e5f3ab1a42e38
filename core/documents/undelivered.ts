/** A copy of what never arrived is no copy: it goes where everything that was sent of the document died or was discarded, or nothing ever was (SAFETY B2). */
import type { DeliverySummary, JournalStore, MessageState } from '../contract/index.ts';
import { parseId, type BlindIndex } from '../journal/index.ts';
import type { Case, Judgement } from '../knowledge/index.ts';
import type { Destination } from '../routing/index.ts';
import { documentIn, factsOf } from './facts.ts';

export interface SentParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message'>;
  readonly destinations: readonly Destination[];
  readonly index: BlindIndex;
}

interface SentBy {
  readonly id: string;
  /** Absent when the journal no longer knows it. */
  readonly state?: MessageState;
  readonly legs: readonly Pick<DeliverySummary, 'lane' | 'state'>[];
}

/** The judgement of a copy, now that the journal says what became of the others. Rejects when the journal cannot be read. */
export async function goesWhereNoneArrived(one: Case, judgement: Judgement, parts: SentParts): Promise<Judgement> {
  const { copyOf, isSilent, ...rest } = judgement;
  if (!copyOf || copyOf.sites.length === 0) return judgement;
  const ids = [...new Set(copyOf.messages)].filter((id) => id !== one.message.id || one.message.run > 1);
  const sent = await Promise.all(ids.map((id) => sentBy(id, one, copyOf.keys, parts)));
  const legs = sent.flatMap((by) => by.legs);
  const others = sent.filter(({ id }) => id !== one.message.id);
  const isNoneDecided = others.length > 0 && others.every(({ state }) => state === 'quarantined' || state === 'discarded');
  const sites = copyOf.sites.filter((site) => {
    const lanes = parts.destinations.filter((destination) => destination.site === site).map(({ lane }) => lane);
    const there = legs.filter(({ lane }) => lanes.includes(lane));
    return there.length > 0 ? there.every(({ state }) => state === 'dead' || state === 'discarded') : isNoneDecided;
  });
  if (sites.length === 0) return judgement;
  const { warnings = [] } = rest;
  const targets = [...(isSilent ? [] : (rest.targets ?? [])), ...sites];
  return { ...rest, targets, warnings: [...warnings.filter(({ code }) => code !== 'duplicate'), { code: 'sent-again' }] };
}

/**
 * Deliveries of the document by that message, which may carry others; of another that is decided again, nothing is known to be lost. Of this very one,
 * replayed, what waited is discarded, and only what arrived counts.
 */
async function sentBy(id: string, one: Case, keys: readonly string[], { journal, index }: SentParts): Promise<SentBy> {
  const parsed = parseId(journal.tag, id);
  const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!history) return { id, legs: [] };
  const { state } = history.message;
  const content = factsOf(one, index)?.content;
  const documents = history.events.flatMap(({ event }) => {
    const found = event.type === one.event.type ? documentIn({ event, parts: history.parts }) : undefined;
    const facts = found && factsOf(found, index);
    return facts ? [{ event: event.id, facts }] : [];
  });
  const named = documents.filter(({ facts }) => keys.includes(facts.key));
  // By a name that is not known of it: its bytes tell.
  const own = named.length > 0 ? named : documents.filter(({ facts }) => content !== undefined && facts.content === content);
  const events = new Set(own.map(({ event }) => event));
  const legs = history.deliveries.filter(({ eventId }) => events.has(eventId));
  const isBeingDecided = state === 'received' && id !== one.message.id;
  return { id, state, legs: isBeingDecided ? legs.map(({ lane }) => ({ lane, state: 'queued' })) : legs };
}

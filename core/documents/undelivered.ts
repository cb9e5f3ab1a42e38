/** A copy of what never arrived is no copy: it goes where everything that was sent of the document died or was discarded, or nothing ever was (SAFETY B2). */
import type { DeliverySummary, JournalStore, MessageState } from '../contract/index.ts';
import { parseId } from '../journal/index.ts';
import type { Case, Judgement } from '../knowledge/index.ts';
import type { Destination } from '../routing/index.ts';

export interface SentParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message'>;
  readonly destinations: readonly Destination[];
  /** Of the document, as a delivery of it has. */
  readonly series: string | undefined;
}

interface SentBy {
  readonly id: string;
  /** Absent when the journal no longer knows it. */
  readonly state?: MessageState;
  readonly legs: readonly (Pick<DeliverySummary, 'lane' | 'state'> & { readonly delivery?: number })[];
}

/** The judgement of a copy, now that the journal says what became of the others. Rejects when the journal cannot be read. */
export async function goesWhereNoneArrived(one: Case, judgement: Judgement, parts: SentParts): Promise<Judgement> {
  const { copyOf, isSilent, ...rest } = judgement;
  if (!copyOf || copyOf.sites.length === 0) return judgement;
  const ids = [...new Set(copyOf.messages)].filter((id) => id !== one.message.id || one.message.run > 1);
  const sent = await Promise.all(ids.map((id) => sentBy(id, id === one.message.id, parts)));
  const legs = sent.flatMap((by) => by.legs);
  const others = sent.filter(({ id }) => id !== one.message.id);
  const isNoneDecided = others.length > 0 && others.every(({ state }) => state === 'quarantined' || state === 'discarded');
  const legsTo = (site: string): SentBy['legs'] => {
    const lanes = parts.destinations.filter((destination) => destination.site === site).map(({ lane }) => lane);
    return legs.filter(({ lane }) => lanes.includes(lane));
  };
  const sites = copyOf.sites.filter((site) => {
    const there = legsTo(site);
    return there.length > 0 ? there.every(({ state }) => state === 'dead' || state === 'discarded') : isNoneDecided;
  });
  if (sites.length === 0) return judgement;
  const { warnings = [] } = rest;
  const targets = [...(isSilent ? [] : (rest.targets ?? [])), ...sites];
  const insteadOf = sites.flatMap((site) =>
    legsTo(site).flatMap(({ delivery, state }) => (delivery !== undefined && state === 'dead' ? [delivery] : [])),
  );
  return { ...rest, targets, insteadOf, warnings: [...warnings.filter(({ code }) => code !== 'duplicate'), { code: 'sent-again' }] };
}

/**
 * Deliveries of the document by that message; of another that is decided again, nothing is known to be lost. Of this very one, replayed, what waited is
 * discarded, and only what arrived counts.
 */
async function sentBy(id: string, isItself: boolean, { journal, series }: SentParts): Promise<SentBy> {
  const parsed = parseId(journal.tag, id);
  const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!history) return { id, legs: [] };
  const { state } = history.message;
  const own = history.deliveries.filter((delivery) => delivery.series === series);
  const legs = own.length > 0 ? own : history.deliveries;
  return { id, state, legs: state === 'received' && !isItself ? legs.map(({ lane }) => ({ lane, state: 'queued' })) : legs };
}

/** A copy of what never arrived is no copy: it goes where everything that was sent of the document died, or was discarded (SAFETY B2). */
import type { DeliverySummary, JournalStore } from '../contract/index.ts';
import { parseId } from '../journal/index.ts';
import type { Case, Judgement } from '../knowledge/index.ts';
import type { Destination } from '../routing/index.ts';

export interface SentParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message'>;
  readonly destinations: readonly Destination[];
  /** Of the document, as a delivery of it has. */
  readonly series: string | undefined;
}

/** The judgement of a copy, now that the journal says what became of the others. Rejects when the journal cannot be read. */
export async function goesWhereNoneArrived(one: Case, judgement: Judgement, parts: SentParts): Promise<Judgement> {
  const { copyOf, isSilent, ...rest } = judgement;
  if (!copyOf || copyOf.sites.length === 0) return judgement;
  const ids = [...new Set(copyOf.messages)].filter((id) => id !== one.message.id || one.message.run > 1);
  const legs = (await Promise.all(ids.map((id) => legsOf(id, id === one.message.id, parts)))).flat();
  const sites = copyOf.sites.filter((site) => {
    const lanes = parts.destinations.filter((destination) => destination.site === site).map(({ lane }) => lane);
    const there = legs.filter(({ lane }) => lanes.includes(lane));
    return there.length > 0 && there.every(({ state }) => state === 'dead' || state === 'discarded');
  });
  if (sites.length === 0) return judgement;
  const { warnings = [] } = rest;
  const targets = [...(isSilent ? [] : (rest.targets ?? [])), ...sites];
  return { ...rest, targets, warnings: [...warnings.filter(({ code }) => code !== 'duplicate'), { code: 'sent-again' }] };
}

/**
 * Deliveries of the document by that message; of another that is decided again, nothing is known to be lost. Of this very one, replayed, what waited is
 * discarded, and only what arrived counts.
 */
async function legsOf(id: string, isItself: boolean, { journal, series }: SentParts): Promise<readonly Pick<DeliverySummary, 'lane' | 'state'>[]> {
  const parsed = parseId(journal.tag, id);
  const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!history) return [];
  const { deliveries } = history;
  const own = deliveries.filter((delivery) => delivery.series === series);
  const legs = own.length > 0 ? own : deliveries;
  return history.message.state === 'received' && !isItself ? legs.map(({ lane }) => ({ lane, state: 'queued' })) : legs;
}

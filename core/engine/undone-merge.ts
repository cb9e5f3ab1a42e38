/** A merge that a person undid while it waited says what is no longer so: it does not leave any more (SAFETY A6). */
import { PasserelleError, type ErrorData, type RoutedEvent } from '../contract/index.ts';
import { PERSON, personOf, survivorOf } from '../identity/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Knowledge, NoteRef } from '../knowledge/index.ts';
import type { EventData } from '../model/index.ts';

/** Why it is held; `undefined` = it is no merge, or it stands. */
export async function undoneMerge(
  event: RoutedEvent['event'],
  knowledge: Pick<Knowledge, 'read'>,
  index: BlindIndex,
): Promise<ErrorData | undefined> {
  if (event.type !== 'dcc.identity.merged') return undefined;
  const { domain = '', surviving, absorbed } = event['data'] as EventData<'dcc.identity.merged'>;
  const [into, from] = [surviving, absorbed].map((value) => index.patient({ domain, value })) as [string, string];
  // A merge of the survivor leads on: asked until nobody new is named.
  for (let refs: readonly NoteRef[] = [{ kind: PERSON, key: from }]; ;) {
    const known = await knowledge.read(refs);
    const { chain } = survivorOf(from, known);
    if (chain.includes(into)) return undefined;
    if (chain.length > refs.length) {
      refs = chain.map((key) => ({ kind: PERSON, key }));
      continue;
    }
    const undone = personOf(known, from)?.undone?.findLast(({ key }) => key === into);
    return undone && new PasserelleError('ERR_MERGE_UNDONE', { found: `${undone.who}, ${undone.undoneAt}` }).toData();
  }
}

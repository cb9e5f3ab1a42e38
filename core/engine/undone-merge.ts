/** A merge that a person undid while it waited says what is no longer so: it does not leave any more (SAFETY A6). */
import { PasserelleError, type ErrorData, type RoutedEvent } from '../contract/index.ts';
import { PERSON, familyOf, separationOf, survivorOf } from '../identity/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Knowledge } from '../knowledge/index.ts';
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
  // Of each number that is named others are read: asked until nobody new is.
  for (let keys: readonly string[] = [from]; ;) {
    const known = await knowledge.read(keys.map((key) => ({ kind: PERSON, key })));
    if (survivorOf(from, known).chain.includes(into)) return undefined;
    const [gone, survivor] = [familyOf(from, known).keys, familyOf(into, known).keys];
    const all = [...new Set([...keys, ...gone, ...survivor])];
    if (all.length > keys.length) {
      keys = all;
      continue;
    }
    // It may have been said of the end of a chain that a person opened in the middle.
    const undone = separationOf(gone, survivor, known);
    return undone && new PasserelleError('ERR_MERGE_UNDONE', { found: `${undone.who}, ${undone.undoneAt}` }).toData();
  }
}

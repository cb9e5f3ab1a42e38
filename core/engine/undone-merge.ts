/** A merge stands as long as both its numbers have one survivor: undone or moved elsewhere while it waited, it does not leave any more (SAFETY A6). */
import { PasserelleError, type ErrorData, type RoutedEvent } from '../contract/index.ts';
import { PERSON, personOf, separationOf, survivorOf } from '../identity/index.ts';
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
  for (let keys: readonly string[] = [from, into]; ;) {
    const known = await knowledge.read(keys.map((key) => ({ kind: PERSON, key })));
    const [gone, survivor] = [survivorOf(from, known), survivorOf(into, known)];
    const all = [...new Set([...keys, ...gone.chain, ...survivor.chain])];
    if (all.length > keys.length) {
      keys = all;
      continue;
    }
    // Whichever of the two was undone or moved since, at whatever place of its chain; of what was never judged here nobody undid anything.
    if (gone.key === survivor.key || !personOf(known, from)) return undefined;
    const undone = separationOf(gone.chain, survivor.chain, known);
    return new PasserelleError('ERR_MERGE_UNDONE', { found: undone ? `${undone.who}, ${undone.undoneAt}` : 'numbers of two patients' }).toData();
  }
}

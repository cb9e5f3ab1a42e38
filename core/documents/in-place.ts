/** What a replacement or a deletion names may never have arrived, while what that took the place of did: that is what its receiver shows (SAFETY B3, B4). */
import type { DocumentNote } from './notes.ts';
import { broughtOf, keyOfId, namesOf, union, type Found } from './register.ts';
import { legsOf, type LegEnd, type SentParts } from './there.ts';

/** Where nothing of the document arrived: the nearest of those that it took the place of, one after the other, that may have. */
export async function shownInstead(
  parts: SentParts & { readonly noteOf: (key: string) => Promise<DocumentNote | undefined> },
  key: string | undefined,
  to: LegEnd,
): Promise<Found | undefined> {
  const seen: string[] = [];
  for (let next = key; next !== undefined && !seen.includes(next);) {
    const note = await parts.noteOf(next);
    if (!note?.first || (next === key ? note.replaces === undefined : note.deleted)) return undefined;
    if (await mayBeThere(parts, { key: next, note }, to)) return next === key ? undefined : { key: next, note };
    seen.push(next);
    next = note.replaces === undefined ? undefined : keyOfId(note.replaces, note.from[0], parts.index);
  }
  return undefined;
}

async function mayBeThere(parts: SentParts, { key, note }: Found, to: LegEnd): Promise<boolean> {
  if (note.from.includes(to.site)) return true;
  const keys = [key, ...namesOf(note)];
  const { first, current, copies = [] } = note;
  // A mask or a more final word that came later may have been refused where the document itself arrived.
  const messages = union(
    [first, current, ...copies].flatMap((act) => act?.message ?? []),
    broughtOf(note).by,
  );
  const legs = (await Promise.all(messages.map((message) => legsOf(parts, { message }, to, ({ key: each }) => keys.includes(each))))).flat();
  return legs.length > 0 ? legs.some((leg) => !leg.isRefused()) : note.to.includes(to.site);
}

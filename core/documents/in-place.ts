/** What a replacement or a deletion names may never have arrived, while what that took the place of did: that is what its receiver shows (SAFETY B3, B4). */
import type { DocumentNote } from './notes.ts';
import { broughtOf, keyOfId, namesOf, union, type Found } from './register.ts';
import { legsOf, type LegEnd, type SentParts } from './there.ts';

type Parts = SentParts & { readonly noteOf: (key: string) => Promise<DocumentNote | undefined> };

/** Where nothing of the document arrived: the nearest of those that it took the place of, one after the other, that may have, and that nothing else took the place of there. */
export async function shownInstead(parts: Parts, key: string, to: LegEnd): Promise<Found | undefined> {
  const first = await parts.noteOf(key);
  if (!first?.first || first.replaces === undefined || (await mayBeThere(parts, { key, note: first }, to))) return undefined;
  const seen = [key];
  for (let by = first; by.replaces !== undefined;) {
    const next = keyOfId(by.replaces, by.from[0], parts.index);
    const note = seen.includes(next) ? undefined : await parts.noteOf(next);
    if (!note?.first || note.deleted) return undefined;
    if (await mayBeThere(parts, { key: next, note }, to))
      return (await isReplacedThere(parts, { key: next, note }, by, seen, to)) ? undefined : { key: next, note };
    seen.push(next);
    by = note;
  }
  return undefined;
}

/** The other form of what took its place did so as well, and may have arrived. */
async function isReplacedThere(
  parts: Parts,
  { key, note }: Found,
  { pairedWith = [] }: DocumentNote,
  seen: readonly string[],
  to: LegEnd,
): Promise<boolean> {
  for (const other of union(
    note.superseded ? [note.superseded.key] : [],
    pairedWith.map((each) => each.key),
  )) {
    const form = seen.includes(other) ? undefined : await parts.noteOf(other);
    if (!form?.first) continue;
    const isNext = other === note.superseded?.key || (form.replaces !== undefined && keyOfId(form.replaces, form.from[0], parts.index) === key);
    if (isNext && (await mayBeThere(parts, { key: other, note: form }, to))) return true;
  }
  return false;
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

/** What a replacement or a deletion names may never have arrived, while what that took the place of did: that is what its receiver shows (SAFETY B3, B4). */
import { documentData, documentIn, factsOf, type DocumentEvent } from './facts.ts';
import { documentOf, ref, KINDS, type DocumentNote } from './notes.ts';
import { broughtOf, keyOfId, namesOf, type Found } from './register.ts';
import { namedIn } from './sent-as.ts';
import { DELETED, legsOf, type Leaving, type LegEnd, type LegParts, type SentParts } from './there.ts';

/** A CDA says itself what it replaces, or which one is deleted: only the envelope of anything else can name another one. */
export const namesWithin = ({ document: { content, format, modelOid } }: DocumentEvent): boolean =>
  content !== undefined && (format ?? modelOid) !== undefined;

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

/** The same, naming what its receiver shows, where its own content does not name another one. */
export async function namingThere(parts: LegParts, leaving: Leaving, to: LegEnd): Promise<Leaving> {
  const { knowledge, index } = parts;
  const one = documentIn(leaving);
  const facts = one && !namesWithin(documentData(one)) ? factsOf(one, index) : undefined;
  const isDeletion = leaving.event.type === DELETED;
  const noteOf = async (key: string): Promise<DocumentNote | undefined> => documentOf(await knowledge.read(ref(KINDS.document, key)), key);
  const shown = await shownInstead({ ...parts, noteOf }, isDeletion ? facts?.key : facts?.replaces?.key, to);
  const ids = shown && namedIn(shown.note);
  if (!ids) return leaving;
  const data = documentData(one!);
  const names = isDeletion
    ? { id: ids.id, idExtension: ids.idExtension, noted: { ...data.document.noted, document: shown.key } }
    : { replaces: ids.id, replacesExtension: ids.idExtension, noted: { ...data.document.noted, replaces: shown.key } };
  const document = Object.fromEntries(Object.entries({ ...data.document, ...names }).filter(([, value]) => value !== undefined));
  return { ...leaving, event: { ...leaving.event, data: { ...data, document } } };
}

async function mayBeThere(parts: SentParts, { key, note }: Found, to: LegEnd): Promise<boolean> {
  if (note.from.includes(to.site)) return true;
  const keys = [key, ...namesOf(note)];
  const legs = (
    await Promise.all(broughtOf(note).by.map((message) => legsOf(parts, { message }, to, ({ key: each }) => keys.includes(each))))
  ).flat();
  return legs.length > 0 ? legs.some((leg) => !leg.isRefused()) : note.to.includes(to.site);
}

/**
 * Two documents of one content, N1 beside N3, each of which follows the ordinary rules by itself (decision 0038). What is done to one of them alone is seen to
 * leave the other as it was (specs FACTS A1, SAFETY B3, B7).
 */
import type { Warning } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import type { DocumentFacts } from './facts.ts';
import { documentOf, KINDS, MASKS, read, type DocumentNote } from './notes.ts';
import { newerThan, type Found } from './register.ts';
import { STILL_SHOWN } from './stops.ts';

/** Warning: this document is in force, but its N1, which stood for it wherever it was to go, is withdrawn: nobody is shown either. */
const SHOWN_NOWHERE = 'shown-nowhere';

/** What a message says of a document. */
export interface Other {
  readonly facts: DocumentFacts;
  readonly isDeletion: boolean;
}

/** What it is paired with, where both say so, and of one patient: nobody draws another's document to his own. */
export function pairsOf(key: string, known: Known): readonly Found[] {
  const own = documentOf(known, key);
  return (own?.pairedWith ?? []).flatMap(({ key: other }) => {
    const note = documentOf(known, other);
    const isPair = note?.first && note.pairedWith?.some((each) => each.key === key) && note.patient.some((each) => own!.patient.includes(each));
    return isPair ? [{ key: other, note }] : [];
  });
}

/** One of them says that they are two of one content: no other version of it, and no rival. */
export const arePaired = ({ key, pairedWith }: DocumentFacts, other: string, known: Known): boolean =>
  pairedWith.some((each) => each.key === other) || documentOf(known, other)?.pairedWith?.some((each) => each.key === key) === true;

/** Both may be of one set, whose next version is then one of them only. */
const isGone = (own: DocumentNote, { set }: DocumentNote, known: Known): boolean =>
  (own.deleted ?? own.superseded ?? (own.set === set ? undefined : newerThan(own, known))) !== undefined;

/** The judgement, with a warning for each document that is shown on while what it came with is withdrawn, replaced or masked by a message that says nothing of it. */
export function withWhatIsLeft(judgement: Judgement, one: Other, others: () => readonly Other[], known: Known): Judgement {
  if (judgement.quarantine ?? judgement.reject) return judgement;
  const notes = new Map((judgement.notes ?? []).map(({ kind, key, value }) => [`${kind} ${key}`, value]));
  const after: Known = (kind, key) => notes.get(`${kind} ${key}`) ?? known(kind, key);
  const { facts } = one;
  const before = read(known, KINDS.set, facts.set)?.versions[0]?.key;
  const touched = (judgement.notes ?? []).filter(({ kind }) => kind === KINDS.document).map(({ key }) => key);
  const left = new Map<string, DocumentNote>();
  for (const key of new Set([...touched, ...(before === undefined ? [] : [before])]))
    for (const pair of pairsOf(key, after)) {
      const own = { key, note: documentOf(after, key)! };
      for (const [gone, shown] of [
        [own, pair],
        [pair, own],
      ] as const)
        if (isApart(gone, shown, after) && (isNamed(gone, one) || !isApart(gone, shown, known)) && !others().some((other) => endsToo(other, shown)))
          left.set(shown.key, shown.note);
      if (isMasked(own, pair, known) && !others().some((other) => other.facts.key === pair.key)) left.set(pair.key, pair.note);
    }
  if (left.size === 0) return judgement;
  const warnings: readonly Warning[] = [...left.values()].flatMap((note) => {
    const code = isThere(note) ? STILL_SHOWN : one.isDeletion ? SHOWN_NOWHERE : undefined;
    return code === undefined ? [] : [{ code, detail: note.id }];
  });
  return { ...judgement, warnings: [...(judgement.warnings ?? []), ...warnings] };
}

const isShown = ({ note }: Found, beside: DocumentNote, known: Known): boolean =>
  note.first !== undefined && note.to.length > 0 && !isGone(note, beside, known);

/** Not where its N1 went instead; unless something of it left after all, by whichever lane. */
const isThere = ({ to, insteadAt = [], sentAs = {} }: DocumentNote): boolean =>
  Object.keys(sentAs).length > 0 || to.some((site) => !insteadAt.includes(site));

/** One of them is in force where it was sent, and the other no longer. */
function isApart({ key: first }: Found, { key: second }: Found, known: Known): boolean {
  const [gone, note] = [documentOf(known, first), documentOf(known, second)];
  const isPair = gone?.pairedWith?.some(({ key }) => key === second);
  return isPair === true && note !== undefined && isGone(gone!, note, known) && isShown({ key: second, note }, gone!, known);
}

/** Said again, it is warned of again. */
const isNamed = ({ key }: Found, { facts, isDeletion }: Other): boolean => key === (isDeletion ? facts.key : facts.replaces?.key);

/** The same message does the same to this one. */
const endsToo = ({ facts: { key, replaces, set, version = 0 }, isDeletion }: Other, shown: Found): boolean =>
  isDeletion ? key === shown.key : replaces?.key === shown.key || (set !== undefined && set === shown.note.set && version > shown.note.version!);

/** A mask that is new on this one, and that the other has not: what leaves of that has it from now on (legs.ts), what is there was not told. */
const isMasked = ({ key, note: { flags = {} } }: Found, pair: Found, known: Known): boolean =>
  isShown(pair, documentOf(known, key) ?? pair.note, known) &&
  MASKS.some((mask) => flags[mask] === true && documentOf(known, key)?.flags?.[mask] !== true && pair.note.flags?.[mask] !== true);

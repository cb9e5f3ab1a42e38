/** "Where is this document?": what is known of it, every leg with its proofs, and the messages that carried it, from the journal as it is. */
import {
  PasserelleError,
  type DocumentAct,
  type DocumentIds,
  type DocumentState,
  type DocumentWhere,
  type JournalStore,
  type MessageHistory,
  type MessageTimeline,
} from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case } from '../knowledge/index.ts';
import { documentData, factsOf, worldwideKey } from './facts.ts';
import { nameOf } from './lanes.ts';
import { KINDS, type Act, type DocumentNote, type SetNote } from './notes.ts';
import { areApart } from './register.ts';

interface WhereParts {
  readonly journal: Pick<JournalStore, 'notes'>;
  readonly index: BlindIndex;
  readonly story: (history: MessageHistory) => Promise<MessageTimeline>;
}

/** `histories`: the messages that name it, newest first. Throws ERR_NOT_FOUND. */
export async function whereIs(id: string, histories: readonly MessageHistory[], { journal, index, story }: WhereParts): Promise<DocumentWhere> {
  const named = histories.flatMap(({ events, parts }) =>
    events.flatMap(({ event }) => {
      const one = { event: event as unknown as Case['event'], draft: { type: event.type, data: event['data'], keys: [] }, parts };
      if (!event.type.startsWith('dcc.document.') || !('document' in one.event.data)) return [];
      const { document } = documentData(one);
      const facts = factsOf(one, index);
      return facts && [facts.id, document.id, document.setId].includes(id) ? [{ key: facts.key, event: event.id }] : [];
    }),
  );
  const keys = [...new Set([worldwideKey(id, index), ...named.map(({ key }) => key)])].filter((key) => key !== undefined);
  const found = await valuesOf<DocumentNote>(journal, KINDS.document, keys);
  const paired = found.flatMap(({ pairedWith = [] }) => pairedWith.map(({ key }) => key)).filter((key) => !keys.includes(key));
  const notes = [...found, ...(await valuesOf<DocumentNote>(journal, KINDS.document, [...new Set(paired)]))];
  if (notes.length === 0 && histories.length === 0) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'the id of a document, or of its set' });
  const sets = [...new Set(notes.map(({ set }) => set))].filter((set) => set !== undefined);
  const versions = (await valuesOf<SetNote>(journal, KINDS.set, sets)).map((set) => set.versions);
  const proofs = notes.flatMap((note) => note.proofs ?? []);
  const messages = await Promise.all(histories.map(story));
  const events = new Set(named.map(({ event }) => event));
  return {
    documents: notes.map((note) => stateOf(note, versions)),
    legs: messages.flatMap(({ deliveries }) =>
      deliveries
        .filter(({ eventId }) => events.has(eventId))
        .map((leg) => ({ ...leg, proofs: proofs.filter(({ delivery }) => delivery === leg.id) })),
    ),
    messages,
  };
}

async function valuesOf<T>(journal: WhereParts['journal'], kind: string, keys: readonly string[]): Promise<readonly T[]> {
  const values = keys.length > 0 ? await journal.notes(kind, keys) : [];
  return values.filter((value) => value !== undefined).map((value) => JSON.parse(value) as T);
}

const idOf = ({ id, idExtension, number }: DocumentIds): string | undefined =>
  id !== undefined && idExtension !== undefined ? `${idExtension}^^${id}` : (id ?? number);

const actOf = ({ message, at, site }: Act): DocumentAct => ({ message, at, site });

function stateOf(note: DocumentNote, sets: readonly SetNote['versions'][]): DocumentState {
  const { id, version, status, sameAs, replaces, superseded, deleted, first, from, to, sentAs = {} } = note;
  const versions = sets.find((set) => set.some((one) => one.id === id && one.version === version)) ?? [];
  return {
    id,
    state: deleted
      ? 'deleted'
      : superseded !== undefined || versions.some((one) => version !== undefined && one.version > version && !areApart(one, note))
        ? 'superseded'
        : first
          ? 'in-force'
          : 'announced',
    copies: (note.copies ?? []).map(actOf),
    conflicts: (note.conflicts ?? []).map(actOf),
    pairedWith: (note.pairedWith ?? []).map((pair) => pair.id),
    knownAs: Object.entries(sentAs).flatMap(([lane, as]) =>
      idOf(as) === undefined || idOf(as) === id ? [] : [{ lane: nameOf(lane), id: idOf(as)! }],
    ),
    from,
    to,
    flags: note.flags ?? {},
    versions: versions.map((one) => ({ ...actOf(one), id: one.id, version: one.version })),
    ...(version !== undefined && { version }),
    ...(status !== undefined && { status }),
    ...(sameAs !== undefined && { sameAs }),
    ...(replaces !== undefined && { replaces }),
    ...(superseded && { superseded: { ...actOf(superseded), id: superseded.id } }),
    ...(deleted && { deleted: actOf(deleted) }),
    ...(first && { first: actOf(first) }),
  };
}

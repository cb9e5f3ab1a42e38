/** Whose a document is as it leaves: not under a patient on file who is another by now, nor while a person has to say who that is (SAFETY A4, decisions 0033, 0034). */
import { PasserelleError, RELEASED_BY, type ErrorData, type MessageHistory, type QueuedDelivery } from '../contract/index.ts';
import {
  ask,
  doubtsOf,
  filingBlocked,
  filingOf,
  identityInDoubt,
  isAgreed,
  PERSON,
  personOf,
  survivorOf,
  TASK,
  taskKey,
  withFormer,
  type Doubt,
  type Filed,
  type Filing,
} from '../identity/index.ts';
import { messageId, type BlindIndex } from '../journal/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import type { Patient } from '../model/index.ts';
import { documentData, type StoredDocument } from './facts.ts';
import { ref } from './notes.ts';
import { readAll, type Leaving, type LegEnd, type LegParts } from './there.ts';

/** A document that came before its patient, or before what is said of that one now, was held against nothing (SAFETY A2). */
export async function stoppedBy(
  parts: LegParts,
  one: StoredDocument,
  leaving: Leaving,
  known: Known,
  refs: readonly NoteRef[],
  to: LegEnd,
): Promise<ErrorData | undefined> {
  const { journal, sendersOf, index } = parts;
  const { patient, originApplication = '' } = documentData(one);
  const filed = {
    keys: namedBy(patient, leaving.keys, index),
    patient,
    source: () => ({ sender: originApplication, at: one.event.time }),
    to: to.name,
  };
  const now = filingOf(filed, known, sendersOf);
  if (!now.question && !now.blocked && !now.doubt) return undefined;
  const history = await journal.message(leaving.message);
  if (!history) throw new PasserelleError('ERR_INVARIANT', { found: 'a delivery of an unknown message' });
  const { run, receivedAt } = history.message;
  const message = { id: messageId(journal.tag, leaving.message), run, receivedAt };
  const { by, blocked, doubt }: Stopped = now.question ? await asked(parts, one, filed, message, refs) : now;
  if (by) return by;
  const isSeen = (since: string): boolean => isReleased(history, leaving.delivery, since);
  if (blocked && !isSeen(blocked.since)) return filingBlocked();
  return doubt && !isSeen(doubt.since) ? identityInDoubt(doubt.tasks) : undefined;
}

/** What is said of a number that its receiver still has merged into another one: it would be taken for that one (decision 0034). */
export async function mergedStop(parts: LegParts, { keys, delivery, message }: Leaving, { name }: LegEnd): Promise<ErrorData | undefined> {
  const doubts = mergedThere(keys, await parts.knowledge.read(keys.map((key) => ({ kind: PERSON, key }))), name);
  const history = doubts.length > 0 ? await parts.journal.message(message) : undefined;
  const isSeen = doubts.every(({ at }) => history && isReleased(history, delivery, at));
  return isSeen ? undefined : identityInDoubt(doubts.map(({ task }) => task));
}

/** A person has still to say who their patient is (decision 0033), or that the receiver was called (0034). */
export async function isInDoubt(parts: LegParts, { keys, kind }: Pick<QueuedDelivery, 'keys' | 'kind'>, to: string): Promise<boolean> {
  const refsOf = (known: Known): readonly NoteRef[] =>
    withFormer(
      keys.flatMap((key) => survivorOf(key, known).chain),
      known,
    ).map((key) => ({ kind: PERSON, key }));
  const known = await readAll(parts, refsOf);
  return (kind === 'document' ? doubtsOf(stillLedTo(keys, known), known, to) : mergedThere(keys, known, to)).length > 0;
}

/** A task about the message, which stays as it is; unless a person has answered one already. */
async function asked(parts: LegParts, { event }: StoredDocument, filed: Filed, message: Case['message'], refs: readonly NoteRef[]): Promise<Stopped> {
  const { journal, knowledge, sendersOf, now } = parts;
  const at = new Date(now()).toISOString();
  return knowledge.change<Stopped>(
    [...refs.filter(({ kind }) => kind === PERSON), ...ref(TASK, taskKey(message.id))],
    (latest) => {
      const { question, ...rest } = filingOf(filed, latest, sendersOf, (of) => isAgreed({ message }, latest, of));
      if (!question) return { notes: [], result: rest };
      const { quarantine, notes = [] } = ask({ event, message, settings: event, now: at }, latest, question) ?? {};
      return { notes, result: { ...(quarantine && { by: quarantine }) } };
    },
    async (notes) => (notes.length > 0 ? journal.keep(notes, at) : undefined),
  );
}

/** What keeps it here, or what only its own release overcomes. */
interface Stopped extends Pick<Filing, 'blocked' | 'doubt'> {
  readonly by?: ErrorData;
}

/** By the engine, of many at a time. */
const WITHOUT_LOOKING: ReadonlySet<string> = new Set(Object.values(RELEASED_BY));

/** A person let this one go since then. */
const isReleased = ({ acts }: Pick<MessageHistory, 'acts'>, of: number, since: string): boolean =>
  acts.some(({ verb, delivery, who, at }) => verb === 'release' && delivery === of && !WITHOUT_LOOKING.has(who) && at >= since);

const mergedThere = (keys: readonly string[], known: Known, to: string): readonly Doubt[] =>
  keys.flatMap((key) => personOf(known, key)?.doubts?.filter(({ lane }) => lane === to) ?? []);

/**
 * The keys of a delivery are as of its decision, with all that merges led to by then. Of these, those that its patient is named by: where they lead now is for
 * merges to say that stand. All of them, where it cannot be told which it names.
 */
function namedBy({ domain, ipp, insOid, ins, otherIds = [] }: Patient, keys: readonly string[], index: BlindIndex): readonly string[] {
  const numbers = [{ domain, value: ipp }, { domain: insOid, value: ins }, ...otherIds];
  const hashes = numbers.flatMap((one) => (one.domain !== undefined && one.value ? [index.patient({ domain: one.domain, value: one.value })] : []));
  const named = keys.filter((key) => hashes.includes(key));
  return named.length > 0 ? named : keys;
}

/** Without whom a merge led to that was undone since, and whom that one leads to; the first one it names. Too few are asked again as it leaves. */
function stillLedTo([first, ...others]: readonly string[], known: Known): readonly string[] {
  if (first === undefined) return [];
  const undone = [first, ...others].flatMap((key) => personOf(known, key)?.undone ?? []);
  const apart = new Set(undone.flatMap(({ key }) => survivorOf(key, known).chain));
  const { chain } = survivorOf(first, known);
  return [first, ...others.filter((key) => chain.includes(key) || !apart.has(key))];
}

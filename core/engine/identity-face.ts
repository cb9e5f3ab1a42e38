/**
 * What people see of identities and decide of them. A decision is written before it is followed, and its task is open until that is done:
 * what a crash cuts short is still to be seen.
 */
import {
  PasserelleError,
  type DeliveryState,
  type DeliverySummary,
  type IdentityFace,
  type IdentityRelation,
  type IdentityStatement,
  type IdentityTask,
  type IdentityTaskDetail,
  type IdentityView,
  type MessageHistory,
  type MessageSummary,
  type TaskAnswer,
  type Unmerged,
} from '../contract/index.ts';
import { mayHaveArrived } from '../documents/index.ts';
import {
  MISNAMED,
  PERSON,
  TASK,
  UNTOLD,
  answerTask,
  around,
  closeTask,
  isOfClaim,
  joinedOf,
  lineOf,
  mergedBeside,
  messagesOfMerge,
  namesOf,
  ownMerge,
  personOf,
  readPerson,
  readTask,
  shownQuestion,
  standingOf,
  taskKey,
  timeOf,
  toldNothing,
  undoMerge,
  untoldDoubts,
  untoldId,
  untoldTasks,
  type Person,
  type Task,
} from '../identity/index.ts';
import { deliveryId, parseId } from '../journal/index.ts';
import type { Known, NoteRef } from '../knowledge/index.ts';
import type { RegionSettings } from '../settings/index.ts';
import { act, owner } from './act.ts';
import type { Engine } from './engine.ts';
import type { Region } from './region.ts';
import { sendersOf } from './senders.ts';
import { undoneMerge } from './undone-merge.ts';

export function identityFace(engine: Engine): IdentityFace {
  const { journal, index } = engine;
  const region = (): Region => {
    const running = owner(engine).region;
    if (!running) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'settings that run', found: 'none' });
    return running;
  };
  const taskOf = async (id: string): Promise<Task> => {
    const [value] = await journal.notes(TASK, [taskKey(id)]);
    if (value === undefined) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a task', found: id });
    return readTask(value);
  };
  const isOver = async (id: string): Promise<boolean> => {
    const of = parseId(journal.tag, id);
    const state = 'message' in of ? (await journal.message(of.message))?.message.state : undefined;
    return state === 'discarded' || state === 'rejected' || state === 'filtered';
  };
  const change = async ({ id, verdict, question, who, why }: TaskAnswer, by: typeof closeTask, run?: number): Promise<Task> => {
    const at = new Date().toISOString();
    // As the task is by then: it may ask about others since.
    const refs = (known: Known): readonly NoteRef[] => {
      const value = known(TASK, taskKey(id));
      const { keys = [] } = value === undefined ? {} : readTask(value);
      return [...[TASK, MISNAMED, UNTOLD].map((of) => ({ kind: of, key: taskKey(id) })), ...keys.map((key) => ({ kind: PERSON, key }))];
    };
    const changed = await region().knowledge.change(
      refs,
      (known) => {
        const said = { verdict: verdict === 'accept' ? 'accepted' : 'rejected', who, why, at, ...(question !== undefined && { question }) } as const;
        const { notes, task } = by(id, known, said, run);
        return { notes, result: task };
      },
      (notes) => region().journal.keep(notes, at),
    );
    if (changed.state !== 'open') region().answered();
    return changed;
  };
  const answerOne = async (order: TaskAnswer): Promise<IdentityTask> => {
    const { id, verdict, who, why } = order;
    const { kind, state } = await taskOf(id);
    // No message waits: a call was refused when it was made, a document is filed, a receiver was told.
    if (kind === 'call' || kind === 'datamatrix' || kind === 'merge-told' || state !== 'open') return summaryOf(await change(order, closeTask));
    const answered = await change(order, answerTask);
    const stopped = await stoppedOnTheirWay(engine, id);
    if (stopped) {
      await act(engine, { verb: verdict === 'accept' ? 'release' : 'discard', ids: stopped.deliveries, who, why });
      return summaryOf(await change(order, closeTask, stopped.run));
    }
    const verb = verdict === 'accept' ? 'replay' : 'discard';
    await act(engine, { verb, ids: [id], who, why }).catch(async (thrown: unknown) => {
      // It goes nowhere already: what was to be done is done. On its way to be decided again, it stays what this person made it.
      if (verb !== 'discard' || PasserelleError.from(thrown).code !== 'ERR_TRANSITION' || !(await isOver(id))) throw thrown;
    });
    // What was accepted is closed by the commit that decides the message again.
    return summaryOf(verb === 'replay' ? answered : await change(order, closeTask));
  };
  return {
    tasks: async ({ state, ...page }) => {
      const found = await journal.notesOf(TASK, page);
      const tasks = found.items.map(({ value }) => readTask(value)).filter((task) => !state || state.includes(task.state));
      return { ...found, items: tasks.map(summaryOf) };
    },
    task: async (id) => {
      const task = await taskOf(id);
      return detailOf(task, await alikeOf(engine, task));
    },
    find: async ({ domain, ipp }) => {
      const key = index.patient({ domain, value: ipp });
      const [value] = await journal.notes(PERSON, [key]);
      if (value === undefined) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'an identity that was received', found: 'none' });
      return viewOf(readPerson(key, value), region().settings);
    },
    answer: async (order) => {
      if (!order.why) throw new PasserelleError('ERR_REASON_MISSING');
      const task = await taskOf(order.id);
      const others = await alikeOf(engine, task);
      // What cannot be answered so leaves the others as they are.
      if (others.length > 0) await change(order, answerTask);
      let answered = summaryOf(task);
      for (const { id } of [task, ...others].toSorted(cameFirst)) {
        const one = await answerOne({ ...order, id }).catch((thrown: unknown) => {
          if (id === order.id || !ASKED_ANEW.has(PasserelleError.from(thrown).code)) throw thrown;
        });
        if (one && id === order.id) answered = one;
      }
      return answered;
    },
    withheld: (lane, capability) => region().capable.preview(lane, capability),
    declare: async (order) => {
      if (!order.why) throw new PasserelleError('ERR_REASON_MISSING');
      return region().capable.declare(order);
    },
    unmerge: async ({ domain, ipp }, { who, why }) => {
      if (!why) throw new PasserelleError('ERR_REASON_MISSING');
      const key = index.patient({ domain, value: ipp });
      const at = new Date().toISOString();
      const { knowledge, journal: own, settings, capable } = region();
      const senders = sendersOf(settings, domain);
      const persons = (known: Known): readonly NoteRef[] => around(key, known).map((one) => ({ kind: PERSON, key: one }));
      const look = (known: Known) => ({
        merged: ownMerge(key, known),
        messages: messagesOfMerge(key, known),
        alsoMerged: mergedBeside(key, known),
      });
      const { merged, messages, alsoMerged } = await knowledge.change(
        persons,
        (known) => ({ notes: [], result: look(known) }),
        async () => undefined,
      );
      const summary = merged && (await mergesOf(engine, merged.message, isMerge))?.message;
      const heir = merged?.kind === 'change-id' && { heir: merged.key };
      const undone = { message: merged?.message ?? '', receivedAt: summary?.receivedAt ?? at, site: summary?.site ?? '', key, at, ...heir };
      // Before it is undone: what was queued may leave until then, and what a stop cuts short is seen by somebody.
      const may = await lanesOf(engine, messages);
      const tasksOf = (lanes: readonly string[]): readonly NoteRef[] =>
        lanes.flatMap((lane) => [TASK, UNTOLD].map((kind) => ({ kind, key: taskKey(untoldId(undone, lane)) })));
      await knowledge.change(
        (known) => [...persons(known), ...tasksOf(may)],
        (known) => {
          const person = personOf(known, key);
          const survivor = person?.into && personOf(known, person.into.key);
          const notes = undoMerge(key, known, { who, why, at, doubts: untoldDoubts(undone, may) });
          return { notes: [...notes, ...(person && survivor ? untoldTasks(undone, may, person, survivor, senders) : [])], result: undefined };
        },
        (notes) => (notes.length > 0 ? own.keep(notes, at) : Promise.resolve()),
      );
      // What a stop cut short here is done when it is asked for again.
      await capable.restored(key);
      const called: CalledBack[] = [];
      for (const message of messages) called.push(await callBack(engine, knowledge, message, { who, why }));
      const told = [...new Set(called.flatMap((each) => each.told))];
      const others = may.filter((lane) => !told.includes(lane));
      if (others.length > 0)
        await knowledge.change(
          (known) => [...persons(known), ...tasksOf(others)],
          (known) => ({ notes: toldNothing(undone, others, known), result: undefined }),
          (notes) => own.keep(notes, at),
        );
      // Documents wait for a doubt about another one no more.
      region().answered();
      // One that was undone long ago may have none.
      const ids = told.map((lane) => untoldId(undone, lane));
      const asked = await journal.notes(TASK, ids.map(taskKey));
      const tasks = ids.filter((_, i) => asked[i] !== undefined);
      return { discarded: called.flatMap(({ discarded }) => discarded), told, tasks, alsoMerged };
    },
  };
}

const cameFirst = (one: Task, other: Task): number => (one.receivedAt < other.receivedAt ? -1 : one.receivedAt > other.receivedAt ? 1 : 0);
/** It was answered meanwhile, or asks something else by now. */
const ASKED_ANEW: ReadonlySet<string> = new Set(['ERR_TASK_CHANGED', 'ERR_TRANSITION']);

/** Other messages that do the same and ask the same of the same persons: who is said to be whom by them is the same to the letter, and one answer is for all of them. */
async function alikeOf({ journal }: Engine, { id, keys, question, does, state }: Task): Promise<readonly Task[]> {
  if (question === undefined || does === undefined || state !== 'open') return [];
  const persons = await journal.notes(PERSON, keys);
  const doubts = persons.flatMap((value, i) => (value === undefined ? [] : (readPerson(keys[i]!, value).doubts ?? [])));
  const found = await journal.notes(TASK, [...new Set(doubts.map(({ task }) => task))].filter((other) => other !== id).map(taskKey));
  const tasks = found.flatMap((value) => (value === undefined ? [] : [readTask(value)]));
  return tasks.filter((other) => other.state === 'open' && other.question === question && other.does === does).toSorted(cameFirst);
}

/** What waits of a message that was decided: deliveries that were stopped as they were to leave, what is on file having changed. */
async function stoppedOnTheirWay(
  { journal }: Engine,
  id: string,
): Promise<{ readonly deliveries: readonly string[]; readonly run: number } | undefined> {
  const parsed = parseId(journal.tag, id);
  const found = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (found?.message.state !== 'decoded') return undefined;
  const held = found.deliveries.filter(({ state, error }) => state === 'held' && error?.code === 'ERR_IDENTITY_CONFLICT');
  return { deliveries: held.map(({ delivery }) => deliveryId(journal.tag, delivery)), run: found.message.run };
}

type CalledBack = Pick<Unmerged, 'discarded' | 'told'>;

type Stored = MessageHistory['events'][number]['event'];
const isMerge = async ({ type }: Stored): Promise<boolean> => type === 'dcc.identity.merged';

interface MergeLeg extends DeliverySummary {
  /** It arrived, or an attempt at it may have: whatever became of it since. */
  readonly isTold: boolean;
}

const NOT_TOLD: ReadonlySet<DeliveryState> = new Set(['queued', 'held', 'dead', 'discarded']);

/** Of a message, the deliveries of merges that are meant. One message may say several. */
async function mergesOf(
  { journal }: Engine,
  message: string,
  isMeant: (event: Stored) => Promise<boolean>,
): Promise<{ readonly message: MessageSummary; readonly merges: readonly MergeLeg[] } | undefined> {
  const of = parseId(journal.tag, message);
  const found = 'message' in of ? await journal.message(of.message) : undefined;
  if (!found) return undefined;
  const meant = new Set<string>();
  for (const { event } of found.events) if (await isMeant(event)) meant.add(event.id);
  const arrived = new Set(found.attempts.filter(mayHaveArrived).map(({ delivery }) => delivery));
  const legs = found.deliveries.filter(({ eventId }) => meant.has(eventId));
  return { message: found.message, merges: legs.map((leg) => ({ ...leg, isTold: !NOT_TOLD.has(leg.state) || arrived.has(leg.delivery) })) };
}

/** Of what was not told yet. */
const mayLeave = ({ state }: MergeLeg): boolean => state === 'queued' || state === 'held';

/** Delivery lanes by which a merge of these messages left, or may leave yet. */
async function lanesOf(engine: Engine, messages: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(messages.map((message) => mergesOf(engine, message, isMerge)));
  return [...new Set(found.flatMap((one) => one?.merges.filter((leg) => leg.isTold || mayLeave(leg)).map(({ lane }) => lane) ?? []))];
}

/**
 * What does not stand any more of a message that merged: what waits of it is discarded, and no identity waits behind it. Where it arrived, or may have, only a person can
 * tell that it is undone.
 */
async function callBack(
  engine: Engine,
  knowledge: Region['knowledge'],
  message: string,
  by: { readonly who: string; readonly why: string },
): Promise<CalledBack> {
  const { journal, index } = engine;
  const isUndone = async (event: Stored): Promise<boolean> => (await undoneMerge(event, knowledge, index)) !== undefined;
  const look = async (): Promise<readonly MergeLeg[]> => (await mergesOf(engine, message, isUndone))?.merges ?? [];
  const discarded: string[] = [];
  for (const { delivery } of (await look()).filter(mayLeave)) {
    const id = deliveryId(journal.tag, delivery);
    await act(engine, { verb: 'discard', ids: [id], ...by }).then(
      () => discarded.push(id),
      (thrown: unknown) => {
        if (PasserelleError.from(thrown).code !== 'ERR_TRANSITION') throw thrown;
      },
    );
  }
  // As they are by now: an attempt may have begun meanwhile.
  const told = (await look()).filter((leg) => leg.isTold || mayLeave(leg)).map(({ lane }) => lane);
  return { discarded, told: [...new Set(told)] };
}

function summaryOf({ id, kind, state, site, receiver, eventType, sender, receivedAt, askedAt, differences, answered, closed }: Task): IdentityTask {
  const attributes = differences.map(({ attribute }) => attribute);
  return {
    id,
    kind,
    state,
    site,
    ...(receiver !== undefined && { receiver }),
    eventType,
    sender,
    receivedAt,
    askedAt,
    attributes,
    ...(answered && { answered }),
    ...(closed && { closed }),
  };
}

function detailOf(task: Task, alike: readonly Task[]): IdentityTaskDetail {
  const { candidates, differences } = task;
  const question = shownQuestion(task);
  return { ...summaryOf(task), ...(question !== undefined && { question }), alike: alike.map(({ id }) => id), candidates, differences };
}

function viewOf(person: Person, settings: RegionSettings): IdentityView {
  const { domain, ipp, into, absorbed = [], undone = [], links = [], open = [], history } = person;
  const senders = sendersOf(settings, domain);
  const { patient, sources, ins } = joinedOf(person, senders);
  const said = (value: unknown, source: string, at: string): IdentityStatement => ({ value, source, ...(timeOf(at) && { at: timeOf(at) }) });
  const attributes = Object.entries(patient).map(([name, value]) => {
    const source = sources[name];
    return [name, source ? said(value, source.sender, source.at) : { value }] as const;
  });
  const all = lineOf(person).folds;
  const names = namesOf(Object.keys(all));
  const bySender = Object.entries(all).map(([key, { registers }]) => {
    const sender = names.get(key)!;
    const statements = Object.entries(registers).map(([name, { value, at }]) => [name, said(value, sender, at)] as const);
    return [sender, Object.fromEntries(statements.filter(([name]) => !isOfClaim(name)))] as const;
  });
  return {
    domain,
    ipp,
    attributes: Object.fromEntries(attributes),
    ...(ins && { ins: { number: ins.ins, oid: ins.insOid, source: ins.sender, standing: standingOf(ins, { senders }) } }),
    senders: Object.fromEntries(bySender),
    ...(into && { into: relationOf(into) }),
    absorbed: absorbed.map(relationOf),
    undone: undone.map((one) => ({ ...relationOf(one), who: one.who, why: one.why, undoneAt: one.undoneAt })),
    links: [
      ...new Map(links.filter(({ isLinked }) => isLinked).map(({ key, domain: of, ipp: number }) => [key, { domain: of, ipp: number }])).values(),
    ],
    tasks: open,
    history,
  };
}

const relationOf = ({ domain, ipp, kind, at, message, accepted }: NonNullable<Person['into']>): IdentityRelation => ({
  domain,
  ipp,
  kind,
  message,
  ...(timeOf(at) && { at: timeOf(at) }),
  ...(accepted && { accepted }),
});

/**
 * What people see of identities and decide of them. A decision is written before it is followed, and its task is open until that is done:
 * what a crash cuts short is still to be seen.
 */
import {
  PasserelleError,
  type IdentityFace,
  type IdentityRelation,
  type IdentityStatement,
  type IdentityTask,
  type IdentityTaskDetail,
  type IdentityView,
  type Unmerged,
} from '../contract/index.ts';
import {
  MISNAMED,
  PERSON,
  TASK,
  answerTask,
  around,
  closeTask,
  isOfClaim,
  joinedOf,
  lineOf,
  messagesOfMerge,
  namesOf,
  readPerson,
  readTask,
  shownQuestion,
  standingOf,
  taskKey,
  timeOf,
  undoMerge,
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
  return {
    tasks: async ({ state, ...page }) => {
      const found = await journal.notesOf(TASK, page);
      const tasks = found.items.map(({ value }) => readTask(value)).filter((task) => !state || state.includes(task.state));
      return { ...found, items: tasks.map(summaryOf) };
    },
    task: async (id) => detailOf(await taskOf(id)),
    find: async ({ domain, ipp }) => {
      const key = index.patient({ domain, value: ipp });
      const [value] = await journal.notes(PERSON, [key]);
      if (value === undefined) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'an identity that was received', found: 'none' });
      return viewOf(readPerson(key, value), region().settings);
    },
    answer: async ({ id, verdict, question, who, why }) => {
      if (!why) throw new PasserelleError('ERR_REASON_MISSING');
      const { kind, state } = await taskOf(id);
      const at = new Date().toISOString();
      // As the task is by then: it may ask about others since.
      const refs = (known: Known): readonly NoteRef[] => {
        const value = known(TASK, taskKey(id));
        const { keys = [] } = value === undefined ? {} : readTask(value);
        return [...[TASK, MISNAMED].map((of) => ({ kind: of, key: taskKey(id) })), ...keys.map((key) => ({ kind: PERSON, key }))];
      };
      const change = async (by: typeof closeTask, run?: number): Promise<Task> => {
        const changed = await region().knowledge.change(
          refs,
          (known) => {
            const said = {
              verdict: verdict === 'accept' ? 'accepted' : 'rejected',
              who,
              why,
              at,
              ...(question !== undefined && { question }),
            } as const;
            const { notes, task } = by(id, known, said, run);
            return { notes, result: task };
          },
          (notes) => region().journal.keep(notes, at),
        );
        if (changed.state !== 'open') region().answered();
        return changed;
      };
      // Nothing waits behind a call, which was refused when it was made, nor behind a document that is filed.
      if (kind === 'call' || kind === 'datamatrix' || state !== 'open') return summaryOf(await change(closeTask));
      const answered = await change(answerTask);
      const stopped = await stoppedOnTheirWay(engine, id);
      if (stopped) {
        await act(engine, { verb: verdict === 'accept' ? 'release' : 'discard', ids: stopped.deliveries, who, why });
        return summaryOf(await change(closeTask, stopped.run));
      }
      const verb = verdict === 'accept' ? 'replay' : 'discard';
      await act(engine, { verb, ids: [id], who, why }).catch(async (thrown: unknown) => {
        // It goes nowhere already: what was to be done is done. On its way to be decided again, it stays what this person made it.
        if (verb !== 'discard' || PasserelleError.from(thrown).code !== 'ERR_TRANSITION' || !(await isOver(id))) throw thrown;
      });
      // What was accepted is closed by the commit that decides the message again.
      return summaryOf(verb === 'replay' ? answered : await change(closeTask));
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
      const messages = await region().knowledge.change(
        (known) => around(key, known).map((one) => ({ kind: PERSON, key: one })),
        (known) => ({ notes: undoMerge(key, known, { who, why, at }), result: messagesOfMerge(key, known) }),
        (notes) => region().journal.keep(notes, at),
      );
      await region().capable.restored(key);
      const called: Unmerged[] = [];
      for (const message of messages) called.push(await callBack(engine, region().knowledge, message, { who, why }));
      return { discarded: called.flatMap(({ discarded }) => discarded), told: [...new Set(called.flatMap(({ told }) => told))] };
    },
  };
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

/** The merge itself, where it has not left yet: discarded, and no identity waits behind it. Sent already, only a person can tell that it is undone. */
async function callBack(
  engine: Engine,
  knowledge: Region['knowledge'],
  message: string,
  by: { readonly who: string; readonly why: string },
): Promise<Unmerged> {
  const { journal, index } = engine;
  const of = parseId(journal.tag, message);
  const { deliveries = [], events = [] } = ('message' in of ? await journal.message(of.message) : undefined) ?? {};
  // One message may merge several numbers: the others stay merged.
  const own = new Set<string>();
  for (const { event } of events) if (await undoneMerge(event, knowledge, index)) own.add(event.id);
  const merges = deliveries.filter(({ eventId, state }) => own.has(eventId) && state !== 'discarded');
  const discarded: string[] = [];
  for (const { delivery, state } of merges) {
    const id = deliveryId(journal.tag, delivery);
    // What may have arrived stays to be seen, and does not leave again as it is.
    if (state !== 'queued' && state !== 'held') continue;
    await act(engine, { verb: 'discard', ids: [id], ...by }).then(
      () => discarded.push(id),
      (thrown: unknown) => {
        if (PasserelleError.from(thrown).code !== 'ERR_TRANSITION') throw thrown;
      },
    );
  }
  const isLeft = ({ delivery, state }: (typeof merges)[number]): boolean =>
    state !== 'dead' && !discarded.includes(deliveryId(journal.tag, delivery));
  return { discarded, told: [...new Set(merges.filter(isLeft).map(({ lane }) => lane))] };
}

function summaryOf({ id, kind, state, site, eventType, sender, receivedAt, askedAt, differences, answered, closed }: Task): IdentityTask {
  const attributes = differences.map(({ attribute }) => attribute);
  return { id, kind, state, site, eventType, sender, receivedAt, askedAt, attributes, ...(answered && { answered }), ...(closed && { closed }) };
}

function detailOf(task: Task): IdentityTaskDetail {
  const question = shownQuestion(task);
  return { ...summaryOf(task), ...(question !== undefined && { question }), candidates: task.candidates, differences: task.differences };
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
    links: links.filter(({ isLinked }) => isLinked).map((link) => ({ domain: link.domain, ipp: link.ipp })),
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

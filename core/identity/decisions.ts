/** What a person answers to a task: the message may say what it says, or it is put away. */
import { NEVER_ACCEPTED, PasserelleError, type Note } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { noteOf, personOf } from './person.ts';
import { without } from './cases.ts';
import { MISNAMED, TASK, UNTOLD, readTask, shownQuestion, taskKey, taskNote, type Task } from './task.ts';

export type Answer = NonNullable<Task['answered']> & {
  /** Of the task as the person read it (`shownQuestion`). */
  readonly question?: string;
};

interface Decided {
  readonly task: Task;
  readonly notes: readonly Note[];
}

/**
 * Of notes as they are now; the task stays open until that is done, and may be answered again. Throws ERR_NOT_FOUND; ERR_TRANSITION for a task that is
 * closed, or a merge that is to be accepted before the one before it is undone; ERR_TASK_CHANGED when another question than this is to be accepted: what was not seen is not.
 */
export function answerTask(id: string, known: Known, { question: seen, ...answered }: Answer): Decided {
  const before = openTask(id, known);
  const isAccepted = answered.verdict === 'accepted';
  if (isAccepted && NEVER_ACCEPTED.has(before.kind))
    throw new PasserelleError('ERR_TRANSITION', {
      expected: 'an undo of the merge before, and then a replay; or a rejection',
      found: before.kind === 'merge-cycle' ? 'a circle of merges' : 'a number that another one absorbed before',
    });
  if (isAccepted && seen !== shownQuestion(before))
    throw new PasserelleError('ERR_TASK_CHANGED', {
      expected: 'the question that the task shows now',
      found: seen === undefined ? 'none' : 'another one',
    });
  const { accepted: _, agreed = [], question, ...rest } = before;
  const said = isAccepted && { accepted: before.keys, agreed: [...new Set([...agreed, ...(question === undefined ? [] : [question])])] };
  const task: Task = { ...rest, ...(question !== undefined && { question }), answered, ...said };
  return { task, notes: [taskNote(task)] };
}

/**
 * Nothing is left to be done: the message of a rejected task was put away, or none ever waited; or what waited were deliveries of that run, which were
 * released. Throws ERR_NOT_FOUND; ERR_TRANSITION for a task that is closed, unless an alert is left of it: that ends.
 */
export function closeTask(id: string, known: Known, { verdict, at, who, why }: Answer, run?: number): Decided {
  const seen = [MISNAMED, UNTOLD].flatMap((kind) => (known(kind, taskKey(id)) === undefined ? [] : [{ kind, key: taskKey(id), value: '' }]));
  const before = taskOf(id, known);
  if (before.state !== 'open' && seen.length > 0) return { task: before, notes: seen };
  const closedIn = verdict === 'accepted' && run !== undefined ? { closedIn: run } : {};
  const task: Task = { ...openTask(id, known), state: verdict, ...closedIn, closed: { at, who, why } };
  const persons = task.keys.flatMap((key) => {
    const person = personOf(known, key);
    return person ? [noteOf(key, without(person, id))] : [];
  });
  return { task, notes: [...persons, taskNote(task), ...seen] };
}

function taskOf(id: string, known: Known): Task {
  const value = known(TASK, taskKey(id));
  if (value === undefined) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a task', found: id });
  return readTask(value);
}

function openTask(id: string, known: Known): Task {
  const task = taskOf(id, known);
  if (task.state !== 'open') throw new PasserelleError('ERR_TRANSITION', { expected: 'an open task', found: task.state });
  return task;
}

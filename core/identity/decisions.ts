/** What a person answers to a task: the message may say what it says, or it is put away. */
import { PasserelleError, type Note } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { lastOf, noteOf, personOf } from './person.ts';
import { without } from './cases.ts';
import { TASK, readTask, taskKey, taskNote, type Task } from './task.ts';

export interface Answer {
  readonly verdict: 'accepted' | 'rejected';
  readonly who: string;
  readonly why: string;
  /** ISO instant. */
  readonly at: string;
}

/** Of notes as they are now. Throws ERR_NOT_FOUND; ERR_TRANSITION for a task that is closed, or a circle of merges that is to be accepted. */
export function answerTask(id: string, known: Known, { verdict, who, why, at }: Answer): { readonly task: Task; readonly notes: readonly Note[] } {
  const value = known(TASK, taskKey(id));
  if (value === undefined) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a task', found: id });
  const before = readTask(value);
  if (before.state !== 'open') throw new PasserelleError('ERR_TRANSITION', { expected: 'an open task', found: before.state });
  if (before.kind === 'merge-cycle' && verdict === 'accepted')
    throw new PasserelleError('ERR_TRANSITION', { expected: 'an undo of the merge before, or a rejection', found: 'a circle of merges' });
  const task: Task = { ...before, state: verdict, closed: { at, who, why } };
  const persons = before.keys.flatMap((key) => {
    const person = personOf(known, key);
    if (!person) return [];
    const left = without(person, id);
    return [noteOf(key, verdict === 'accepted' ? { ...left, accepted: lastOf(left.accepted, id) } : left)];
  });
  return { task, notes: [...persons, taskNote(task)] };
}

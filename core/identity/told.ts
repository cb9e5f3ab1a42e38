/**
 * Who was told of a merge that a person undid. No standard message takes a merge back, so a person does, receiver by receiver; until that is said, what names the number
 * does not leave for there: it would be filed with the survivor (SAFETY A6, decision 0034).
 */
import { hash } from 'node:crypto';
import type { Note } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import { asShown, differencesOf, onFile, without } from './cases.ts';
import type { DomainSender } from './join.ts';
import { joinedOf, noteOf, personOf, type Doubt, type Person } from './person.ts';
import { TASK, UNTOLD, taskKey, taskNote, type Task } from './task.ts';

/** A merge that was undone, as receivers know it. */
export interface UndoneMerge {
  /** Public id of its newest message, and when that came (ISO). */
  readonly message: string;
  readonly receivedAt: string;
  readonly site: string;
  /** Of the number that was absorbed. */
  readonly key: string;
  /** Of a change of number, the number since: who was told of it has the person under that one only, who may be nobody or somebody else here by now. */
  readonly heir?: string;
  /** When it was undone, ISO. */
  readonly at: string;
}

const ID_LENGTH = 8;
/** One task for each receiver. */
export const untoldId = ({ message, key }: Pick<UndoneMerge, 'message' | 'key'>, lane: string): string =>
  `${message}-undone-${hash('sha256', `${key} ${lane}`).slice(0, ID_LENGTH)}`;

export const untoldDoubts = (of: UndoneMerge, lanes: readonly string[]): readonly Doubt[] =>
  lanes.map((lane) => ({ task: untoldId(of, lane), at: of.at, lane }));

const keysOf = ({ key, heir }: UndoneMerge): readonly string[] => (heir === undefined ? [key] : [key, heir]);

/** `gone`: the number that was absorbed, and who absorbed it. */
export function untoldTasks(
  of: UndoneMerge,
  lanes: readonly string[],
  gone: Person,
  survivor: Person,
  senders: readonly DomainSender[],
): readonly Note[] {
  const [mine, theirs] = [survivor, gone].map((person) => joinedOf(person, senders)) as [ReturnType<typeof joinedOf>, ReturnType<typeof joinedOf>];
  return lanes.flatMap((receiver): readonly Note[] => {
    const task: Task = {
      id: untoldId(of, receiver),
      kind: 'merge-told',
      state: 'open',
      site: of.site,
      receiver,
      eventType: 'dcc.identity.merged',
      sender: '',
      receivedAt: of.receivedAt,
      askedAt: of.at,
      keys: keysOf(of),
      candidates: [onFile(gone, theirs), onFile(survivor, mine)],
      differences: differencesOf(mine, asShown(theirs), { sender: '', at: '' }),
    };
    return [taskNote(task), { kind: UNTOLD, key: taskKey(task.id), value: JSON.stringify({ site: of.site, lane: receiver, at: of.at }) }];
  });
}

/** The merge never left for these after all. */
export function toldNothing(of: UndoneMerge, lanes: readonly string[], known: Known): readonly Note[] {
  const ids = lanes.map((lane) => untoldId(of, lane));
  const gone = ids.flatMap((id) => [TASK, UNTOLD].map((kind) => ({ kind, key: taskKey(id), value: '' })));
  const persons = keysOf(of).flatMap((key) => {
    const person = personOf(known, key);
    return person ? [noteOf(key, ids.reduce(without, person))] : [];
  });
  return [...gone, ...persons];
}

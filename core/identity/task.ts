/** What waits for identity vigilance: why, between whom, and every difference, with its source and its time (SAFETY A4, A6). */
import type { Note } from '../contract/index.ts';
import type { Known } from '../knowledge/index.ts';
import type { Patient } from '../model/index.ts';

export const TASK = 'task';

export type TaskKind =
  /** Two senders that are trusted alike differ on a strict trait; or so many are other ones that it may be somebody else. */
  | 'traits'
  /** Of a number that was merged or changed for another one, or that this made the patient's, something is said since that is not what is known of the person who had it. */
  | 'number-again'
  /** Two numbers that the message gives one patient, in two domains, belong to two INS. */
  | 'numbers'
  /** A qualified INS that is not the one on file, or with other traits. */
  | 'ins'
  /** One sender said two things in the hour that autumn repeats: which is newer nobody can say. */
  | 'order'
  /** A document says something else than what is on file. */
  | 'document'
  /** Both sides of a merge have an INS, not the same. */
  | 'merge-ins'
  /** The absorbed number was given to somebody else before: cannot be accepted until that is undone. */
  | 'merge-elsewhere'
  /** A merge of a number that was changed for another one before: its patient is known by that one, and is not to be taken from it. Cannot be accepted either. */
  | 'merge-changed'
  /** A person undid a merge of the two. */
  | 'merge-undone'
  /** A change of number onto one that somebody else has: accepted, it is a merge, which joins nothing of what is known of either. */
  | 'number-taken'
  /** Said by a site whose numbers they are not. */
  | 'merge-foreign'
  /** One sender says that two numbers are one patient's, another one that they are not. */
  | 'link'
  /** The survivor was absorbed by whom it should absorb: cannot be accepted. */
  | 'merge-cycle'
  /** A receiver was told of a merge before a person undid it: nothing waits but what names the number, for there. */
  | 'merge-told'
  /** The INS datamatrix of a document that is filed names somebody else than its message: nothing waits but an answer. */
  | 'datamatrix'
  /** A contextual call whose identity contradicts the record: nothing was opened, and nothing waits but an answer. */
  | 'call';

export interface Candidate {
  readonly domain: string;
  readonly ipp: string;
  /** `on file`: as known; `received`: as the message has it. */
  readonly as: 'on file' | 'received';
  readonly patient: Patient;
}

export interface Statement {
  readonly value: unknown;
  /** Application that said it. */
  readonly source?: string;
  /** When it says so, ISO. */
  readonly at?: string;
}

export interface Difference {
  readonly attribute: string;
  readonly onFile: Statement;
  readonly received: Statement;
}

export interface Task {
  /** Public id of the message that waits: one task a message. Of a call, its reference; of a document that is filed already, `filedId`. */
  readonly id: string;
  readonly kind: TaskKind;
  readonly state: 'open' | 'accepted' | 'rejected';
  readonly site: string;
  /** Delivery lane of the receiver that it is about. */
  readonly receiver?: string;
  readonly eventType: string;
  readonly sender: string;
  /** Of the message and of the decision to ask, ISO. */
  readonly receivedAt: string;
  readonly askedAt: string;
  /** Keyed hashes of everybody it is about, who changes first. */
  readonly keys: readonly string[];
  readonly candidates: readonly Candidate[];
  readonly differences: readonly Difference[];
  /** Hash of what is asked: why, of whom, and what both sides say that an identity is known by. */
  readonly question?: string;
  /** Hash of what its message does, where that is only to say who a patient is, and of his stays: one that does the same and asks the same may be answered with it. */
  readonly does?: string;
  /** What a person said: the task is open until it has been done, so that what a crash cuts short stays in sight. */
  readonly answered?: Answered & { readonly verdict: 'accepted' | 'rejected' };
  /** Of `keys`, those of whom the message may say what it says. It may ask of one after the other. */
  readonly accepted?: readonly string[];
  /** The questions that were accepted: what was not seen was not accepted. */
  readonly agreed?: readonly string[];
  /** Decode run that closed it: all the events of that run are accepted, none of a later one. */
  readonly closedIn?: number;
  readonly closed?: Answered;
}

export interface Answered {
  /** ISO instant. */
  readonly at: string;
  readonly who: string;
  readonly why: string;
}

/** The question of a task as people see and answer it. */
export const shownQuestion = ({ question }: Task): string | undefined => question?.slice(0, SHOWN);
const SHOWN = 16;

/** Of a public id, which says nothing of a patient. */
export const taskKey = (message: string): string => Buffer.from(message).toString('hex');

export const taskNote = (task: Task): Note => ({ kind: TASK, key: taskKey(task.id), value: JSON.stringify(task) });
export const readTask = (value: string): Task => JSON.parse(value) as Task;

export interface CalledIdentity {
  readonly reference: string;
  readonly site: string;
  readonly connector: string;
  /** ISO instant. */
  readonly at: string;
  /** As the call has it. */
  readonly called: Patient;
  readonly onFile: readonly { readonly recordId: string; readonly patient: Patient }[];
}

/** Of one document, beside what is asked of the message itself: a replay of it ends that, not this. */
export const filedId = (message: string, part: string): string => `${message}-datamatrix-${part}`;

/** By the key of its task: while a document that is filed under somebody else's name has not been looked at. */
export const MISNAMED = 'document-misnamed';

/** By the key of its task: while a receiver of a merge that was undone has not been called. */
export const UNTOLD = 'merge-untold';

export interface Misnamed {
  /** Public id. */
  readonly message: string;
  readonly part: string;
  readonly site: string;
  readonly sender: string;
  /** ISO. */
  readonly receivedAt: string;
  readonly at: string;
  /** Of the message, and as the datamatrices of the document have them. */
  readonly patient: Patient;
  readonly marked: readonly Patient[];
}

/** In the place of an identity domain: what a page has names several patients by nothing else. */
export const DATAMATRIX = 'datamatrix';

/** Both sides of what datamatrices contradict. */
export function markedOtherwise(patient: Patient, marked: readonly Patient[], at: string): Pick<Task, 'candidates' | 'differences'> {
  return {
    candidates: [
      { domain: patient.domain ?? '', ipp: patient.ipp ?? '', as: 'on file', patient },
      ...marked.map((each): Candidate => ({ domain: DATAMATRIX, ipp: '', as: 'received', patient: each })),
    ],
    differences: marked.flatMap((each) =>
      differing(patient, each).map((attribute) => ({
        attribute,
        onFile: { value: patient[attribute] },
        received: { value: each[attribute], source: DATAMATRIX, at },
      })),
    ),
  };
}

const differing = (one: Patient, other: Patient): readonly (keyof Patient)[] =>
  (Object.keys(other) as (keyof Patient)[]).filter((name) => one[name] !== undefined && one[name] !== null && one[name] !== other[name]);

/** What is asked already stays. */
export function misnamedNotes({ message, part, site, sender, receivedAt, at, patient, marked }: Misnamed, known: Known): readonly Note[] {
  const id = filedId(message, part);
  const key = taskKey(id);
  const before = known(TASK, key);
  const task: Task = {
    id,
    kind: 'datamatrix',
    state: 'open',
    site,
    eventType: 'dcc.document.received',
    sender,
    receivedAt,
    askedAt: at,
    keys: [],
    ...markedOtherwise(patient, marked, at),
  };
  const isAsked = before !== undefined && readTask(before).state === 'open';
  return [...(isAsked ? [] : [taskNote(task)]), { kind: MISNAMED, key, value: JSON.stringify({ site, at }) }];
}

/** Of a call: what it said, and what each record that it could mean says. */
export function callTask({ reference, site, connector, at, called, onFile }: CalledIdentity): Note {
  const said = called as Readonly<Record<string, unknown>>;
  const differences = onFile.flatMap(({ recordId, patient }) =>
    Object.entries(patient).flatMap(([attribute, value]): Difference[] =>
      said[attribute] === undefined || said[attribute] === value
        ? []
        : [{ attribute, onFile: { value, source: recordId }, received: { value: said[attribute], at } }],
    ),
  );
  return taskNote({
    id: reference,
    kind: 'call',
    state: 'open',
    site,
    eventType: 'dcc.context.open',
    sender: connector,
    receivedAt: at,
    askedAt: at,
    keys: [],
    candidates: [
      { domain: called.domain ?? '', ipp: called.ipp ?? '', as: 'received', patient: called },
      ...onFile.map(({ recordId, patient }): Candidate => ({ domain: 'dcc', ipp: recordId, as: 'on file', patient })),
    ],
    differences,
  });
}

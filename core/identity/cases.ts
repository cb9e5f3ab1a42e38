/** What judges of identities share: who speaks, when, of whom; and how a message is stopped for a person. */
import { hash } from 'node:crypto';
import { PasserelleError, type ErrorCode, type SiteSettings, type Warning } from '../contract/index.ts';
import type { Case, Judgement, Known, NoteRef } from '../knowledge/index.ts';
import { dataSchemaUri, kindOf, type CanonicalEvent, type Patient } from '../model/index.ts';
import { foreignKey, isInsAuthority, senderKey, senderOf, type DomainSender, type Joined, type SendersOf, type Source } from './join.ts';
import { PERSON, lastOf, noteOf, personOf, withDoubt, type Doubt, type Person } from './person.ts';
import { isAhead, stampOf, timeOf, type Stamp } from './stamp.ts';
import { DATAMATRIX, TASK, readTask, taskKey, taskNote, type Answered, type Candidate, type Difference, type Task, type TaskKind } from './task.ts';
import { STRICT_TRAITS, isStrict } from './traits.ts';

/** What every event of a message says of itself. */
interface Said {
  readonly recordedAt?: string;
  readonly originApplication?: string;
}

/** `settings.senders`: of the identity domain that is spoken of, whoever speaks. */
export interface Told extends Case {
  /** Said by a site whose domain it is not. */
  readonly isForeign?: boolean;
  readonly sendersOf: SendersOf;
  /** Whether the site numbers that domain. */
  readonly owns: (domain: string) => boolean;
}

export interface Speaker {
  /** Key of its fold. */
  readonly sender: string;
  readonly application: string;
  readonly senders: readonly DomainSender[];
  readonly isInsAuthority: boolean;
  readonly at: Stamp;
}

/** An application that does not name itself speaks as `''`. */
export function speakerOf({ event, settings, message, isForeign }: Case & { readonly isForeign?: boolean }, patient: Patient | undefined): Speaker {
  const { recordedAt, originApplication: application = '' } = event.data as Said;
  const { site, senders, timeZone } = settings;
  const sender = isForeign ? foreignKey(site, application) : senderKey(site, application);
  const said = { updatedAt: patient?.updatedAt, recordedAt, controlId: message.controlId, message: message.id };
  return { sender, application, senders, isInsAuthority: isInsAuthority(sender, senders), at: stampOf(said, timeZone) };
}

/**
 * The case with times that its sender can mean (A2): one in the future would hold against every correction to come. PID-33 beyond reception and a day is as
 * EVN-2 says, EVN-2 beyond it as reception says; with a warning.
 */
export function timely(one: Case): { readonly one: Case; readonly warnings: readonly Warning[] } {
  if (!one.event.type.startsWith('dcc.identity.')) return { one, warnings: [] };
  const data = one.event.data as Said & { readonly patient?: Patient };
  const { receivedAt } = one.message;
  const ahead = (time: string | null | undefined): boolean => Boolean(time) && isAhead(time!, receivedAt, one.settings.timeZone);
  const [isUpdatedAhead, isRecordedAhead] = [ahead(data.patient?.updatedAt), ahead(data.recordedAt)];
  if (!isUpdatedAhead && !isRecordedAhead) return { one, warnings: [] };
  const recordedAt = isRecordedAhead ? receivedAt : data.recordedAt;
  const said = {
    ...(recordedAt !== undefined && { recordedAt }),
    ...(isUpdatedAhead && { patient: { ...data.patient, updatedAt: recordedAt ?? receivedAt } }),
  };
  const detail = [...(isUpdatedAhead ? ['updatedAt'] : []), ...(isRecordedAhead ? ['recordedAt'] : [])].join(', ');
  return { one: { ...one, event: retyped(one.event, one.event.type, said) }, warnings: [{ code: 'identity-time-ahead', detail }] };
}

/** Clear numbers of the patients in the order of `keys`. */
export const numbersOf = ({ draft }: Case): readonly { readonly domain: string; readonly value: string }[] => {
  const names = new Map(draft.keys.map((key) => [`${key.domain}:${key.value}`, key]));
  return [...names.values()];
};

/** The hash of a number that the event names. */
export const keyOf = (one: Case, domain: string | undefined, value: string | null | undefined): string | undefined =>
  one.keys[numbersOf(one).findIndex((number) => number.domain === domain && number.value === value)];

export const retyped = (event: CanonicalEvent, type: CanonicalEvent['type'], data: object): CanonicalEvent => ({
  ...event,
  type,
  dataschema: dataSchemaUri(type),
  data: { ...event.data, ...data },
});

/** What can be asked about: a message. */
export type Asking = Pick<Case, 'event' | 'now'> &
  Partial<Pick<Case, 'draft' | 'others'>> & {
    readonly message: Pick<Case['message'], 'id' | 'run' | 'receivedAt'>;
    readonly settings: Pick<SiteSettings, 'site'>;
  };
type Asked = { readonly message: Pick<Case['message'], 'id' | 'run'> };

function taskOf({ message }: Asked, known: Known): Task | undefined {
  const value = known(TASK, taskKey(message.id));
  return value === undefined ? undefined : readTask(value);
}

/** Only what was decided before can have asked. */
export const taskRefs = (one: Case, known: Known): readonly NoteRef[] =>
  one.message.run > 1
    ? [{ kind: TASK, key: taskKey(one.message.id) }, ...(taskOf(one, known)?.keys ?? []).map((key) => ({ kind: PERSON, key }))]
    : [];

/** Of this run: one that was closed before says nothing of what is asked now. */
function liveTask(one: Asked, known: Known): Task | undefined {
  const task = taskOf(one, known);
  return task?.state === 'open' || task?.closedIn === one.message.run ? task : undefined;
}

/** A person said that this message may say what it says of one of these: of all its events, in the run that follows. */
export const isAccepted = (one: Asked, known: Known, ...keys: readonly string[]): boolean => {
  const { accepted = [] } = liveTask(one, known) ?? {};
  return keys.some((key) => accepted.includes(key));
};

/** Who accepted it; in the run that follows. */
export function acceptedBy(one: Asked, known: Known): Answered | undefined {
  const { verdict, ...by } = liveTask(one, known)?.answered ?? {};
  return verdict === 'accepted' ? (by as Answered) : undefined;
}

/** A person rejected it while it was on its way to be decided again: it waits to be put away, whatever it says now. */
export function rejected(one: Case, known: Known): Judgement | undefined {
  const task = taskOf(one, known);
  if (task?.state !== 'open' || task.answered?.verdict !== 'rejected') return undefined;
  const said = { expected: 'a message that nobody rejected', found: 'one that a person rejected' };
  return { quarantine: new PasserelleError('ERR_IDENTITY_CONFLICT', said).toData() };
}

/** The task of a message that asks nothing any more is closed by the commit that decides the message, and by nothing before. */
export function concluded(one: Case, known: Known, judgement: Judgement): Judgement {
  const task = taskOf(one, known);
  // What was filed already waits for a person, whatever its message says now; an older journal has it as the task of the message.
  if (task?.state !== 'open' || task.kind === 'datamatrix' || judgement.quarantine || judgement.reject) return judgement;
  const changed = new Map((judgement.notes ?? []).map(({ kind, key, value }) => [`${kind} ${key}`, value]));
  const persons = task.keys.flatMap((key) => {
    const person = personOf((kind, of) => changed.get(`${kind} ${of}`) ?? known(kind, of), key);
    return person ? [noteOf(key, without(person, task.id))] : [];
  });
  const { at, who, why } = task.answered ?? { at: one.now, who: 'passerelle', why: 'plus rien ne la contredit / nothing contradicts it any more' };
  const closed: Task = { ...task, state: 'accepted', closedIn: one.message.run, closed: { at, who, why } };
  return { ...judgement, notes: [...(judgement.notes ?? []), ...persons, taskNote(closed)] };
}

export function without(person: Person, message: string): Person {
  const { open, doubts, ...rest } = person;
  const left = open?.filter((id) => id !== message) ?? [];
  const unsure = doubts?.filter(({ task }) => task !== message) ?? [];
  return { ...rest, ...(left.length > 0 && { open: left }), ...(unsure.length > 0 && { doubts: unsure }) };
}

export interface Question {
  readonly kind: TaskKind;
  readonly code: ErrorCode;
  /** In words, without any value of a patient. */
  readonly expected: string;
  readonly found: string;
  /** Everybody it is about as known, by key, who changes first. */
  readonly persons: ReadonlyMap<string, Person>;
  readonly candidates: readonly Candidate[];
  readonly differences: readonly Difference[];
  /** Whose word it is against, where that is the question: another one's is another question. */
  readonly against?: string;
  /** See `Doubt`. */
  readonly after?: string;
}

/** What a task shows of all these questions, and the hash of what is asked. */
function askedOf(
  questions: readonly Question[],
): Pick<Task, 'candidates' | 'differences'> & { readonly persons: ReadonlyMap<string, Person>; readonly question: string } {
  const persons = new Map(questions.flatMap((each) => [...each.persons]));
  const candidates = distinct(
    questions.flatMap((each) => each.candidates),
    ({ domain, ipp, as, patient }) => [domain, ipp, as, ...(domain === DATAMATRIX ? [patient] : [])],
  );
  const differences = distinct(
    questions.flatMap((each) => each.differences),
    (each) => each,
  );
  const asked = [
    questions.map(({ kind }) => kind),
    [...persons.keys()],
    candidates.map(({ domain, ipp, as, patient }) => [domain, ipp, as, ...KNOWN_BY.map((name) => patient[name] ?? null)]),
    differences.filter(({ attribute }) => isStrict(attribute)).map(({ attribute, onFile, received }) => [attribute, onFile.value, received.value]),
    ...questions.flatMap(({ against }) => against ?? []),
  ];
  return { persons, candidates, differences, question: hash('sha256', JSON.stringify(asked)) };
}

/** A person accepted exactly this of the message: when anything of it is otherwise than it was shown, it is another question. */
export const isAgreed = (one: Asked, known: Known, ...questions: readonly Question[]): boolean =>
  liveTask(one, known)?.agreed?.includes(askedOf(questions).question) === true;

/** The message waits for a person; what it says changes nothing that is known (A4). Of several reasons the first one names the task. `undefined`: agreed, or none. */
export function ask(one: Asking, known: Known, ...questions: readonly Question[]): Judgement | undefined {
  const [first] = questions;
  if (!first || isAgreed(one, known, ...questions)) return undefined;
  const { kind, code, expected, found } = first;
  const { persons, ...shown } = askedOf(questions);
  const { id, receivedAt } = one.message;
  const does = doneBy(one);
  const { accepted = [], agreed = [], keys: asked = [] } = liveTask(one, known) ?? {};
  const task = {
    id,
    kind,
    state: 'open',
    site: one.settings.site,
    eventType: one.event.type,
    sender: (one.event.data as Said).originApplication ?? '',
    receivedAt,
    askedAt: one.now,
    keys: [...new Set([...persons.keys(), ...asked])],
    ...shown,
    ...(does !== undefined && { does }),
    ...(accepted.length > 0 && { accepted }),
    ...(agreed.length > 0 && { agreed }),
  } as const;
  const waiting = [...persons].map(([key, person]) =>
    noteOf(key, {
      ...person,
      open: lastOf(
        person.open?.filter((other) => other !== id),
        id,
      ),
      ...(questions.some(({ kind: of }) => of !== 'document' && of !== 'link') &&
        withDoubt(person, { task: id, at: one.now, ...afterOf(key, questions) })),
    }),
  );
  return { quarantine: new PasserelleError(code, { expected, found }).toData(), notes: [...waiting, taskNote(task)] };
}

/** Of a message that says who one patient is, and of stays of that one, and nothing else: the hash of all that it does. */
function doneBy({ draft, others = [] }: Asking): string | undefined {
  const drafts = draft ? [draft, ...others.map((other) => other.draft)] : [];
  const isPlain = (type: string): boolean => type === 'dcc.identity.updated' || kindOf(type) === 'visit';
  const patients = new Set(drafts.map(({ keys }) => JSON.stringify(keys)));
  if (patients.size !== 1 || !drafts.every(({ type }) => isPlain(type))) return undefined;
  return hash('sha256', JSON.stringify([drafts.map(({ type }) => type).sort(), ...patients]));
}

function afterOf(key: string, questions: readonly Question[]): Pick<Doubt, 'after'> {
  const after = questions.find(({ persons }) => persons.has(key))?.after;
  return after === undefined ? {} : { after };
}

/** What an identity is known by, and what blocks filing. */
const KNOWN_BY = ['ins', 'insOid', ...STRICT_TRAITS, 'identityFlags', 'automaticFiling'] as const;

const distinct = <T>(items: readonly T[], by: (item: T) => unknown): readonly T[] => {
  const known = new Set<string>();
  return items.filter((item) => known.size < known.add(JSON.stringify(by(item))).size);
};

export const onFile = ({ domain, ipp }: Person, joined: Joined): Candidate => ({ domain, ipp, as: 'on file', patient: asShown(joined) });

/** With an INS that is claimed and does not count, which says whose number it is all the same. */
export const asShown = ({ patient, claimed }: Joined): Patient =>
  claimed ? { ...patient, ins: claimed.ins, insOid: claimed.insOid, insStatus: 'NOT-QUALIFIED' } : patient;

/** Every attribute that both name and not alike. */
export function differencesOf(joined: Joined, received: Patient, source: { readonly sender: string; readonly at: Stamp }): readonly Difference[] {
  const mine = asShown(joined) as Readonly<Record<string, unknown>>;
  return Object.entries(received).flatMap(([attribute, value]): Difference[] => {
    const known = mine[attribute];
    if (value === null || value === undefined || known === undefined || attribute === 'updatedAt' || JSON.stringify(known) === JSON.stringify(value))
      return [];
    return [{ attribute, onFile: stated(known, joined.sources[attribute]), received: stated(value, source) }];
  });
}

export const stated = (value: unknown, source: Source | undefined): { value: unknown; source?: string; at?: string } => ({
  value,
  ...(source && { source: senderOf(source.sender).sender, ...(timeOf(source.at) && { at: timeOf(source.at) }) }),
});

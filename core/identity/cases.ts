/** What judges of identities share: who speaks, when, of whom; and how a message is stopped for a person. */
import { PasserelleError, type ErrorCode, type SenderSettings } from '../contract/index.ts';
import type { Case, Judgement } from '../knowledge/index.ts';
import { dataSchemaUri, type CanonicalEvent, type Patient } from '../model/index.ts';
import { isInsAuthority, type Joined, type Source } from './join.ts';
import { lastOf, noteOf, type Person } from './person.ts';
import { stampOf, timeOf, type Stamp } from './stamp.ts';
import { taskNote, type Candidate, type Difference, type TaskKind } from './task.ts';

/** What every event of a message says of itself. */
interface Said {
  readonly recordedAt?: string;
  readonly originApplication?: string;
}

export interface Speaker {
  readonly sender: string;
  readonly senders: readonly SenderSettings[];
  readonly isInsAuthority: boolean;
  readonly at: Stamp;
}

/** An application that does not name itself speaks as `''`. */
export function speakerOf({ event, settings, message }: Case, patient: Patient | undefined): Speaker {
  const { recordedAt, originApplication: sender = '' } = event.data as Said;
  const said = { updatedAt: patient?.updatedAt, recordedAt, controlId: message.controlId };
  const times = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return { sender, senders: settings.senders, isInsAuthority: isInsAuthority(sender, settings.senders), at: stampOf(times, settings.timeZone) };
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

export const isAccepted = (one: Case, ...persons: readonly (Person | undefined)[]): boolean =>
  persons.some((person) => person?.accepted?.includes(one.message.id));

/** The decision of a person is used up by the message it was about. */
export function without(person: Person, message: string): Person {
  const { open, accepted, ...rest } = person;
  const left = (ids: readonly string[] = []): readonly string[] => ids.filter((id) => id !== message);
  return { ...rest, ...(left(open).length > 0 && { open: left(open) }), ...(left(accepted).length > 0 && { accepted: left(accepted) }) };
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
}

/** The message waits for a person; what it says changes nothing that is known (A4). */
export function ask(one: Case, question: Question): Judgement {
  const { kind, code, expected, found, persons, candidates, differences } = question;
  const { id, receivedAt } = one.message;
  const task = {
    id,
    kind,
    state: 'open',
    site: one.settings.site,
    eventType: one.event.type,
    sender: (one.event.data as Said).originApplication ?? '',
    receivedAt,
    askedAt: one.now,
    keys: [...persons.keys()],
    candidates,
    differences,
  } as const;
  const waiting = [...persons].map(([key, person]) =>
    noteOf(key, {
      ...person,
      open: lastOf(
        person.open?.filter((other) => other !== id),
        id,
      ),
    }),
  );
  return { quarantine: new PasserelleError(code, { expected, found }).toData(), notes: [...waiting, taskNote(task)] };
}

export const onFile = ({ domain, ipp }: Person, { patient }: Joined): Candidate => ({ domain, ipp, as: 'on file', patient });

/** Every attribute that both name and not alike. */
export function differencesOf(joined: Joined, received: Patient, source: { readonly sender: string; readonly at: Stamp }): readonly Difference[] {
  const mine = joined.patient as Readonly<Record<string, unknown>>;
  return Object.entries(received).flatMap(([attribute, value]): Difference[] => {
    const known = mine[attribute];
    if (value === null || value === undefined || known === undefined || attribute === 'updatedAt' || JSON.stringify(known) === JSON.stringify(value))
      return [];
    return [{ attribute, onFile: stated(known, joined.sources[attribute]), received: stated(value, source) }];
  });
}

export const stated = (value: unknown, source: Source | undefined): { value: unknown; source?: string; at?: string } => ({
  value,
  ...(source && { source: source.sender, ...(timeOf(source.at) && { at: timeOf(source.at) }) }),
});

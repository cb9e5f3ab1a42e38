/**
 * A number that was changed for another one (A47) and that the hospital gave to somebody else since, as a person says by rejecting that it is the same patient
 * (SAFETY A1, A4, decision 0027): all that was known stays with the patient of before, and the number is the other one's from then on.
 */
import type { Note } from '../contract/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { claimOf } from './fold.ts';
import { keyOf, speakerOf, type Speaker, type Told } from './cases.ts';
import {
  joinedOf,
  heirOf,
  isLayerOf,
  lastOf,
  noteOf,
  notesOf,
  personOf,
  saidWith,
  withHeirs,
  type Other,
  type Person,
  type Undone,
} from './person.ts';
import { isRecordedBefore } from './stamp.ts';
import { STRICT_TRAITS, contradicts, isTold } from './traits.ts';

const GIVEN = 'given away by ';

/** What tells whom a message means: an INS where it is qualified. */
export function describedBy(patient: Patient): Patient {
  const [claim, traits] = [claimOf(patient), STRICT_TRAITS.filter((trait) => isTold(trait) && patient[trait])];
  return { ...Object.fromEntries(traits.map((trait) => [trait, patient[trait]])), ...(claim && { ins: claim.ins, insOid: claim.insOid }) };
}

/** That the number was changed was said before, unless the same clock says otherwise. */
export const isSince = ({ into }: Person, { sender, at }: Pick<Speaker, 'sender' | 'at'>): boolean =>
  into !== undefined && !(into.sender === sender && isRecordedBefore(at, into.at));

/** Before anything is judged: the message is of somebody whom a person saw, and who is not the patient of before. */
export function numberGiven(one: Told, known: Known): Judgement {
  const { patient, surviving, domain } = one.event.data as Partial<EventData<'dcc.identity.merged'>>;
  const key = surviving === undefined ? one.keys[0] : keyOf(one, domain, surviving);
  const person = key === undefined ? undefined : personOf(known, key);
  if (key === undefined || !patient || !person?.others || person.into?.kind !== 'change-id') return {};
  const said = speakerOf(one, patient);
  if (!isSince(person, said)) return {};
  const described = describedBy(patient);
  const other = person.others.find(({ patient: seen }) => !isAnother(seen, described));
  const [, before] = heirOf(key, known);
  if (!other || !before || !isOtherThan(joinedOf(before, said.senders).patient, other.patient, described)) return {};
  return { notes: split(key, person, other, one, known) };
}

const TELLS = [...STRICT_TRAITS.filter(isTold), 'ins'] as const;
const differs = (name: (typeof TELLS)[number], one: Patient, other: Patient): boolean =>
  name === 'ins' ? Boolean(one.ins && other.ins && one.ins !== other.ins) : contradicts(name, one[name], other[name]);

const isAnother = (seen: Patient, received: Patient): boolean => TELLS.some((name) => differs(name, seen, received));

/** Something of it is said of that other one, and not of the patient of before. */
const isOtherThan = (before: Patient, other: Patient, received: Patient): boolean =>
  TELLS.some((name) => received[name] && other[name] && (!before[name] || differs(name, before, received)));

function split(key: string, person: Person, { who, why, at }: Other, one: Case, known: Known): readonly Note[] {
  const { domain, ipp, absorbed = [], undone = [], beside = [], open, doubts } = person;
  const into = person.into!;
  const heir = personOf(known, into.key)!;
  const layer = `${GIVEN}${into.message}`;
  const named = (name: string): string =>
    name === key ? layer : name === saidWith(key) ? `${layer} itself` : isLayerOf(name, key) ? name.slice(key.length + 1) : name;
  const next: Person = {
    ...heir,
    inherited: Object.fromEntries(Object.entries(heir.inherited ?? {}).map(([name, line]) => [named(name), line])),
    absorbed: [...(heir.absorbed ?? []).map((each) => (each.key === key ? { ...each, isGiven: true as const } : each)), ...absorbed],
    ...(undone.length > 0 && { undone: lastOf(heir.undone, ...undone) }),
    ...(beside.length > 0 && { beside: lastOf(heir.beside, ...beside.filter((each) => !heir.beside?.some((its) => its.key === each.key))) }),
  };
  const others = [...absorbed, ...beside].flatMap(({ key: its }): readonly (readonly [string, Person])[] => {
    const each = personOf(known, its);
    if (!each) return [];
    const led = each.into?.key === key ? { into: { ...each.into, key: into.key, ipp: into.ipp } } : {};
    const had = each.undone?.map((one) => (one.layer !== undefined && one.key === key ? { ...one, key: into.key, ipp: into.ipp } : one));
    const back = each.beside?.map((number) => (number.key === key ? { ...number, key: into.key, ipp: into.ipp } : number));
    return [
      [
        its,
        { ...each, ...led, ...(had && { undone: had }), ...(back && { beside: [...new Map(back.map((number) => [number.key, number])).values()] }) },
      ],
    ];
  });
  const given: Undone = { ...into, who, why, undoneAt: at, layer };
  const change = { at: one.now, message: one.message.id, what: 'given', sender: '' };
  const now: Person = { domain, ipp, folds: {}, undone: [given], ...(open && { open }), ...(doubts && { doubts }), history: [change] };
  return [noteOf(key, now), ...others.map(([its, each]) => noteOf(its, each)), ...notesOf(withHeirs(into.key, next, known))];
}

/** Who had the number when this was said, by the same clock; where it was given away since. */
export const hadBy = (person: Person | undefined, { sender, at }: Pick<Speaker, 'sender' | 'at'>): Undone | undefined =>
  person?.undone?.findLast((one) => one.layer !== undefined && one.sender === sender && isRecordedBefore(at, one.at));

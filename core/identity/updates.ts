/** An identity as it was sent, against what is known: created, updated, qualified, dequalified, stale, or for a person (SAFETY A2 to A4). */
import { isDeepStrictEqual } from 'node:util';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { ask, differencesOf, isAccepted, keyOf, numbersOf, onFile, retyped, speakerOf, stated, type Speaker } from './cases.ts';
import { claimOf, foldIn, unsure, type Fold, type InsClaim } from './fold.ts';
import { contradictions, standingOf, type Contradiction, type Joined } from './join.ts';
import { isKnown, joinedOf, lastOf, noteOf, nobody, personOf, survivorOf, withSender, type Person } from './person.ts';
import { justAfter } from './stamp.ts';
import { STRICT_TRAITS, contradicts, isSaidAgain, isStrict } from './traits.ts';

type What = 'created' | 'updated' | 'qualified' | 'dequalified' | 'stale-ignored';

export function judgeUpdate(one: Case, known: Known): Judgement {
  const key = one.keys[0];
  const number = numbersOf(one)[0];
  if (key === undefined || !number) return {};
  const data = one.event.data as EventData<'dcc.identity.updated'>;
  const said = speakerOf(one, data.patient);
  const person = withSender(personOf(known, key) ?? nobody(number.domain, number.value), said.sender);
  const fold = person.folds[said.sender];
  const doubts = unsure(fold, data.patient, said.at, said.isInsAuthority);
  // A person accepted it: it is the newer one.
  const isAnswered = isAccepted(one, known, key);
  const newest = isAnswered ? [...doubts.values()].toSorted().at(-1) : undefined;
  const speaker = newest === undefined ? said : { ...said, at: justAfter(newest) };
  const isLate = fold !== undefined && speaker.at < fold.last;
  const folded = foldIn(fold, data.patient, speaker.at, speaker.isInsAuthority);
  const before = isKnown(person) ? joinedOf(person, speaker.senders) : undefined;
  const next = decided({ ...person, folds: { ...person.folds, [speaker.sender]: folded } }, fold, folded, speaker);
  const claim = claimOf(data.patient);
  const otherClaim = before && claim && contradictsClaim(before, claim) ? before : undefined;
  // Of an absorbed number: what it did not claim when a person, or nobody, looked at the merge.
  const heir = person.into && claim && !before?.ins ? survivorOf(key, known).person : undefined;
  const heirJoined = isKnown(heir) ? joinedOf(heir, speaker.senders) : undefined;
  const rivals = contradictions(next.folds, speaker.sender, speaker.senders, next.preferred);
  // What came late and was replaced since by the same sender, or said nothing new, asks nobody; anything else is judged as it would have been in time.
  const isHarmless = (): boolean =>
    rivals.length === 0 &&
    before !== undefined &&
    isUnmoved(before, joinedOf(next, speaker.senders)) &&
    (!otherClaim || isDeepStrictEqual(folded.registers['claim'], fold?.registers['claim']));
  const isFree = isAnswered || (isLate && isHarmless());
  if (!isAnswered && before && [...doubts.keys()].some(mustBeSure)) return askOrder(one, known, key, person, before, data.patient, said);
  if (!isFree && before && otherClaim) return askIns(one, known, key, person, before, data.patient, speaker);
  if (!isFree && isKnown(heir) && heirJoined && claim && contradictsClaim(heirJoined, claim))
    return askIns(one, known, key, person, heirJoined, data.patient, speaker, heir);
  if (!isFree && before && rivals.length > 0) return askTraits(one, known, key, person, before, data.patient, rivals);
  const chosen = isAnswered ? chosenBy(next, before, data.patient, speaker, rivals) : next;
  const after = joinedOf(chosen, speaker.senders);
  const what = whatOf(before, after, isLate || person.into !== undefined, person.into !== undefined);
  const change = { at: one.now, message: one.message.id, what, sender: speaker.application };
  const isNew = what !== 'stale-ignored' || !isDeepStrictEqual(chosen, person);
  const patient = outgoing(data.patient, after);
  const note = isNew ? { notes: [noteOf(key, { ...chosen, history: lastOf(person.history, change) })] } : {};
  const standing = after.ins && { insStanding: standingOf(after.ins, speaker) };
  const event = retyped(one.event, `dcc.identity.${what}`, { patient, ...standing });
  return {
    event,
    ...note,
    warnings: [
      ...(what === 'stale-ignored' ? [{ code: person.into ? 'identity-absorbed' : 'identity-stale' }] : []),
      ...(claim && what !== 'stale-ignored' && after.ins?.ins !== claim.ins ? [{ code: 'ins-not-counted' }] : []),
      ...(doubts.size > 0 && !isAnswered ? [{ code: 'identity-order-unsure', detail: [...doubts.keys()].join(', ') }] : []),
    ],
    ...(what === 'stale-ignored' && { isSilent: true }),
  };
}

/** Whose numbers they are stays as this message says; the rest is the person as known now (A3). */
export function outgoing(sent: Patient, { patient }: Pick<Joined, 'patient'>): Patient {
  const { ipp, ippAuthority, domain, sex } = sent;
  return {
    ...(ipp !== undefined && { ipp }),
    ...(ippAuthority !== undefined && { ippAuthority }),
    ...(domain !== undefined && { domain }),
    ...(sex === 'U' && { sex }),
    ...patient,
  };
}

/** A patient that an event names beside what it is about: as known, so that it brings no other INS and no old name along. */
export function asKnown(one: Case, known: Known, patient: Patient, sendersOf: (domain: string) => Speaker['senders']): Patient {
  const key = keyOf(one, patient.domain, patient.ipp);
  const person = key === undefined ? undefined : personOf(known, key);
  return isKnown(person) ? outgoing(patient, joinedOf(person, sendersOf(person.domain))) : patient;
}

/** What a person decided between senders holds until one of the others says something new. */
function decided(person: Person, before: Fold | undefined, after: Fold, { sender }: Speaker): Person {
  if (!person.preferred) return person;
  const holds = ([attribute, chosen]: readonly [string, string]): boolean => {
    const [old, now] = [before?.registers[attribute], after.registers[attribute]];
    return chosen === sender || isSaidAgain(attribute, old?.value, now?.value);
  };
  const { preferred, ...rest } = person;
  const left = Object.entries(preferred).filter(holds);
  return { ...rest, ...(left.length > 0 && { preferred: Object.fromEntries(left) }) };
}

/** The number and the strict traits on file stay as they are. */
const isUnmoved = (before: Joined, after: Joined): boolean =>
  isDeepStrictEqual(before.ins, after.ins) && STRICT_TRAITS.every((trait) => isDeepStrictEqual(before.patient[trait], after.patient[trait]));

/** Another number than the one on file, or other traits than those it stands for there. */
function contradictsClaim({ ins, bare, patient }: Joined, claim: InsClaim): boolean {
  const number = ins ?? bare;
  if (number && (number.ins !== claim.ins || number.insOid !== claim.insOid)) return true;
  return ins !== undefined && STRICT_TRAITS.some((trait) => contradicts(trait, patient[trait], claim.traits[trait]));
}

/** `holder`: who has the INS on file. */
function askIns(
  one: Case,
  known: Known,
  key: string,
  person: Person,
  before: Joined,
  received: Patient,
  speaker: Speaker,
  holder = person,
): Judgement {
  return ask(one, known, {
    kind: 'ins',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the INS on file, with its traits',
    found: before.ins?.ins === received.ins ? 'the same number with other traits' : 'another number',
    persons: new Map([[key, person]]),
    candidates: [onFile(holder, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: differencesOf(before, received, speaker),
  });
}

/** What an identity is known by, and what blocks filing: an old value may not take the place of a new one by chance. */
const mustBeSure = (attribute: string): boolean => isStrict(attribute) || attribute === 'claim' || attribute === 'marks';

function askOrder(one: Case, known: Known, key: string, person: Person, before: Joined, received: Patient, speaker: Speaker): Judgement {
  return ask(one, known, {
    kind: 'order',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'a time with its offset from UTC, or one that is not in the hour that autumn repeats',
    found: 'another statement of the same sender in that hour',
    persons: new Map([[key, person]]),
    candidates: [onFile(person, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: differencesOf(before, received, speaker),
  });
}

function askTraits(
  one: Case,
  known: Known,
  key: string,
  person: Person,
  before: Joined,
  received: Patient,
  rivals: readonly Contradiction[],
): Judgement {
  return ask(one, known, {
    kind: 'traits',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the traits that an application trusted alike gave',
    found: `other ones: ${rivals.map(({ trait }) => trait).join(', ')}`,
    persons: new Map([[key, person]]),
    candidates: [onFile(person, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: rivals.map(({ trait, one: theirs, other }) => ({
      attribute: trait,
      onFile: stated(theirs.value, theirs),
      received: stated(other.value, other),
    })),
  });
}

/** A person accepted this message: what it says counts before what anybody else says of the same. */
function chosenBy(person: Person, before: Joined | undefined, received: Patient, { sender, at }: Speaker, rivals: readonly Contradiction[]): Person {
  const differing = before ? differencesOf(before, received, { sender, at }).map(({ attribute }) => attribute) : [];
  const attributes = [
    ...rivals.map(({ trait }) => trait),
    ...STRICT_TRAITS.filter((trait) => differing.includes(trait)),
    ...(claimOf(received) ? ['claim'] : []),
  ];
  return { ...person, preferred: { ...person.preferred, ...Object.fromEntries(attributes.map((attribute) => [attribute, sender])) } };
}

function whatOf(before: Joined | undefined, after: Joined, mayBeStale: boolean, isAbsorbed: boolean): What {
  if (isAbsorbed || (mayBeStale && before && isDeepStrictEqual(before.patient, after.patient))) return 'stale-ignored';
  if (!before) return 'created';
  if (after.ins && (before.ins?.ins !== after.ins.ins || before.ins.insOid !== after.ins.insOid)) return 'qualified';
  return before.ins && !after.ins ? 'dequalified' : 'updated';
}

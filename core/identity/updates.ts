/** An identity as it was sent, against what is known: created, updated, qualified, dequalified, stale, or for a person (SAFETY A2 to A4). */
import { isDeepStrictEqual } from 'node:util';
import type { Warning } from '../contract/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { changesQuestioned, mergesQuestioned } from './before-merge.ts';
import { ask, differencesOf, keyOf, numbersOf, onFile, retyped, speakerOf, stated, type Question, type Speaker, type Told } from './cases.ts';
import { contradictsClaim, isOtherIns, rivalOf } from './family.ts';
import { claimOf, foldIn, saidAgain, unsure, type Fold, type InsClaim } from './fold.ts';
import { contradictions, isForeign, senderOf, standingOf, type Contradiction, type Joined, type SendersOf } from './join.ts';
import {
  choiceOf,
  claimsOf,
  heirOf,
  isKnown,
  joinedAgain,
  joinedOf,
  lastOf,
  lineOf,
  nobody,
  noteOf,
  notesOf,
  personOf,
  survivorOf,
  withHeirs,
  withSender,
  type Choice,
  type Line,
  type Person,
} from './person.ts';
import { isRecordedBefore, justAfter, type Stamp } from './stamp.ts';
import { STRICT_TRAITS, TELLING, areSeveral, contradicts, countOf, isSaidAgain, isStrict, type StrictTrait } from './traits.ts';

type What = 'created' | 'updated' | 'qualified' | 'dequalified' | 'stale-ignored';

/** @param layer of its own in which what is said is kept: with a merge that is undone, what the merge said goes too (A6). */
export function judgeUpdate(one: Told, known: Known, layer?: string): Judgement {
  return (layer === undefined ? judgeRepeated(one, known) : undefined) ?? judgeWhole(one, known, layer);
}

/**
 * Most identities of a day say again what their sender, the only one, said of a patient before: what `judgeWhole` answers then, without comparing what is equal. `undefined` of any
 * other one.
 */
export function judgeRepeated(one: Told, known: Known): Judgement | undefined {
  const [key] = one.keys;
  const person = key === undefined ? undefined : personOf(known, key);
  if (!person || person.inherited || person.chosen || person.into || Object.keys(person.folds).length > 1) return undefined;
  const { patient } = one.event.data as EventData<'dcc.identity.updated'>;
  const { sender, application, senders, at, isInsAuthority } = speakerOf(one, patient);
  const fold = person.folds[sender];
  const again = fold && saidAgain(fold, patient, at, isInsAuthority);
  if (!again) return undefined;
  const before = joinedOf(person, senders);
  // One that was lost may count again.
  if (!before.ins && claimOf(patient)) return undefined;
  const folds = { [sender]: again };
  const after = joinedAgain(before, folds, senders);
  const history = lastOf(person.history, { at: one.now, message: one.message.id, what: 'updated', sender: application });
  return {
    event: updatedEvent(one, 'updated', patient, after, senders),
    notes: [noteOf(key!, { ...person, folds, history })],
    warnings: [],
  };
}

const updatedEvent = ({ event }: Told, what: What, sent: Patient, known: Joined, senders: Speaker['senders']): Case['event'] =>
  retyped(event, `dcc.identity.${what}`, {
    patient: outgoing(sent, known),
    ...(known.ins && { insStanding: standingOf(known.ins, { senders }) }),
  });

/** Every identity, however it was said before. */
export function judgeWhole(one: Told, known: Known, layer?: string): Judgement {
  const named = one.keys[0];
  const number = numbersOf(one)[0];
  if (named === undefined || !number) return {};
  const data = one.event.data as EventData<'dcc.identity.updated'>;
  const said = speakerOf(one, data.patient);
  const spoken = spokenOf(one, known, named, number, said);
  const { holder, key, person, isFirst, onFileNow, before } = spoken;
  const fold = lineOf(person).folds[said.sender];
  const doubts = unsure(fold, data.patient, said.at, said.isInsAuthority);
  const isDoubtful = before !== undefined && [...doubts.keys()].some(mustBeSure);
  const order = isDoubtful ? ask(one, known, ...ofNumber(spoken, said, [orderQuestion(key, person, before, data.patient, said)])) : undefined;
  if (order) return order;
  // A person accepted it: it is the newer one.
  const newest = isDoubtful ? [...doubts.values()].toSorted().at(-1) : undefined;
  const speaker = newest === undefined ? said : { ...said, at: justAfter(newest) };
  const isLate = fold !== undefined && speaker.at < fold.last;
  const { folds, chosen: chosenBefore }: Line = layer === undefined ? holder : (holder.inherited?.[layer] ?? { folds: {} });
  const own = { ...folds, [speaker.sender]: foldIn(folds[speaker.sender], data.patient, speaker.at, speaker.isInsAuthority) };
  const telling = (chosen: Line['chosen']): ReadonlyMap<string, Person> => {
    const said = { folds: own, ...(chosen && { chosen }) };
    return withHeirs(named, { ...holder, ...(layer === undefined ? said : { inherited: { ...holder.inherited, [layer]: said } }) }, known);
  };
  const toldIn = (all: ReadonlyMap<string, Person>): Person => withSender(all.get(key)!, speaker.sender);
  const told = telling(chosenBefore);
  const next = toldIn(told);
  const line = lineOf(next);
  const folded = line.folds[speaker.sender]!;
  const claim = claimOf(data.patient);
  const strangers = strangersOf(spoken, data.patient, said, known, one.sendersOf);
  const fallen = before ? fallenOf(person, before, next, data.patient, speaker) : [];
  const rivals = [
    ...contradictions(line.folds, speaker.sender, speaker.senders, line.preferred),
    ...fallen.flatMap((trait) => (isStrict(trait) ? [againstChosen(trait, before!, data.patient, said)] : [])),
  ];
  // A merge that comes late is held against those before it as a merge.
  const merges =
    before && layer === undefined
      ? [...mergesQuestioned(key, person, data.patient, speaker, known), ...changesQuestioned(named, key, person, data.patient, speaker, known)]
      : [];
  const questions = ofNumber(spoken, said, [
    ...merges,
    ...strangers,
    ...(before && rivals.length > 0 ? [traitsQuestion(key, person, before, data.patient, rivals)] : []),
    ...(before && fallen.includes('claim') && !strangers.some(({ kind }) => kind === 'ins')
      ? [insQuestion(key, person, before, data.patient, said)]
      : []),
  ]);
  const isFree = rivals.length === 0 && merges.length === 0 && isReplaced(spoken, next, strangers, speaker);
  const asked = isFree ? undefined : ask(one, known, ...questions);
  if (asked) return asked;
  const isAnswered = isDoubtful || (!isFree && questions.length > 0);
  // What its sender says otherwise by now was not what the person saw.
  const isStillSaid = (attribute: string): boolean => isWordOf(attribute, folded.registers, data.patient);
  const choices = isAnswered ? [...acceptedOf(before, data.patient, speaker, rivals).filter(isStillSaid), ...fallen] : [];
  const choose = (attribute: string): readonly [string, Choice] => [attribute, choiceOf(attribute, speaker.sender, line.folds, one.now)];
  const all = choices.length > 0 ? telling({ ...chosenBefore, ...Object.fromEntries(choices.map(choose)) }) : told;
  const chosen = toldIn(all);
  const after = joinedOf(chosen, speaker.senders);
  const what = whatOf(before, after, isLate || person.into !== undefined, person.into !== undefined);
  const change = { at: one.now, message: one.message.id, what, sender: speaker.application };
  // When it changes nothing that is known, nothing has happened: what a person released is not held again (SAFETY A4).
  const isNews = what !== 'stale-ignored' || !isDeepStrictEqual(onFileNow?.patient, after.patient);
  const isNew = isNews || !isDeepStrictEqual([chosen, own[speaker.sender]], [person, folds[speaker.sender]]);
  const sent = key === named ? data.patient : { ...data.patient, ipp: person.ipp };
  const note = isNew
    ? { notes: notesOf(new Map([...all, [key, { ...chosen, history: isNews ? lastOf(person.history, change) : person.history }]])) }
    : {};
  const event = updatedEvent(one, what, sent, after, speaker.senders);
  return {
    ...(key === named ? { event } : { event: { ...event, subject: key }, keys: [key] }),
    ...note,
    warnings: [
      ...(person.into || key !== named ? [{ code: 'identity-absorbed' }] : what === 'stale-ignored' ? [{ code: 'identity-stale' }] : []),
      ...(claim && what !== 'stale-ignored' && after.ins?.ins !== claim.ins ? [{ code: 'ins-not-counted' }] : []),
      ...(isFirst && onFileNow ? otherwiseSaid(onFileNow, data.patient, claim) : []),
      ...(doubts.size > 0 && !isDoubtful ? [{ code: 'identity-order-unsure', detail: [...doubts.keys()].join(', ') }] : []),
    ],
    ...(what === 'stale-ignored' && { isSilent: true }),
  };
}

/**
 * Attributes of which this message ends what a person chose, and what counts with it: it would come back to what was not chosen, unseen (A2, A4). A choice of what another site said
 * gives way to those whose number it is, and one of this sender to its own correction, where nobody whose number it is says otherwise.
 */
function fallenOf(person: Person, before: Joined, next: Person, received: Patient, speaker: Speaker): readonly string[] {
  const [{ preferred: held = {} }, { preferred: left = {} }] = [lineOf(person), lineOf(next)];
  const { patient } = joinedOf(next, speaker.senders);
  const isCorrection = (trait: StrictTrait): boolean =>
    Object.entries(lineOf(next).folds).every(
      ([other, { registers }]) => isForeign(other) || !contradicts(trait, registers[trait]?.value, received[trait]),
    );
  return Object.entries(held).flatMap(([attribute, sender]) => {
    const name = isStrict(attribute) ? attribute : 'ins';
    const isGivingWay = isForeign(sender) || (sender === speaker.sender && isStrict(attribute) && isCorrection(attribute));
    const isOwnWord = isGivingWay && isSaidAgain(name, patient[name], received[name]);
    // Whoever was chosen takes its INS back, and there is no other one.
    const isTakenBack = attribute === 'claim' && sender === speaker.sender && !patient.ins;
    return left[attribute] === sender || isOwnWord || isTakenBack || isSaidAgain(name, before.patient[name], patient[name]) ? [] : [attribute];
  });
}

function againstChosen(trait: StrictTrait, { patient, sources }: Joined, received: Patient, { sender, at }: Speaker): Contradiction {
  return {
    trait,
    one: { ...(sources[trait] ?? { sender: '', at }), value: patient[trait] },
    other: { ...senderOf(sender), at, value: received[trait] },
  };
}

/** Who is spoken of by the number `named`. */
function spokenOf(one: Told, known: Known, named: string, { domain, value }: { readonly domain: string; readonly value: string }, said: Speaker) {
  const holder = withSender(personOf(known, named) ?? nobody(domain, value), said.sender);
  // What is said of a number of before is said of who has another one now.
  const [key, heir] = heirOf(named, known);
  const person = heir && key !== named ? withSender(heir, said.sender) : holder;
  const onFileNow = isKnown(person) ? joinedOf(person, said.senders) : undefined;
  // What other sites said stops nobody whose number it is: it counted for want of anything better.
  const isFirst = !one.isForeign && Object.keys(lineOf(person).folds).every(isForeign);
  return { named, value, holder, key, person, isFirst, onFileNow, before: isFirst ? undefined : onFileNow };
}
type Spoken = ReturnType<typeof spokenOf>;

/** Why what is said may be about somebody else than the person on file: another INS, or other traits (decision 0027). */
function strangersOf(
  { named, value, holder, key, person, before }: Omit<Spoken, 'isFirst' | 'onFileNow'>,
  received: Patient,
  said: Speaker,
  known: Known,
  sendersOf: SendersOf,
): readonly Question[] {
  const claim = claimOf(received);
  // What it did not claim when a person, or nobody, looked at the merges of its patient.
  const claims = claimsOf(person);
  const isNewClaim = claim && claims.every((one) => isOtherIns(one, claim));
  // One that a trait took away is still that of whoever was known by it.
  const isLost = isNewClaim && before && !before.ins && claims.length > 0;
  const rival = isNewClaim ? rivalOf(key, claim, known, sendersOf) : undefined;
  // Said before a person chose what another one says: it holds until this one says something else (A2).
  const { preferred = {}, folds } = lineOf(person);
  const own = folds[said.sender]?.registers['claim']?.value as InsClaim | null | undefined;
  const isOverruled = claim && own && ![undefined, said.sender].includes(preferred['claim']) && !isOtherIns(own, claim);
  const stranger = strangerIn(received, said, person, before, person.into && survivorOf(key, known).person, key === named ? undefined : holder);
  return [
    ...(before && claim && !isOverruled && (isLost || contradictsClaim(before, claim)) ? [insQuestion(key, person, before, received, said)] : []),
    ...(rival ? [insQuestion(key, person, rival.joined, received, said, rival.person)] : []),
    ...(stranger ? [strangerQuestion(key, person, stranger, received, said, value)] : []),
  ];
}

/** A patient that an event names beside what it is about is nobody else than the one on file under that number, or a person is asked (A4). */
export function othersNamed(one: Told, known: Known, patient: Patient): readonly Question[] {
  const named = keyOf(one, patient.domain, patient.ipp);
  if (named === undefined) return [];
  const said = speakerOf(one, patient);
  const spoken = spokenOf(one, known, named, { domain: patient.domain ?? '', value: patient.ipp ?? '' }, said);
  const strangers = strangersOf(spoken, patient, said, known, one.sendersOf);
  const { folds } = spoken.person;
  const told = { ...folds, [said.sender]: foldIn(folds[said.sender], patient, said.at, said.isInsAuthority) };
  return isWordOfSite(spoken, patient, said) && isReplaced(spoken, { ...spoken.person, folds: told }, strangers, said)
    ? []
    : ofNumber(spoken, said, strangers);
}

/**
 * What contradicts the person on file, one application of its site said of that person, all of it at one time, to the value: anything else is said of somebody else, however late. Of a
 * mixture of what it said of two nobody knows who that is.
 */
function isWordOfSite({ person, before }: Spoken, received: Patient, { sender }: Speaker): boolean {
  const traits = TELLING.flat();
  const isOther = (trait: StrictTrait): boolean => contradicts(trait, before?.patient[trait], received[trait]);
  const isOfSite = (key: string): boolean => !isForeign(key) && senderOf(key).site === senderOf(sender).site;
  const isWord = ({ registers }: Fold, at?: Stamp): boolean =>
    traits.every((trait) => {
      const { value, other, was } = registers[trait] ?? {};
      const said = at !== undefined && other !== undefined && other >= at ? was : value;
      return isOther(trait) ? isSaidAgain(trait, said, received[trait]) : !contradicts(trait, said, received[trait]);
    });
  return Object.entries(lineOf(person).folds).some(
    ([key, fold]) =>
      (key === sender || isOfSite(key)) && [undefined, ...traits.map((trait) => fold.registers[trait]?.other)].some((at) => isWord(fold, at)),
  );
}

/**
 * It came late and was replaced since by the same sender, or said nothing new, and asks nobody; anything else is judged as it would have been in time. `next`: who the person is
 * with it.
 */
function isReplaced({ person, before }: Spoken, next: Person, strangers: readonly Question[], { sender, senders, at }: Speaker): boolean {
  const [was, is] = [person, next].map((one) => lineOf(one).folds[sender]);
  return (
    was !== undefined &&
    at < was.last &&
    before !== undefined &&
    isUnmoved(before, joinedOf(next, senders)) &&
    (strangers.every(({ kind }) => kind !== 'ins') || isDeepStrictEqual(is?.registers['claim'], was.registers['claim']))
  );
}

/**
 * Of a number of before it is asked of that one, and follows to the one since until an undo of the change; not where it is said of somebody else after the change, by the clock
 * that said it (decision 0033).
 */
function ofNumber({ named, key, holder }: Spoken, { sender, at }: Speaker, questions: readonly Question[]): readonly Question[] {
  if (key === named) return questions;
  const { into } = holder;
  const isSince = into?.sender === sender && isRecordedBefore(into.at, at) && questions.some(({ kind }) => kind === 'number-again');
  return questions.map((each) => ({ ...each, persons: new Map([[named, holder]]), ...(isSince && { after: into.key }) }));
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
  const [, person] = key === undefined ? [] : heirOf(key, known);
  return isKnown(person) ? outgoing(patient, joinedOf(person, sendersOf(person.domain))) : patient;
}

/** The number and the strict traits on file stay as they are. */
const isUnmoved = (before: Joined, after: Joined): boolean =>
  isDeepStrictEqual(before.ins, after.ins) && STRICT_TRAITS.every((trait) => isDeepStrictEqual(before.patient[trait], after.patient[trait]));

const otherTraits = ({ patient }: Joined, received: Patient): readonly StrictTrait[] =>
  STRICT_TRAITS.filter((trait) => contradicts(trait, patient[trait], received[trait]));

/** Two numbers that cannot be one person's without somebody's word: several traits differ, or any beside an INS. Whoever spoke last. */
export function areOthers(one: Joined, other: Joined): boolean {
  const traits = otherTraits(one, other.patient);
  return areSeveral(traits) || (traits.length > 0 && (one.ins ?? other.ins) !== undefined);
}

interface Stranger {
  readonly kind: 'traits' | 'number-again';
  readonly holder: Person;
  readonly joined: Joined;
  readonly traits: readonly StrictTrait[];
}

/**
 * Somebody else than the person on file (decision 0027): a number was given to another patient, with a merge or without. Of an absorbed number any trait
 * that its survivor does not have; of one that was changed for another (`former`), once it was, any that tells two persons apart; of any other several at
 * once, unless the one on file was provisional. What was said before asks nobody again.
 */
function strangerIn(
  received: Patient,
  { sender, senders, at }: Speaker,
  person: Person,
  before: Joined | undefined,
  survivor: Person | undefined,
  former: Person | undefined,
): Stranger | undefined {
  const own = lineOf(person).folds[sender]?.registers;
  const isNews = (trait: StrictTrait): boolean =>
    ![own?.[trait]?.value, before?.patient[trait]].some((known) => isSaidAgain(trait, known, received[trait]));
  if (isKnown(survivor)) {
    const joined = joinedOf(survivor, senders);
    const traits = otherTraits(joined, received).filter(isNews);
    if (traits.length > 0) return { kind: 'traits', holder: survivor, joined, traits };
  }
  if (before && former?.into && !(former.into.sender === sender && isRecordedBefore(at, former.into.at))) {
    const traits = otherTraits(before, received).filter(isNews);
    if (countOf(traits) > 0) return { kind: 'number-again', holder: person, joined: before, traits };
  }
  if (!before || before.patient.identityStatus === 'PROV') return undefined;
  const traits = otherTraits(before, received);
  return areSeveral(traits) && traits.some(isNews) ? { kind: 'traits', holder: person, joined: before, traits } : undefined;
}

/** `value`: the number that the message names. */
function strangerQuestion(
  key: string,
  person: Person,
  { kind, holder, joined, traits }: Stranger,
  received: Patient,
  speaker: Speaker,
  value: string,
): Question {
  return {
    kind,
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the person on file',
    found: `other traits: ${traits.join(', ')}`,
    persons: new Map([[key, person]]),
    candidates: [onFile(holder, joined), { domain: person.domain, ipp: value, as: 'received', patient: received }],
    differences: differencesOf(joined, received, speaker),
  };
}

/** The first word of those whose number it is takes the place of another site's, which is told of it by this very event: somebody should look. */
function otherwiseSaid(told: Joined, received: Patient, claim: InsClaim | undefined): readonly Warning[] {
  const traits = otherTraits(told, received);
  const all = [...traits, ...(traits.length === 0 && claim && contradictsClaim(told, claim) ? ['ins'] : [])];
  return all.length > 0 ? [{ code: 'identity-otherwise-elsewhere', detail: all.join(', ') }] : [];
}

/** `holder`: who has the INS on file. */
function insQuestion(key: string, person: Person, before: Joined, received: Patient, speaker: Speaker, holder = person): Question {
  return {
    kind: 'ins',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the INS on file, with its traits',
    found: !received.ins ? 'none' : before.ins?.ins === received.ins ? 'the same number with other traits' : 'another number',
    persons: new Map([[key, person]]),
    candidates: [onFile(holder, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: differencesOf(before, received, speaker),
  };
}

/** What an identity is known by, and what blocks filing: an old value may not take the place of a new one by chance. */
const mustBeSure = (attribute: string): boolean => isStrict(attribute) || attribute === 'claim' || attribute === 'marks';

function orderQuestion(key: string, person: Person, before: Joined, received: Patient, speaker: Speaker): Question {
  return {
    kind: 'order',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'a time with its offset from UTC, or one that is not in the hour that autumn repeats',
    found: 'another statement of the same sender in that hour',
    persons: new Map([[key, person]]),
    candidates: [onFile(person, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: differencesOf(before, received, speaker),
  };
}

function traitsQuestion(key: string, person: Person, before: Joined, received: Patient, rivals: readonly Contradiction[]): Question {
  return {
    kind: 'traits',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the traits that the establishment gave whose number it is, or an application trusted alike',
    found: `other ones: ${rivals.map(({ trait }) => trait).join(', ')}`,
    persons: new Map([[key, person]]),
    candidates: [onFile(person, before), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: rivals.map(({ trait, one: theirs, other }) => ({
      attribute: trait,
      onFile: stated(theirs.value, theirs),
      received: stated(other.value, other),
    })),
  };
}

/** A person accepted this message: what it says counts before what anybody else says of the same. By attribute. */
function acceptedOf(before: Joined | undefined, received: Patient, { sender, at }: Speaker, rivals: readonly Contradiction[]): readonly string[] {
  const differing = before ? differencesOf(before, received, { sender, at }).map(({ attribute }) => attribute) : [];
  return [
    ...rivals.map(({ trait }) => trait),
    ...STRICT_TRAITS.filter((trait) => differing.includes(trait)),
    ...(claimOf(received) ? ['claim'] : []),
  ];
}

/** Whether a sender says of the attribute what this patient says; an INS is said with its traits. */
function isWordOf(attribute: string, registers: Fold['registers'], received: Patient): boolean {
  const says = (trait: StrictTrait): boolean => received[trait] === undefined || isSaidAgain(trait, registers[trait]?.value, received[trait]);
  if (isStrict(attribute)) return says(attribute);
  const [own, claim] = [registers['claim']?.value as InsClaim | null | undefined, claimOf(received)];
  return Boolean(own && claim && !isOtherIns(own, claim)) && STRICT_TRAITS.every(says);
}

function whatOf(before: Joined | undefined, after: Joined, mayBeStale: boolean, isAbsorbed: boolean): What {
  if (isAbsorbed || (mayBeStale && before && isDeepStrictEqual(before.patient, after.patient))) return 'stale-ignored';
  if (!before) return 'created';
  if (after.ins && (before.ins?.ins !== after.ins.ins || before.ins.insOid !== after.ins.insOid)) return 'qualified';
  return before.ins && !after.ins ? 'dequalified' : 'updated';
}

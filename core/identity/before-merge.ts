/** What comes after a merge and was said before it: of somebody else than the merge names, or than who had the other number of a change (SAFETY A2, A4, A6; decision 0027). */
import type { Known } from '../knowledge/index.ts';
import type { Patient } from '../model/index.ts';
import { differencesOf, onFile, type Question, type Speaker } from './cases.ts';
import type { Rival } from './family.ts';
import { saidOfOther, type Fold } from './fold.ts';
import { senderOf, type Joined } from './join.ts';
import { foldOf, isLayerOf, joinedOf, lineOf, mergeIn, personOf, saidWith, withHeirs, withoutLayers, type Person, type Relation } from './person.ts';
import { isInstantBefore, isRecordedBefore, recordedIn, type Stamp } from './stamp.ts';
import { TELLING, areSeveral, contradicts, isSaidAgain, type StrictTrait } from './traits.ts';

/**
 * Merges in force that would have asked a person, had this come in time; asked of this instead. Not of who was provisional, nor of what its sender was known to have said, or to
 * have replaced, before the merge.
 */
export function mergesQuestioned(key: string, person: Person, received: Patient, speaker: Speaker, known: Known): readonly Question[] {
  const { sender, senders, at } = speaker;
  const { inherited } = person;
  if (!inherited || received.identityStatus === 'PROV') return [];
  return Object.entries(inherited).flatMap(([layer, said]): readonly Question[] => {
    const [from, merge] = [mergeIn(layer), said.folds[sender]];
    if (from === undefined || !merge || !(at < merge.last || isRecordedBefore(at, merge.last))) return [];
    const traits = TELLING.flat().filter((trait) => contradicts(trait, merge.registers[trait]?.value, received[trait]));
    if (!areSeveral(traits)) return [];
    const { [layer]: _, ...others } = inherited;
    const fold = lineOf({ ...person, inherited: others }).folds[sender];
    if (fold && isKnownBefore(fold, merge.last, received, at, traits)) return [];
    const gone = personOf(known, from);
    const named = { ...person, folds: { [sender]: merge }, inherited: {}, chosen: {} };
    const shown = [gone ?? [], person].flat().map((one) => ({ person: one, joined: joinedOf(one, senders) }));
    return [{ ...questionOf(shown, joinedOf(named, senders), traits, received, speaker), persons: new Map([[key, person]]) }];
  });
}

/**
 * Changes of number in force that would have asked a person (`number-taken`), had this come in time: it is of somebody else than who has the other number, and had it before the
 * change, if this one was provisional. `named`: the number that is spoken of; `key`: the one since.
 */
export function changesQuestioned(
  named: string,
  key: string,
  person: Person,
  received: Patient,
  speaker: Speaker,
  known: Known,
): readonly Question[] {
  const { sender, senders, at } = speaker;
  if (!person.inherited) return [];
  const isSince = (relation: Relation): boolean => relation.sender === sender && isRecordedBefore(at, relation.at);
  return [...changesOf(named, known, isSince)].flatMap(({ relation, own, other }): readonly Question[] => {
    const [mine, theirs] = [foldOf(own, sender), foldOf(other, sender)];
    if (!theirs) return [];
    // Who was provisional may be who the other number is given to by now.
    const isSure = received.identityStatus !== 'PROV' || isInstantBefore(theirs.identified ?? '', recordedIn(relation.at));
    const now = TELLING.flat().filter((trait) => {
      const { value, at: newest = '' } = theirs.registers[trait] ?? {};
      return contradicts(trait, value, received[trait]) && (isSure || isRecordedBefore(newest, relation.at));
    });
    const isOtherNow = areSeveral(now);
    const traits = isOtherNow || !isSure ? now : saidOfOther(theirs, received, relation.at);
    if (!areSeveral(traits) || (mine && isKnownBefore(mine, relation.at, received, at, traits))) return [];
    const joined = joinedOf(other, senders);
    const against = isOtherNow ? joined : asBefore(joined, theirs, traits, sender);
    const shown = [
      { person: other, joined: against },
      { person, joined: joinedOf(person, senders) },
    ];
    return [{ ...questionOf(shown, against, traits, received, speaker), persons: new Map([[key, person]]) }];
  });
}

/** Each such change onto that number, and of it since: what was said of the number apart from what was said of the other one. */
function* changesOf(
  named: string,
  known: Known,
  isSuch: (relation: Relation) => boolean,
): Generator<{ readonly relation: Relation; readonly own: Person; readonly other: Person }> {
  const number = personOf(known, named);
  const apart = (one: Person, from: string): Person => withoutLayers(one, (layer) => isLayerOf(layer, from) || layer === saidWith(from));
  for (const relation of number?.absorbed ?? []) {
    const other = isSuch(relation) && number?.inherited?.[relation.key] && personOf(known, relation.key);
    if (number && other) yield { relation, own: apart(number, relation.key), other };
  }
  const chain = [...withHeirs(named, number, known)];
  for (const [n, [from, own]] of chain.entries()) {
    const [, heir] = chain[n + 1] ?? [];
    if (heir && own.into && isSuch(own.into)) yield { relation: own.into, own, other: apart(heir, from) };
  }
}

/** As that sender said before what it says of these traits now. */
export function asBefore({ patient, sources, ...rest }: Joined, { registers }: Fold, traits: readonly StrictTrait[], sender: string): Joined {
  const were = traits.map((trait) => [trait, registers[trait]?.was] as const);
  const said = traits.map((trait) => [trait, { ...senderOf(sender), at: registers[trait]?.other ?? '' }] as const);
  return { ...rest, patient: { ...patient, ...Object.fromEntries(were) }, sources: { ...sources, ...Object.fromEntries(said) } };
}

/** `shown`: the one on file last; `against`: whom it is held against. */
function questionOf(
  shown: readonly Pick<Rival, 'person' | 'joined'>[],
  against: Joined,
  traits: readonly StrictTrait[],
  received: Patient,
  speaker: Speaker,
): Omit<Question, 'persons'> {
  const { domain, ipp } = shown.at(-1)!.person;
  return {
    kind: 'traits',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'who was named by a merge that is done, or by the other number of it',
    found: `another one, whom its sender named by that number before it: ${traits.join(', ')}`,
    candidates: [
      ...shown.map(({ person, joined }) => onFile(person, joined)),
      { domain, ipp: received.ipp ?? ipp, as: 'received', patient: received },
    ],
    differences: differencesOf(against, received, speaker),
  };
}

/** Said, or replaced by who was identified since, before the merge, as far as is known: the merge was judged, or a person was asked, with that. */
function isKnownBefore({ identified = '', registers }: Fold, merged: Stamp, received: Patient, at: Stamp, traits: readonly StrictTrait[]): boolean {
  const isIdentified = isInstantBefore(identified, recordedIn(merged));
  if (isIdentified && isInstantBefore(recordedIn(at), identified)) return true;
  return traits.every((trait) => {
    const { value, at: newest = '', was, other = '' } = registers[trait] ?? {};
    const isSo = (said: unknown): boolean => isSaidAgain(trait, said, received[trait]);
    return (isSo(value) && (isIdentified || newest < merged)) || (isSo(was) && at <= other && other < merged);
  });
}

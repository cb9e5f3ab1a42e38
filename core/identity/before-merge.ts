/** What comes after a merge and was said before it: who the merge names may be somebody else than its sender had named by that number (SAFETY A2, A4, A6; decision 0027). */
import type { Known } from '../knowledge/index.ts';
import type { Patient } from '../model/index.ts';
import { differencesOf, onFile, type Question, type Speaker } from './cases.ts';
import type { Fold } from './fold.ts';
import { joinedOf, lineOf, mergeIn, personOf, type Person } from './person.ts';
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
    return [
      {
        kind: 'traits',
        code: 'ERR_IDENTITY_CONFLICT',
        expected: 'who was named since by a merge that is done',
        found: `another one, whom its sender named by that number before it: ${traits.join(', ')}`,
        persons: new Map([[key, person]]),
        candidates: [
          ...[gone ?? [], person].flat().map((one) => onFile(one, joinedOf(one, senders))),
          { domain: person.domain, ipp: person.ipp, as: 'received', patient: received },
        ],
        differences: differencesOf(joinedOf(named, senders), received, speaker),
      },
    ];
  });
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

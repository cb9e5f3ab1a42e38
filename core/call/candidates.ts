/** Whose record is it (SAFETY C9)? A pure judgement of what the record found: INS, then IPP with its authority, then all strict traits; never the first found. */
import type { RecordCandidate } from '../contract/index.ts';
import { isSendableIns, type CallContext, type Patient } from '../model/index.ts';

export type Judgement =
  | { readonly is: 'one'; readonly candidate: RecordCandidate }
  | { readonly is: 'several'; readonly candidates: readonly RecordCandidate[] }
  | { readonly is: 'nobody' }
  /** The identity contradicts what is on file: nothing is opened, identity vigilance looks (SAFETY A4). `found` in words, without values. */
  | { readonly is: 'conflict'; readonly found: string; readonly candidates: readonly RecordCandidate[] };

export function judgeCandidates(candidates: readonly RecordCandidate[]): Judgement {
  const named = candidates.filter(({ by }) => by !== 'traits');
  const conflict = (found: string, of: readonly RecordCandidate[]): Judgement => ({ is: 'conflict', found, candidates: of });
  if (named.some(({ insDiffers }) => insDiffers)) return conflict('another INS on file', named);
  if (named.some(({ traitsDiffer }) => traitsDiffer)) return conflict('other strict traits on file', named);
  const byIns = distinct(named.filter(({ by }) => by === 'ins'));
  const byIpp = distinct(named.filter(({ by }) => by === 'ipp'));
  if (byIns.length === 1 && byIpp.some(({ recordId }) => recordId !== byIns[0]?.recordId))
    return conflict('one record by INS, another by IPP', [...byIns, ...byIpp]);
  for (const level of [byIns, byIpp]) if (level.length > 0) return oneOf(level);
  const byTraits = distinct(candidates);
  const likely = byTraits.filter(({ insDiffers }) => !insDiffers);
  // Alike in everything but the number: a record of their own is not made beside it either.
  if (likely.length === 0 && byTraits.length > 0) return conflict('the same strict traits with another INS', byTraits);
  // A namesake, or a number that the establishment has not merged yet: a person tells.
  if (likely.some(({ ippDiffers }) => ippDiffers)) return { is: 'several', candidates: likely };
  return likely.length > 0 ? oneOf(likely) : { is: 'nobody' };
}

const oneOf = (level: readonly RecordCandidate[]): Judgement =>
  level.length === 1 && level[0] ? { is: 'one', candidate: level[0] } : { is: 'several', candidates: level };

const distinct = (candidates: readonly RecordCandidate[]): readonly RecordCandidate[] => [
  ...new Map(candidates.map((one) => [one.recordId, one])).values(),
];

/** By what the record may be looked for: what the call says, and nothing that it does not say whole. */
export function waysOf({ patient, matching }: CallContext): readonly ('ins' | 'ipp' | 'traits')[] {
  const can = { ins: isSendableIns(patient), ipp: hasIpp(patient), traits: hasStrictTraits(patient) };
  return (['ins', 'ipp', 'traits'] as const).filter((way) => can[way] && (matching?.allowed.includes(way) ?? true));
}

/** Complete enough to make a record of (C9); the right of the user and the setting of the site are asked elsewhere. */
export const canBeCreated = (patient: Patient): boolean =>
  hasStrictTraits(patient) && Boolean(patient.birthGivenNames) && (isSendableIns(patient) || hasIpp(patient));

const hasIpp = ({ ipp, ippAuthority }: Patient): boolean => Boolean(ipp && ippAuthority);
const hasStrictTraits = ({ birthName, firstGivenName, sex, birthDate, birthPlaceCog }: Patient): boolean =>
  Boolean(birthName && firstGivenName && sex && birthPlaceCog) && /^\d{4}-(?!00)\d{2}-(?!00)\d{2}$/.test(birthDate ?? '');

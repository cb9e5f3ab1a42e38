/** The person as it is known: what its senders say, joined attribute by attribute, the most trusted sender first (SAFETY A2, A3, A4). */
import type { SenderSettings } from '../contract/index.ts';
import type { Patient } from '../model/index.ts';
import type { Fold, InsClaim, Marks, Register, Status } from './fold.ts';
import type { Stamp } from './stamp.ts';
import { STRICT_TRAITS, contradicts, isSaidAgain, isStrict } from './traits.ts';

export type Folds = Readonly<Record<string, Fold>>;

export interface Source {
  readonly sender: string;
  readonly at: Stamp;
}

export interface Joined {
  /** Without the numbers of its domain. */
  readonly patient: Patient;
  readonly sources: Readonly<Record<string, Source>>;
  /** The INS that counts now; `undefined` when there is none, or a strict trait changed since (rule 27 of the national guide). */
  readonly ins?: InsClaim & Source;
}

/** An application of a site whose domain it is not: the record that speaks of a number of a hospital. No namesake there is taken for it. */
export const foreign = (site: string, application: string): string => `${site}|${application}`;
export const isForeign = (sender: string): boolean => /^[0-9][0-9AB][0-9]{7}\|/.test(sender);

/** Of `settings.senders`; applications that are not listed come last, all alike, before those of other sites. */
export function rankOf(sender: string, senders: readonly SenderSettings[]): number {
  if (isForeign(sender)) return senders.length + 1;
  const place = senders.findIndex(({ application }) => application === sender);
  return place < 0 ? senders.length : place;
}

export const isInsAuthority = (sender: string, senders: readonly SenderSettings[]): boolean =>
  senders.some(({ application, insAuthority }) => application === sender && insAuthority === true);

/**
 * `preferred`: what a person decided between senders, by attribute. Who the patient is (strict traits, INS, status) only those say whose number it is, unless
 * they never spoke.
 */
export function joinFolds(folds: Folds, senders: readonly SenderSettings[], preferred: Readonly<Record<string, string>> = {}): Joined {
  const names = Object.keys(folds).sort((a, b) => rankOf(a, senders) - rankOf(b, senders) || (a < b ? -1 : 1));
  const own = names.filter((name) => !isForeign(name));
  const heard = own.length > 0 ? own : names;
  const patient: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  const pick = (attribute: string, order: readonly string[] = names): { readonly register: Register; readonly sender: string } | undefined => {
    const chosen = preferred[attribute];
    for (const sender of chosen === undefined ? order : [chosen, ...order]) {
      const register = folds[sender]?.registers[attribute];
      // Absence of a claim from the most trusted one is a withdrawal; of anything else it says nothing that another source could not say.
      if (register && (register.value !== null || attribute === 'claim')) return { register, sender };
    }
    return undefined;
  };
  for (const name of names)
    for (const attribute of Object.keys(folds[name]!.registers)) {
      if (attribute === 'claim' || attribute === 'status' || attribute === 'marks' || Object.hasOwn(patient, attribute)) continue;
      const found = pick(attribute, isStrict(attribute) ? heard : names);
      if (!found) continue;
      patient[attribute] = found.register.value;
      sources[attribute] = { sender: found.sender, at: found.register.at };
    }
  const marks = pick('marks');
  if (marks) Object.assign(patient, marks.register.value as Marks);
  const authoritiesFirst = [...heard.filter((name) => isInsAuthority(name, senders)), ...heard.filter((name) => !isInsAuthority(name, senders))];
  const claimed = pick('claim', authoritiesFirst);
  const claim = claimed?.register.value as InsClaim | null | undefined;
  const source = claimed && { sender: claimed.sender, at: claimed.register.at };
  const ins = claim && source && stands(claim, source, folds, patient) ? { ...claim, ...source } : undefined;
  Object.assign(
    patient,
    ins
      ? { ins: ins.ins, insOid: ins.insOid, insStatus: 'VALI', identityStatus: 'QUAL' }
      : withoutIns(pick('status', heard)?.register.value as Status),
  );
  if (ins) sources['ins'] = { sender: ins.sender, at: ins.at };
  return { patient, sources, ...(ins && { ins }) };
}

/** Rule 27: lost once a strict trait was said otherwise after it, by its sender, or is otherwise in the person as it is known. */
function stands(claim: InsClaim, { sender, at }: Source, folds: Folds, patient: Readonly<Record<string, unknown>>): boolean {
  const own = folds[sender]?.registers ?? {};
  return STRICT_TRAITS.every((trait) => {
    const claimed = claim.traits[trait];
    if (claimed === undefined) return true;
    const register = own[trait];
    if (register && register.at > at && !isSaidAgain(trait, register.value, claimed)) return false;
    if (register?.other !== undefined && register.other > at) return false;
    return !contradicts(trait, patient[trait], claimed);
  });
}

/** Qualified is what has a number; without it the same person is validated at most. */
function withoutIns({ identityStatus, insStatus = 'UNKNOWN' }: Status = {}): Patient {
  const isQualified = identityStatus === 'QUAL';
  return {
    ins: null,
    insStatus: insStatus === 'VALI' ? 'UNKNOWN' : insStatus,
    ...(identityStatus && { identityStatus: isQualified ? 'VALI' : identityStatus }),
  };
}

export interface Contradiction {
  readonly trait: string;
  readonly one: Source & { readonly value: unknown };
  readonly other: Source & { readonly value: unknown };
}

/** Strict traits on which senders that are trusted alike do not agree, and no person has decided (A2). */
export function contradictions(
  folds: Folds,
  sender: string,
  senders: readonly SenderSettings[],
  preferred: Readonly<Record<string, string>> = {},
): readonly Contradiction[] {
  const mine = folds[sender];
  if (!mine) return [];
  if (isForeign(sender) && Object.keys(folds).some((name) => !isForeign(name))) return contradictsOwners(folds, sender, mine, senders, preferred);
  const rank = rankOf(sender, senders);
  const rivals = Object.keys(folds).filter((name) => name !== sender && rankOf(name, senders) === rank);
  return rivals.flatMap((name) =>
    Object.entries(mine.registers).flatMap(([trait, register]): Contradiction[] => {
      const theirs = folds[name]?.registers[trait];
      if (!isStrict(trait) || !theirs || preferred[trait] !== undefined || !contradicts(trait, theirs.value, register.value)) return [];
      return [{ trait, one: { sender: name, at: theirs.at, value: theirs.value }, other: { sender, at: register.at, value: register.value } }];
    }),
  );
}

/** Of what another site said last: where it is not what those say whose number it is. */
function contradictsOwners(
  folds: Folds,
  sender: string,
  mine: Fold,
  senders: readonly SenderSettings[],
  preferred: Readonly<Record<string, string>>,
): readonly Contradiction[] {
  const { patient, sources } = joinFolds(folds, senders, preferred);
  return STRICT_TRAITS.flatMap((trait): Contradiction[] => {
    const [register, source] = [mine.registers[trait], sources[trait]];
    if (!register || !source || source.sender === sender || register.at !== mine.last || !contradicts(trait, patient[trait], register.value))
      return [];
    return [{ trait, one: { ...source, value: patient[trait] }, other: { sender, at: register.at, value: register.value } }];
  });
}

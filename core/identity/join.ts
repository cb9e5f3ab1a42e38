/** The person as it is known: what its senders say, joined attribute by attribute, the most trusted sender first (SAFETY A2, A3, A4). */
import type { SenderSettings } from '../contract/index.ts';
import { isSendableIns, type Patient } from '../model/index.ts';
import { isOfClaim, traitsOfClaim, type Fold, type InsClaim, type Marks, type Register, type Status } from './fold.ts';
import type { Stamp } from './stamp.ts';
import { STRICT_TRAITS, contradicts, isSaidAgain, isStrict } from './traits.ts';

/** By sender (`senderKey`). */
export type Folds = Readonly<Record<string, Fold>>;

/** An application of a site: two sites may run the same one, each with a clock of its own. Notes of before do not say the site. */
interface Sender {
  readonly sender: string;
  readonly site?: string;
}
export const senderKey = (site: string, application: string): string => `${site}|${application}`;
/** Of a site whose domain it is not: the record that speaks of a number of a hospital. */
export const foreignKey = (site: string, application: string): string => `~${senderKey(site, application)}`;
export const isForeign = (key: string): boolean => key.startsWith('~');
export function senderOf(key: string): Sender {
  const from = isForeign(key) ? 1 : 0;
  const cut = key.indexOf('|');
  return cut < 0 ? { sender: key } : { sender: key.slice(cut + 1), site: key.slice(from, cut) };
}

/** What people call each of these senders: its site is named where the application alone does not tell them apart. */
export function namesOf(keys: readonly string[]): ReadonlyMap<string, string> {
  const alike = Map.groupBy(keys, (key) => senderOf(key).sender);
  const nameOf = ({ sender, site }: Sender): string => (alike.get(sender)!.length > 1 && site !== undefined ? `${sender} (${site})` : sender);
  return new Map(keys.map((key) => [key, nameOf(senderOf(key))]));
}

export interface Source extends Sender {
  readonly at: Stamp;
}

/** Who speaks for an identity domain, the most trusted first. */
export interface DomainSender extends SenderSettings {
  /** Of the applications of these sites; absent = of whichever. */
  readonly sites?: readonly string[];
}
/** Of the establishment whose identity domain it is, whoever speaks: what it knows of a person does not depend on who asks (A2). */
export type SendersOf = (domain: string) => readonly DomainSender[];

const isOf = ({ sender, site }: Sender, { application, sites }: DomainSender): boolean =>
  application === sender && (sites === undefined || site === undefined || sites.includes(site));

export interface Joined {
  /** Without the numbers of its domain. */
  readonly patient: Patient;
  readonly sources: Readonly<Record<string, Source>>;
  /** The INS that counts now; `undefined` when there is none, its traits are not known, or one changed since (rule 27 of the national guide). */
  readonly ins?: InsClaim & Source;
  /** A number that is claimed without its traits: it counts for nothing, but another one contradicts it. */
  readonly bare?: Pick<InsClaim, 'ins' | 'insOid'>;
  /** Where no INS counts: one that is claimed all the same, for people who compare. */
  readonly claimed?: Pick<InsClaim, 'ins' | 'insOid'>;
}

/** Applications that are not listed come last, all alike, before those of other sites. */
function rankOf(key: string, senders: readonly DomainSender[]): number {
  if (isForeign(key)) return senders.length + 1;
  const place = senders.findIndex((one) => isOf(senderOf(key), one));
  return place < 0 ? senders.length : place;
}

export const isInsAuthority = (key: string, senders: readonly DomainSender[]): boolean =>
  !isForeign(key) && senders.some((one) => one.insAuthority === true && isOf(senderOf(key), one));

/** A4: a contract of trust is a setting; without one an INS is its sender's claim. */
export const standingOf = (source: Sender, { senders }: { readonly senders: readonly DomainSender[] }): 'claimed' | 'contract' =>
  senders.some((one) => one.insContract !== undefined && isOf(source, one)) ? 'contract' : 'claimed';

/** Registers that say something of the person as a whole. */
const NO_ATTRIBUTES = new Set(['claim', 'status', 'marks']);

/**
 * `preferred`: what a person decided between senders, by attribute. Who the patient is (strict traits, INS, status) only those say whose number it is, unless
 * they never spoke.
 */
export function joinFolds(folds: Folds, senders: readonly DomainSender[], preferred: Readonly<Record<string, string>> = {}): Joined {
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
      if (NO_ATTRIBUTES.has(attribute) || isOfClaim(attribute) || Object.hasOwn(patient, attribute)) continue;
      const found = pick(attribute, isStrict(attribute) ? heard : names);
      if (!found) continue;
      patient[attribute] = found.register.value;
      sources[attribute] = { ...senderOf(found.sender), at: found.register.at };
    }
  Object.assign(patient, marksOf(names.flatMap((name) => folds[name]!.registers['marks'] ?? []).map(({ value }) => value as Marks)));
  const authoritiesFirst = [...heard.filter((name) => isInsAuthority(name, senders)), ...heard.filter((name) => !isInsAuthority(name, senders))];
  const chosen = pick('claim', authoritiesFirst);
  const claimed = chosen?.register.value as InsClaim | null | undefined;
  const { ins, ...number } = chosen && claimed ? insOf(claimed, [chosen.sender, ...authoritiesFirst], folds, patient) : {};
  Object.assign(
    patient,
    ins
      ? { ins: ins.ins, insOid: ins.insOid, insStatus: 'VALI', identityStatus: 'QUAL' }
      : withoutIns(pick('status', heard)?.register.value as Status),
  );
  if (ins) sources['ins'] = { sender: ins.sender, ...(ins.site !== undefined && { site: ins.site }), at: ins.at };
  const other = ins ? undefined : [claimed, ...names.map((name) => folds[name]!.registers['claim']?.value as typeof claimed)].find((one) => one);
  return { patient, sources, ...(ins && { ins }), ...number, ...(other && { claimed: { ins: other.ins, insOid: other.insOid } }) };
}

/** A4: what one of them marks is marked, however trusted the others are. */
function marksOf(all: readonly Marks[]): Marks {
  const flags = all.flatMap(({ identityFlags }) => identityFlags ?? []);
  const automatic = all.flatMap(({ automaticFiling }) => automaticFiling ?? []);
  return {
    ...(all.some(({ identityFlags }) => identityFlags) && { identityFlags: [...new Set(flags)] }),
    ...(automatic.length > 0 && { automaticFiling: !automatic.includes(false) }),
  };
}

/** Of those who claim this number, the first that says whose it is (its traits); if it still stands. */
function insOf(
  { ins, insOid }: InsClaim,
  order: readonly string[],
  folds: Folds,
  patient: Readonly<Record<string, unknown>>,
): Pick<Joined, 'ins' | 'bare'> {
  for (const sender of order) {
    const { registers = {} } = folds[sender] ?? {};
    const { claim } = registers;
    const claimed = claim?.value as InsClaim | null | undefined;
    if (!claim || claimed?.ins !== ins || claimed.insOid !== insOid) continue;
    const known = traitsOfClaim(registers, claim);
    const traits = Object.fromEntries([...known].map(([trait, { value }]) => [trait, value])) as InsClaim['traits'];
    // A number alone is no INS: it would sit on whatever traits another one says.
    if (!isSendableIns({ ...(traits as Patient), ins, insOid, insStatus: 'VALI' })) continue;
    return stands(known, registers, patient) ? { ins: { ins, insOid, traits, ...senderOf(sender), at: claim.at } } : {};
  }
  return { bare: { ins, insOid } };
}

/** Rule 27: lost once a strict trait was said otherwise after it, by its sender, or is otherwise in the person as it is known. */
const stands = (claimed: ReturnType<typeof traitsOfClaim>, own: Fold['registers'], patient: Readonly<Record<string, unknown>>): boolean =>
  [...claimed].every(([trait, { value, at }]) => {
    const register = own[trait];
    if (register && register.at > at && !isSaidAgain(trait, register.value, value)) return false;
    if (register?.other !== undefined && register.other > at) return false;
    return !contradicts(trait, patient[trait], value);
  });

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
  senders: readonly DomainSender[],
  preferred: Readonly<Record<string, string>> = {},
): readonly Contradiction[] {
  const mine = folds[sender];
  if (!mine) return [];
  if (isForeign(sender) && Object.keys(folds).some((name) => !isForeign(name))) return contradictsOwners(folds, sender, mine, senders, preferred);
  const rank = rankOf(sender, senders);
  const rivals = Object.keys(folds).filter((name) => name !== sender && rankOf(name, senders) === rank);
  return rivals.flatMap((name) => {
    const names = namesOf([name, sender]);
    const named = (key: string): string => names.get(key)!;
    return Object.entries(mine.registers).flatMap(([trait, register]): Contradiction[] => {
      const theirs = folds[name]?.registers[trait];
      if (!isStrict(trait) || !theirs || preferred[trait] !== undefined || !contradicts(trait, theirs.value, register.value)) return [];
      return [
        {
          trait,
          one: { sender: named(name), at: theirs.at, value: theirs.value },
          other: { sender: named(sender), at: register.at, value: register.value },
        },
      ];
    });
  });
}

/** Of what another site said last: where it is not what those say whose number it is. */
function contradictsOwners(
  folds: Folds,
  key: string,
  mine: Fold,
  senders: readonly DomainSender[],
  preferred: Readonly<Record<string, string>>,
): readonly Contradiction[] {
  const { patient, sources } = joinFolds(folds, senders, preferred);
  const { sender, site } = senderOf(key);
  return STRICT_TRAITS.flatMap((trait): Contradiction[] => {
    const [register, source] = [mine.registers[trait], sources[trait]];
    const isIts = !register || register.at !== mine.last || preferred[trait] === key;
    if (isIts || !source || !contradicts(trait, patient[trait], register.value)) return [];
    return [{ trait, one: { ...source, value: patient[trait] }, other: { sender: `${sender} (${site})`, at: register.at, value: register.value } }];
  });
}

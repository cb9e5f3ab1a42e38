/** What a patient allows: opposition remembered from one message to the next, and the legs that it, confidentiality and masks forbid (SAFETY B6, B7). */
import type { Note, Warning } from '../contract/index.ts';
import { PERSON } from '../identity/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import { toInstant, type Consent } from '../model/index.ts';
import type { Static } from 'typebox';
import { documentData, type DocumentEvent } from './facts.ts';
import { CONFIDENTIALITY, KINDS, LEGS, MASKS, note, read, ref, type Flags, type Leg, type Mask } from './notes.ts';
import { relatives, type Compared } from './patients.ts';

/** A document that comes, and whether its patient said no, here or elsewhere. */
export interface Arriving extends Compared {
  readonly isOpposed: boolean;
}

type ConsentData = Static<typeof Consent>;

/** Everything that is said of the wishes of these patients, as far as is known who they are: a merge takes nobody's opposition away. */
export const consentRefs = (keys: readonly string[], known: Known, index: BlindIndex): readonly NoteRef[] =>
  [...relatives(keys, known, index)].flatMap((key) => [
    ...ref(PERSON, key),
    ...ref(KINDS.consent, key),
    ...ref(KINDS.holders, key),
    ...(read(known, KINDS.holders, key) ?? []).flatMap((holder) => ref(PERSON, holder)),
  ]);

/** Of opposition or its end. NA: there is no national record to feed, which withdraws no opposition. */
export const saysConsent = ({ event }: Case): boolean => /^(INO|IO)$/.test(saidIn(event)?.dmpFeedOpposition ?? '');

const saidIn = (event: Case['event']): ConsentData | undefined => (event.data as { consent?: ConsentData }).consent;

/** What a message says of it, by the keys of its patient: each number, and the INS on file of each; a statement older than what its site said last changes nothing. */
export function consentNotes({ event, settings }: Case, keys: ReadonlySet<string>, known: Known): readonly Note[] {
  const consent = saidIn(event);
  const isNo = consent?.dmpFeedOpposition === 'IO';
  const at = (consent?.dmpFeedAt && toInstant(consent.dmpFeedAt, settings.timeZone)) ?? event.time;
  return [...keys].flatMap((key) => {
    const now = read(known, KINDS.consent, key) ?? {};
    const before = now[event.site];
    return before && before.at > at ? [] : [note(KINDS.consent, key, { ...now, [event.site]: { opposed: isNo, at } })];
  });
}

/** Where several sites, or several numbers, speak of one patient, one that says no is enough. */
export const isOpposed = (keys: readonly string[], known: Known, index: BlindIndex): boolean =>
  [...relatives(keys, known, index)].some((key) => Object.values(read(known, KINDS.consent, key) ?? {}).some(({ opposed }) => opposed));

/** Of each name what is known of it, in this order. Asked several times of each document, at each step of its way. */
function flagsBy<N extends keyof Flags>(names: readonly N[], valueOf: (name: N) => boolean | 'held' | null | undefined): Flags {
  const made: Record<string, boolean | 'held'> = {};
  for (const name of names) {
    const value = valueOf(name);
    if (value !== undefined && value !== null) made[name] = value;
  }
  return made;
}

const NAMES = [...MASKS, ...LEGS] as const;
const isLeg = (name: Mask | Leg): name is Leg => LEGS.includes(name as Leg);

export function flagsOf({ visibility, document: { confidentiality: code } }: Pick<DocumentEvent, 'visibility' | 'document'>): Flags {
  const said = visibility as Flags | undefined;
  return flagsBy(NAMES, (name) => {
    if (code === undefined || !isConfidentiality(name)) return said?.[name];
    return code === 'V' || (name === 'restricted' && code === 'R');
  });
}

/** The masks that are set, and nothing else that is said. */
export const masksOf = (flags: Flags = {}): Flags => flagsBy(MASKS, (name) => flags[name] === true || undefined);

/** Both together: a mask that one of them sets, a leg that one of them forbids. What one of them leaves unknown is what the other says. */
export const strictest = (one: Flags, other: Flags): Flags =>
  flagsBy(NAMES, (name) => {
    const stricter = !isLeg(name);
    if (one[name] === stricter || other[name] === stricter) return stricter;
    return one[name] === true || other[name] === true || (one[name] ?? other[name]);
  });

/** Masks that are set, ways that are closed: what the receiver of a document must obey. */
export function restrictionsOf(data: DocumentEvent): readonly string[] {
  const flags = flagsOf(data);
  const opposed = data.consent?.dmpFeedOpposition === 'IO' ? ['opposed'] : [];
  return [...MASKS.filter((name) => flags[name] === true), ...LEGS.filter((name) => flags[name] === false), ...opposed];
}

/** The same as a code; nothing = not more than normal. */
export const codeOf = ({ restricted: isRestricted, veryRestricted }: Flags): '' | 'R' | 'V' => (veryRestricted ? 'V' : isRestricted ? 'R' : '');

export const contradictions = (one: Flags, other: Flags): readonly string[] =>
  MASKS.filter((name) => one[name] !== undefined && other[name] !== undefined && one[name] !== other[name]);

/**
 * The event as it may leave: with the masks and the confidentiality that are known of the document, and without the legs that lead to the patient when the patient is
 * opposed, the document confidential or hidden from the patient. The same object when nothing changes.
 */
export function restricted(
  data: DocumentEvent,
  flags: Flags,
  opposed: boolean,
): { readonly data: DocumentEvent; readonly warnings: readonly Warning[] } {
  const own = flagsOf(data);
  const merged = strictest(own, flags);
  const forbids = opposed || merged.restricted === true || merged.hiddenFromPatient === true;
  const banned = forbids ? LEGS.filter((leg) => leg !== 'sendToMssPro' && merged[leg] !== undefined && merged[leg] !== false) : [];
  const visible: Flags = { ...merged, ...Object.fromEntries(banned.map((leg) => [leg, false])) };
  const changes = Object.entries(visible).filter(([name, value]) => !isConfidentiality(name) && own[name as keyof Flags] !== value);
  const confidentiality = CONFIDENTIALITY.some((name) => merged[name] === true && own[name] !== true) && (merged.veryRestricted ? 'V' : 'R');
  const saysOpposed = data.consent?.dmpFeedOpposition === 'IO';
  if (changes.length === 0 && !confidentiality && (!opposed || saysOpposed)) return { data, warnings: [] };
  const warnings: Warning[] = banned.map((leg) => ({ code: 'leg-refused', detail: leg === 'sendToDmp' ? 'DESTDMP' : 'DESTMSSANTEPAT' }));
  if (opposed && !saysOpposed) warnings.push({ code: 'patient-opposed' });
  return {
    data: {
      ...data,
      ...(confidentiality && { document: { ...data.document, confidentiality } }),
      ...(changes.length > 0 && { visibility: { ...data.visibility, ...Object.fromEntries(changes) } }),
      ...(opposed && { consent: { ...data.consent, dmpFeedOpposition: 'IO' } }),
    },
    warnings,
  };
}

const isConfidentiality = (name: string): boolean => (CONFIDENTIALITY as readonly string[]).includes(name);

/** A document event with other data. */
export const withData = (one: Case, data: DocumentEvent): { readonly event?: Case['event'] } =>
  data === documentData(one) ? {} : { event: { ...one.event, data } };

/** What the stand-in of the record remembers. */
import type { PeerCounts } from 'passerelle/contract';

export interface WireIdentifier {
  readonly value: string;
  readonly authority?: { readonly oid?: string; readonly namespace?: string };
  readonly type?: string;
}

export interface WirePatient {
  readonly identifiers?: readonly WireIdentifier[];
  readonly ins?: { readonly value: string; readonly oid: string } | null;
  readonly traits?: Readonly<Record<string, unknown>>;
}

export interface FiledDocument {
  readonly type: string;
  readonly setId?: string;
  readonly version: number;
  /** Whose number it is filed under. */
  readonly site: string;
  /** Number of the stay it was made in. */
  visitId?: string;
  supersededBy?: string;
  deleted?: boolean;
}

/** One patient's record. */
export interface CancerRecord {
  readonly recordId: string;
  /** Establishment that spoke of the patient last. */
  site: string;
  identifiers: WireIdentifier[];
  /** Absorbed by merges: still recognised, never sent. */
  former: string[];
  ins?: { readonly value: string; readonly oid: string };
  traits: Readonly<Record<string, unknown>>;
  /** By document id, or source number. */
  documents: Record<string, FiledDocument>;
  /** Time of the newest identity or visit event. */
  latest: string;
  visits: number;
  /** Written in a tab of the record, newest last. */
  remarks?: { readonly at: string; readonly by: string; readonly text: string }[];
}

export interface ContextUser {
  readonly login?: string;
  readonly rpps?: string;
  readonly family?: string;
  readonly given?: string;
  readonly profile?: string;
}

/** A tab that a contextual call may open, opened, or may not open any more. */
export interface TabContext {
  readonly recordId: string;
  readonly ticket: string;
  readonly givenAt: string;
  readonly site: string;
  readonly user: ContextUser;
  readonly target?: string;
  readonly situation?: string;
  redeemed?: boolean;
  /** Of the page shown last: the word of an older one that it was left says nothing. */
  page?: number;
  /** Why it may show and write nothing any more. */
  ended?: string;
}

export interface RecordState {
  records: CancerRecord[];
  /** Records that were linked and stay apart: `R1 R2`. */
  links: string[];
  /** By context id. */
  contexts: Record<string, TabContext>;
  /** First answer by messageId: idempotency. */
  answered: Record<string, { readonly digest: string; readonly body: string }>;
  /** What it was told of its own messages, by their id. */
  told: Record<string, readonly string[]>;
  received: number;
  duplicates: number;
  refused: number;
  outOfOrder: Record<string, number>;
  next: number;
}

export const emptyState = (): RecordState => ({
  records: [],
  links: [],
  contexts: {},
  answered: {},
  told: {},
  received: 0,
  duplicates: 0,
  refused: 0,
  outOfOrder: {},
  next: 1,
});

export const authorityOf = ({ authority }: WireIdentifier): string => authority?.oid ?? authority?.namespace ?? '';
export const nameOf = (identifier: WireIdentifier): string => `${authorityOf(identifier)}:${identifier.value}`;

/**
 * Records that carry one of the identifiers; else those with the INS. A second number of an authority that the record knows is a second
 * record, until the establishment says that they are one (SAFETY A6).
 */
export function recordsOf(state: RecordState, patient: WirePatient): readonly CancerRecord[] {
  const given = patient.identifiers ?? [];
  const names = new Set(given.map(nameOf));
  const byIdentifier = state.records.filter(({ identifiers, former }) => [...identifiers.map(nameOf), ...former].some((name) => names.has(name)));
  if (byIdentifier.length > 0 || !patient.ins) return byIdentifier;
  const authorities = new Set(given.map(authorityOf));
  return state.records.filter(
    ({ ins, identifiers }) =>
      ins?.oid === patient.ins?.oid && ins?.value === patient.ins?.value && !identifiers.some((each) => authorities.has(authorityOf(each))),
  );
}

export function countsOf(state: RecordState): PeerCounts {
  const filed = Object.fromEntries(
    state.records.map((record) => [record.recordId, Object.values(record.documents).filter(({ deleted }) => !deleted).length]),
  );
  const { received, duplicates, refused, outOfOrder, told } = state;
  return { received, distinct: Object.keys(state.answered).length, duplicates, refused, filed, outOfOrder, told };
}

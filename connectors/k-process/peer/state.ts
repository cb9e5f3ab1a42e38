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
  documents: Record<string, { readonly type: string; readonly setId?: string; readonly version: number; supersededBy?: string; deleted?: boolean }>;
  /** Time of the newest identity or visit event. */
  latest: string;
  visits: number;
}

export interface RecordState {
  records: CancerRecord[];
  /** First answer by messageId: idempotency. */
  answered: Record<string, { readonly digest: string; readonly body: string }>;
  received: number;
  duplicates: number;
  refused: number;
  outOfOrder: Record<string, number>;
  next: number;
}

export const emptyState = (): RecordState => ({ records: [], answered: {}, received: 0, duplicates: 0, refused: 0, outOfOrder: {}, next: 1 });

const authorityOf = ({ authority }: WireIdentifier): string => authority?.oid ?? authority?.namespace ?? '';
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
  const { received, duplicates, refused, outOfOrder } = state;
  return { received, distinct: Object.keys(state.answered).length, duplicates, refused, filed, outOfOrder };
}

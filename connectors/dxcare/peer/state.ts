/** What the simulated DxCare remembers. */
import type { PeerCounts, SyntheticPerson } from 'passerelle/contract';

/** A patient of this hospital. `absorbedBy` after a merge: its IPP then means the other one. */
export interface HeldPatient {
  readonly ipp: string;
  person: SyntheticPerson;
  stay: string;
  absorbedBy?: string;
}

/** A document received from the engine. */
export interface FiledDocument {
  readonly ipp: string;
  readonly setId: string;
  readonly version: number;
  supersededBy?: string;
}

/** A document made here, so that it can be replaced. */
export interface OwnDocument {
  readonly ipp: string;
  readonly id: string;
  readonly setId: string;
  readonly version: number;
}

export interface DxCareState {
  patients: HeldPatient[];
  /** By document id. */
  filed: Record<string, FiledDocument>;
  own: OwnDocument[];
  /** First answer by control id and content: a repeated message gets it again. */
  answered: Record<string, string>;
  received: number;
  duplicates: number;
  refused: number;
  outOfOrder: Record<string, number>;
  /** Number of the next person, stay, movement, order and document. */
  next: number;
}

export const emptyState = (): DxCareState => ({
  patients: [],
  filed: {},
  own: [],
  answered: {},
  received: 0,
  duplicates: 0,
  refused: 0,
  outOfOrder: {},
  next: 1,
});

/** The patient of an IPP, through merges. */
export function patientOf(state: DxCareState, ipp: string): HeldPatient | undefined {
  const found = state.patients.find((patient) => patient.ipp === ipp);
  return found?.absorbedBy ? patientOf(state, found.absorbedBy) : found;
}

export function countsOf(state: DxCareState): PeerCounts {
  const filed: Record<string, number> = {};
  for (const { ipp } of Object.values(state.filed)) filed[ipp] = (filed[ipp] ?? 0) + 1;
  const { received, duplicates, refused, outOfOrder } = state;
  return { received, distinct: Object.keys(state.answered).length, duplicates, refused, filed, outOfOrder };
}

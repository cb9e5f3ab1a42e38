/** Identities of the record: found by identifier, then INS; two records or two INS involved is a conflict (409), never a silent merge. */
import type { PeerWorld } from 'passerelle/contract';
import type { Filing, WireMessage } from './api.ts';
import { nameOf, recordsOf, type CancerRecord, type RecordState } from './state.ts';

const CONFLICT: Filing = { status: 409, title: 'identity conflict', applicationCode: 904 };

export function updateIdentity(message: WireMessage, state: RecordState, _world: PeerWorld): Filing {
  const { patient } = message;
  if (!patient?.identifiers?.length && !patient?.ins) return { status: 422, title: 'no identifier', applicationCode: 906 };
  const found = recordsOf(state, patient);
  if (found.length > 1) return CONFLICT;
  const record = found[0] ?? open(state, message);
  if (patient.ins && record.ins && patient.ins.value !== record.ins.value) return CONFLICT;
  if (patient.ins) record.ins = patient.ins;
  const known = new Set([...record.identifiers.map(nameOf), ...record.former]);
  record.identifiers.push(...(patient.identifiers ?? []).filter((each) => !known.has(nameOf(each))));
  if (!isBefore(message.occurredAt, record.latest)) record.traits = { ...record.traits, ...patient.traits };
  noteOrder(record, message, state);
  record.site = message.site;
  if (message.type.startsWith('visit.')) record.visits += 1;
  return { recordId: record.recordId };
}

/** The record of the absorbed identifier disappears into the other, documents and all. */
export function mergeIdentities(message: WireMessage, state: RecordState): Filing {
  const { surviving, absorbed } = message.merge ?? {};
  if (!surviving || !absorbed) return { status: 422, title: 'merge without two identifiers', applicationCode: 906 };
  const [kept] = recordsOf(state, { identifiers: [surviving] });
  const [gone] = recordsOf(state, { identifiers: [absorbed] });
  if (!kept) return { status: 404, title: 'patient unknown', applicationCode: 902 };
  if (kept.ins && gone?.ins && kept.ins.value !== gone.ins.value) return CONFLICT;
  if (gone && gone !== kept) {
    Object.assign(kept.documents, gone.documents);
    kept.identifiers.push(...gone.identifiers);
    kept.former.push(...gone.former);
    state.records = state.records.filter((each) => each !== gone);
  }
  const old = nameOf(absorbed);
  kept.identifiers = kept.identifiers.filter((each) => nameOf(each) !== old);
  kept.former.push(old);
  noteOrder(kept, message, state);
  return { recordId: kept.recordId };
}

function open(state: RecordState, message: WireMessage): CancerRecord {
  const record: CancerRecord = {
    recordId: `R${state.next++}`,
    site: message.site,
    identifiers: [],
    former: [],
    traits: {},
    documents: {},
    latest: '',
    visits: 0,
  };
  state.records.push(record);
  return record;
}

function noteOrder(record: CancerRecord, { occurredAt }: WireMessage, state: RecordState): void {
  if (isBefore(occurredAt, record.latest)) state.outOfOrder[record.recordId] = (state.outOfOrder[record.recordId] ?? 0) + 1;
  else record.latest = occurredAt;
}

/** Times come with various offsets: compared as instants. */
const isBefore = (time: string, than: string): boolean => than !== '' && Date.parse(time) < Date.parse(than);

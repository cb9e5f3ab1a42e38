/** Documents of the record: filed for a known patient (404 with 902 otherwise), replaced by set and version, deleted by id. */
import type { Filing, WireMessage } from './api.ts';
import { recordsOf, type RecordState } from './state.ts';

export function fileDocument({ site, patient, visit, document }: WireMessage, state: RecordState): Filing {
  const [record] = patient ? recordsOf(state, patient) : [];
  if (!record) return { status: 404, title: 'patient unknown', applicationCode: 902 };
  if (patient?.ins && record.ins && patient.ins.value !== record.ins.value) return { status: 409, title: 'identity conflict', applicationCode: 904 };
  const {
    id,
    setId,
    version = 1,
    sourceId,
    replaces,
    type,
    content,
  } = (document ?? {}) as {
    readonly id?: { readonly root: string };
    readonly setId?: string;
    readonly version?: number;
    readonly sourceId?: string;
    readonly replaces?: string;
    readonly type?: string;
    readonly content?: { readonly content?: string; readonly encoding?: string; readonly bytes?: number };
  };
  const size = content?.encoding === 'base64' ? Buffer.from(content.content ?? '', 'base64').length : undefined;
  if (!type || !content?.content || (size !== undefined && content.bytes !== undefined && size !== content.bytes)) {
    return { status: 422, title: 'the content is missing or not of the announced size', applicationCode: 906 };
  }
  const key = id?.root ?? sourceId ?? `${record.recordId}-${Object.keys(record.documents).length}`;
  const newest = Math.max(0, ...Object.values(record.documents).flatMap((each) => (setId && each.setId === setId ? [each.version] : [])));
  if (version < newest) state.outOfOrder[record.recordId] = (state.outOfOrder[record.recordId] ?? 0) + 1;
  record.documents[key] = { type, site, ...(setId && { setId }), version, ...(visit?.id && { visitId: visit.id }) };
  const old = replaces ? record.documents[replaces] : undefined;
  if (old) old.supersededBy = key;
  return { recordId: record.recordId };
}

/** By a number only what the same site gave under it: the record and each hospital number documents of their own. */
export function deleteDocument({ site, patient, document }: WireMessage, state: RecordState): Filing {
  const [record] = patient ? recordsOf(state, patient) : [];
  const { id, sourceId } = (document ?? {}) as { readonly id?: { readonly root: string }; readonly sourceId?: string };
  const found = record?.documents[id?.root ?? sourceId ?? ''];
  if (!record || !found || (!id && found.site !== site)) return { status: 404, title: 'patient or document unknown', applicationCode: 902 };
  found.deleted = true;
  return { recordId: record.recordId };
}

export function answerDocument({ answer }: WireMessage, state: RecordState): Filing {
  if (!answer?.about || !answer.what) return { status: 422, title: 'an answer says what became of which message' };
  state.told[answer.about] = [...(state.told[answer.about] ?? []), answer.what];
  return { http: 201, body: { status: 'filed' } };
}

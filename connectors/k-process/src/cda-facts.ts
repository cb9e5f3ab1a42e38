/** What a CDA of the record says of itself, beside what its message says of it (SAFETY B1, B2, B7): the message leads, but for what decides. */
import type { CdaHeader, Warning } from 'passerelle/contract';
import { isoTime, recogniseModel } from 'passerelle/codec/cda';
import type { DocumentData } from 'passerelle/model';
import { said } from './contract.ts';

const PROFESSIONALS = '1.2.250.1.71.4.2.1';

/** What the codec reads of a structured body, in canonical form already. */
export type CdaContent = Pick<DocumentData, 'rcp' | 'pps' | 'conclusions' | 'unread'>;

/** `stated`: as the message says it. `path`: of the content, for warnings. */
export function withCda(stated: DocumentData, cda: CdaHeader, path: string, warnings: Warning[]): DocumentData {
  const location = { path };
  const warn = (code: string, detail?: string): void => void warnings.push({ code, ...(detail !== undefined && { detail }), location });
  warnings.push(...(cda.warnings ?? []).map((one) => ({ ...one, location })));
  const model = recogniseModel(cda);
  if (model && !model.versionKnown) warn('document-model-version-unknown', model.version);
  if (model?.type && model.type !== stated.canonicalType) warn('document-type-mismatch', `${stated.canonicalType} ${model.type}`);
  const isSame = (root: string | undefined, extension: string | undefined, own: CdaHeader['id']): boolean =>
    root === undefined || own === undefined || (root === own.root && (extension ?? '') === (own.extension ?? ''));
  if (!isSame(stated.id, stated.idExtension, cda.id)) warn('document-id-mismatch');
  if (!isSame(stated.replaces, stated.replacesExtension, cda.replaces)) warn('replaced-document-mismatch');
  if (stated.action === 'new' && (cda.replaces ?? stated.replaces)) warn('replacement-not-announced');
  const [confidentiality, isContradicted] = strictest(stated.confidentiality, cda.confidentiality);
  if (isContradicted) warn('confidentiality-mismatch');
  return said({
    title: cda.title?.slice(0, 250),
    loinc: cda.code?.code,
    label: cda.code?.label?.slice(0, 250),
    version: cda.version,
    date: dayOf(cda.serviceStart) ?? dayOf(cda.effectiveTime),
    createdAt: dayOf(cda.effectiveTime),
    language: cda.language,
    ...(stated.setId === undefined && idsOf('setId', cda.setId)),
    ...stated,
    // The document is known everywhere by the id that stands in it, and is what its model says.
    ...idsOf('id', cda.id),
    ...idsOf('replaces', cda.replaces),
    ...(model && { canonicalType: model.type ?? stated.canonicalType, modelOid: model.oid, modelVersion: model.version }),
    confidentiality,
    ...(cda.content as CdaContent | undefined),
  });
}

/** Whoever signs it first, when the message names no author. */
export const cdaAuthor = (cda: CdaHeader | undefined): string | undefined =>
  cda?.author?.ids.find(({ root, extension }) => root === PROFESSIONALS && /^8\d{11}$/.test(extension ?? ''))?.extension?.slice(1);

type Named = 'id' | 'setId' | 'replaces';
const idsOf = (name: Named, id: CdaHeader['id']): Partial<DocumentData> => (id ? { [name]: id.root, [`${name}Extension`]: id.extension } : {});

/** A year alone is no date of a document. */
function dayOf(time: string | undefined): string | undefined {
  const iso = isoTime(time);
  return iso?.includes('-') ? iso : undefined;
}

/** Two that differ: the more restrictive counts, whichever says it. */
function strictest(one: string | undefined, other: string | undefined): readonly [string | undefined, boolean] {
  const stated = [one, other].filter((each) => each !== undefined);
  return [['V', 'R'].find((code) => stated.includes(code)) ?? stated[0], new Set(stated).size > 1];
}

/** New, replacement or deletion: the event, ORC-1 and OBX-11 say it together, or the message is refused (specs FACTS A1). */
import { PasserelleError } from '../../core/contract/index.ts';
import type { DocumentData } from '../../core/model/index.ts';
import type { Content, Group } from './document-groups.ts';
import { declaredAudience } from './flags.ts';
import { warn, type Reading } from './reading.ts';
import { clean } from './values.ts';

export type DocumentAction = NonNullable<DocumentData['action']>;

/** Events of MDM that carry a content. T11, the plain cancel of HL7, is met as a dialect (vendors FACTS section 4). */
const BY_EVENT: Readonly<Record<string, DocumentAction>> = { T02: 'new', T10: 'replace', T04: 'delete', T11: 'delete' };
const BY_ORDER: Readonly<Record<string, DocumentAction>> = { NW: 'new', RO: 'replace', RP: 'replace', XO: 'replace', CA: 'delete' };
/** Table 0085: I, R, S and P are not final yet, and may replace what was not either. */
const BY_RESULT: Readonly<Record<string, DocumentAction>> = { F: 'new', U: 'new', P: 'new', R: 'new', S: 'new', I: 'new', C: 'replace', D: 'delete' };
const STATUS: Readonly<Record<string, DocumentData['status']>> = {
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  I: 'preliminary',
  C: 'corrected',
  D: 'deleted',
};

/** Table 0085: not asked, order only, cannot be had, posted for the wrong patient. */
const NO_RESULT = new Set(['N', 'O', 'X', 'W']);
/** Table 0271: dictated, documented, incomplete, in progress, pre-authenticated; nobody has signed it yet. */
const UNSIGNED = new Set(['DI', 'DO', 'IN', 'IP', 'PA']);

export const isDocumentEvent = (event: string): boolean => Object.hasOwn(BY_EVENT, event);

/**
 * Throws ERR_DOCUMENT_INCOHERENT when two of them that are known differ, ERR_HL7_FIELD_INVALID when the content is said to be no
 * result (W: it was posted for the wrong patient). `own`: those of the contents whose status it is.
 */
export function readAction(
  reading: Reading,
  event: string,
  group: Group,
  contents: readonly Content[],
  own: readonly Content[],
): Pick<DocumentData, 'action' | 'status'> {
  const order = clean(group.orc?.get('1') ?? '').toUpperCase();
  const results = contents.length > 0 ? contents.map((one) => resultOf(group, one)) : [''];
  if (event === 'T11') warn(reading, 'deletion-event', 'T11', 'MSH-9.2');
  // Outside the national guide ORC-1 says many other things (RE for results), and OBX-11 may be left out.
  const isNational = declaredAudience(reading) !== undefined;
  if (isNational && order && !BY_ORDER[order]) warn(reading, 'order-control', order.slice(0, 2), 'ORC-1');
  for (const [i, result] of results.entries()) checkResult(reading, result, contents[i], isNational);
  const asked = [BY_EVENT[event], BY_ORDER[order]].filter((action) => action !== undefined);
  const isReplacing = asked.length > 0 && asked.every((action) => action === 'replace');
  const said = results.map((result) => (isReplacing && STATUS[result] === 'preliminary' ? 'replace' : BY_RESULT[result]));
  const stated = [...asked, ...said].filter((action) => action !== undefined);
  if (new Set(stated).size > 1)
    throw new PasserelleError('ERR_DOCUMENT_INCOHERENT', {
      location: { hl7: BY_ORDER[order] ? 'ORC-1' : `OBX[${contents[0]?.obx.occurrence ?? 1}]-11` },
      expected: 'one of T02/NW/F, T10/RO/C, T04/CA/D throughout',
      found: stated.join(' against '),
    });
  const action = stated[0] ?? 'new';
  const unsigned = action !== 'delete' && UNSIGNED.has(clean(reading.message.get('TXA-17')).toUpperCase());
  if (unsigned) warn(reading, 'document-not-signed', undefined, 'TXA-17');
  const status = own.map((one) => STATUS[resultOf(group, one)]).find((one) => one !== undefined);
  return { action, status: unsigned ? 'preliminary' : (status ?? (action === 'delete' ? 'deleted' : 'final')) };
}

/** OBX-11; where it is left out, what OBR-25 says against a plain final result: preliminary, corrected, cancelled. */
function resultOf({ obr }: Group, { obx }: Content): string {
  const order = clean(obr?.get('25') ?? '').toUpperCase();
  return clean(obx.get('11')).toUpperCase() || (/^[PRCX]$/.test(order) ? order : '');
}

function checkResult(reading: Reading, result: string, content: Content | undefined, isNational: boolean): void {
  if (!content) return;
  const hl7 = `OBX[${content.obx.occurrence}]-11`;
  if (NO_RESULT.has(result))
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7 }, expected: 'the status of a document: F, P, C or D', found: result });
  if (isNational && !BY_RESULT[result]) warn(reading, 'result-status', result.slice(0, 1), hl7);
}

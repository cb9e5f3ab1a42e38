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
/** Table 0085: I, R, S and P are not final yet. */
const BY_RESULT: Readonly<Record<string, DocumentAction>> = { F: 'new', U: 'new', P: 'new', R: 'new', S: 'new', I: 'new', C: 'replace', D: 'delete' };
const STATUS: Readonly<Record<string, DocumentData['status']>> = {
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  I: 'preliminary',
  C: 'corrected',
  D: 'deleted',
};

export const isDocumentEvent = (event: string): boolean => Object.hasOwn(BY_EVENT, event);

/** Throws ERR_DOCUMENT_INCOHERENT when two of them that are known differ. */
export function readAction(reading: Reading, event: string, group: Group, content: Content | undefined): Pick<DocumentData, 'action' | 'status'> {
  const order = clean(group.orc?.get('1') ?? '').toUpperCase();
  const result = clean(content?.obx.get('11') ?? '').toUpperCase();
  if (event === 'T11') warn(reading, 'deletion-event', 'T11', 'MSH-9.2');
  // Outside the national guide ORC-1 says many other things (RE for results), and OBX-11 may be left out.
  const isNational = declaredAudience(reading) !== undefined;
  if (isNational && order && !BY_ORDER[order]) warn(reading, 'order-control', order.slice(0, 2), 'ORC-1');
  if (isNational && content && !BY_RESULT[result]) warn(reading, 'result-status', result.slice(0, 1), `OBX[${content.obx.occurrence}]-11`);
  const stated = [BY_EVENT[event], BY_ORDER[order], BY_RESULT[result]].filter((action) => action !== undefined);
  if (new Set(stated).size > 1)
    throw new PasserelleError('ERR_DOCUMENT_INCOHERENT', {
      location: { hl7: BY_ORDER[order] ? 'ORC-1' : `OBX[${content?.obx.occurrence ?? 1}]-11` },
      expected: 'one of T02/NW/F, T10/RO/C, T04/CA/D throughout',
      found: stated.join(' against '),
    });
  const action = stated[0] ?? 'new';
  return { action, status: STATUS[result] ?? (action === 'delete' ? 'deleted' : 'final') };
}

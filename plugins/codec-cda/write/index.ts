/** Writes a structured CDA (N3) from a canonical document: FRCP and PPS, by the model and version asked for (SAFETY B10). */
import { PasserelleError } from '../../../core/contract/index.ts';
import type { Tumour } from '../../../core/model/index.ts';
import { CONTENT_MODELS, ICD10, MEETING, RCP_IDS } from '../content/index.ts';
import { hl7Time } from '../hl7-time.ts';
import type { TypeCode } from '../models.ts';
import { coded, person } from '../n1-parties.ts';
import { headerOf, type HeaderRequest } from '../write-n1.ts';
import { element, textElement } from '../xml-text.ts';
import { participant } from './actors.ts';
import { ppsBody } from './pps.ts';
import { rcpBody, tumoursOf } from './rcp.ts';
import { codedElement, Writer } from './sections.ts';

/** What an N1 needs, without a part: `document.rcp` or `document.pps` is the content. */
export interface N3Request extends HeaderRequest {
  /** Version of the model that the receiver takes; default: the newest known. */
  readonly modelVersion?: string;
}

/** A `PartSource` that is text alone. */
export interface N3Source {
  readonly pieces: readonly [string];
  readonly mime: string;
}

const writable = (kind: 'rcp' | 'pps') => CONTENT_MODELS.filter((one) => one.kind === kind && one.tumourCode && one.problemCode);
/** Versions of the model of an FRCP (`rcp`) or a PPS that can be written, oldest first. */
export const writableVersions = (kind: 'rcp' | 'pps'): readonly string[] => writable(kind).map(({ version }) => version);

/**
 * Throws as `writeN1`, ERR_DOCUMENT_REWRITE when its CDA said more than was read, and ERR_DOCUMENT_INCOMPLETE for a document with neither FRCP nor PPS content, for an FRCP without the three national
 * ids of its meeting (its header is none without them), and for a version that is not known.
 */
export function writeN3(request: N3Request): N3Source {
  const { document, timeZone, modelVersion } = request;
  const kind = document.rcp ? 'rcp' : document.pps ? 'pps' : undefined;
  if (!kind) throw incomplete('/document/rcp', 'the content of an FRCP or a PPS');
  if (document.unread)
    throw new PasserelleError('ERR_DOCUMENT_REWRITE', {
      location: { path: '/document/unread' },
      expected: 'a document that was read whole',
      found: document.unread.join(', '),
    });
  const model = writable(kind).findLast((one) => modelVersion === undefined || one.version === modelVersion);
  if (!model) throw incomplete('/document/modelVersion', 'a version of the model that is known');
  const writer = new Writer(model, request.ids?.id ?? document.id ?? '', timeZone);
  const actors = (kind === 'rcp' ? document.rcp?.participants : document.pps?.contacts) ?? [];
  const header = headerOf(request, document, {
    model,
    participants: actors.map((actor) => participant(writer, actor)).join(''),
    ...(document.rcp && { services: services(request, tumoursOf(document.rcp)), encounter: meeting(request) }),
  });
  const body = document.rcp ? rcpBody(writer, document.rcp) : ppsBody(writer, document.pps!);
  const start =
    '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">';
  return { pieces: [`${start}${header}<component><structuredBody>${body}</structuredBody></component></ClinicalDocument>`], mime: 'text/xml' };
}

const incomplete = (path: string, expected: string): PasserelleError =>
  new PasserelleError('ERR_DOCUMENT_INCOMPLETE', { location: { path }, expected });

/** The meeting, then each tumour: one whose ICD-10 is not known keeps its place. */
function services({ document, timeZone, practiceSetting, author }: N3Request, tumours: readonly Tumour[]): string {
  const start = hl7Time(document.date ?? document.rcp?.date, timeZone);
  const performer = author ?? document.participants?.find(({ role }) => role === 'author');
  const act = (...content: readonly (string | undefined)[]): string =>
    element('documentationOf', {}, element('serviceEvent', { classCode: 'ACT' }, ...content));
  return [
    act(
      coded('code', MEETING),
      start && element('effectiveTime', {}, element('low', { value: start })),
      performer && practiceSetting && element('performer', { typeCode: 'PRF' }, person('assignedEntity', performer, practiceSetting)),
    ),
    ...tumours.map(({ icd10 }) =>
      act(icd10?.code === undefined ? element('code', { nullFlavor: 'UNK', codeSystem: ICD10 }) : codedElement('code', icd10, undefined, false)),
    ),
  ].join('');
}

function meeting({ document, timeZone, facilityType }: N3Request): string {
  const { ids, date, setting, facility } = document.rcp ?? {};
  const id = (root: string, extension: string | undefined): string => element('id', { root, extension });
  const national = (['network', 'manager', 'rcp'] as const).map((name) => {
    if (ids?.[name] === undefined) throw incomplete(`/document/rcp/ids/${name}`, 'a national id of the RCP');
    return id(RCP_IDS[name], ids[name]);
  });
  const start = hl7Time(date, timeZone);
  const type: TypeCode | undefined = facilityType;
  return element(
    'componentOf',
    {},
    element(
      'encompassingEncounter',
      {},
      ...national,
      ids?.sessionSystem === undefined ? undefined : id(ids.sessionSystem, ids.session),
      ...(ids?.local ?? []).map(({ root = '', extension }) => id(root, extension)),
      setting && codedElement('code', setting, undefined, false),
      element('effectiveTime', start ? {} : { nullFlavor: 'UNK' }, start && element('low', { value: start })),
      element(
        'location',
        {},
        element(
          'healthCareFacility',
          {},
          facility?.idSystem === undefined ? undefined : id(facility.idSystem, facility.id),
          facility?.type ? codedElement('code', facility.type, undefined, false) : type && coded('code', type),
          element(
            'location',
            {},
            textElement('name', facility?.name) ?? element('name', { nullFlavor: 'UNK' }),
            facility?.address === undefined
              ? element('addr', { nullFlavor: 'NAV' })
              : element('addr', {}, textElement('streetAddressLine', facility.address)),
          ),
        ),
      ),
    ),
  );
}

/** Document messages for tests: an invented patient, a CDA as small as the codec reads one, and the flags of the guide. */
import type { DecodeResult } from '../../../core/contract/index.ts';
import { PLATFORM_FLAGS } from '../flags.ts';
import { decode, INS, INS_OID, SITE } from './messages.ts';

export const DOCUMENT_ID = '1.2.250.1.999.92.1';

export interface CdaParts {
  readonly id?: string;
  readonly level?: 'N1' | 'N3';
  readonly ids?: string;
  readonly confidentiality?: string;
  readonly cog?: string;
  /** Between the confidentiality and the patient: setId, versionNumber. */
  readonly version?: string;
  readonly related?: string;
}

export const cda = ({
  id = DOCUMENT_ID,
  level = 'N3',
  ids,
  confidentiality = 'N',
  cog = '64102',
  version = '',
  related = '',
}: CdaParts = {}): string =>
  Buffer.from(
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>' +
      `<id root="${id}"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><confidentialityCode code="${confidentiality}"/>${version}` +
      `<recordTarget><patientRole>${ids ?? `<id root="${INS_OID}" extension="${INS}"/>`}<patient><name><family qualifier="BR">ÉTREZAC</family>` +
      '<given>ANNE-LISE</given></name><administrativeGenderCode code="F"/><birthTime value="19750612"/>' +
      `<birthplace><place><addr><county>${cog}</county></addr></place></birthplace></patient></patientRole></recordTarget>` +
      (related && `<relatedDocument typeCode="RPLC"><parentDocument><id root="${related}"/></parentDocument></relatedDocument>`) +
      `<component>${level === 'N1' ? '<nonXMLBody><text>x</text></nonXMLBody>' : '<structuredBody/>'}</component></ClinicalDocument>`,
  ).toString('base64');

/** All ten, in order, with what a test changes: `null` leaves one out. */
export const flagLines = (values: Readonly<Record<string, string | null>> = {}, type = 'CWE'): string[] =>
  PLATFORM_FLAGS.flatMap((code) => {
    const value = values[code] === undefined ? 'N' : values[code];
    return value === null ? [] : [`OBX|9|${type}|${code}^libellé^MetaDMPMSS||${value}^^expandedYes-NoIndicator||||||F`];
  });

const PATIENT =
  `PID|||${INS}^^^ASIP-SANTE-INS-NIR&${INS_OID}&ISO^INS^^20101207||ÉTREZAC^ANNE-LISE^ANNE-LISE^^^^L||19750612|F|||` +
  '^^PAU^^64000^FRA^H~^^^^^^BDL^^64102|||||||405660^^^GAM^AN||||||||||||||VALI';

export interface MessageParts {
  readonly event?: 'T02' | 'T10' | 'T04' | 'R01';
  readonly conformance?: string;
  readonly orc?: string;
  readonly obx11?: string;
  readonly documents?: readonly string[];
  readonly txa12?: string;
  readonly txa13?: string;
  readonly participants?: readonly string[];
  readonly rest?: readonly string[];
  /** Version 2.0 and LPS 1.0 have none. */
  readonly orders?: boolean;
}

export function documentLines(parts: MessageParts = {}): string[] {
  const { event = 'T02', conformance = '2.1^CISIS_CDA_HL7_V2', documents = [cda()], participants = [], rest = flagLines(), orders = true } = parts;
  const action = { T02: ['NW', 'F'], R01: ['NW', 'F'], T10: ['RO', 'C'], T04: ['CA', 'D'] }[event];
  const isOru = event === 'R01';
  const type = isOru ? 'ORU^R01^ORU_R01' : `MDM^${event}^MDM_T02`;
  const code = '34794-8^Fiche RCP^LN';
  return [
    `MSH|^~\\&|GAM|CH|DCC|DCC|20261001081500||${type}|M1|T|${isOru ? '2.5' : '2.6'}|||||FRA|UNICODE UTF-8|||${conformance}`,
    ...(isOru ? [] : ['EVN||20261001081500']),
    PATIENT,
    'PV1|1|I',
    ...(orders ? [`ORC|${parts.orc ?? action[0]}|D1`, `OBR|1|D1||${code}`] : []),
    ...(isOru ? [] : [`TXA|1|34794-8|TEXT|20261001||||||||${parts.txa12 ?? DOCUMENT_ID}|${parts.txa13 ?? ''}||||AU`]),
    ...documents.flatMap((one, i) => [
      `OBX|${i + 1}|ED|${code}||^text^XML^Base64^${one}||||||${parts.obx11 ?? action[1]}`,
      ...(i === 0 ? participants : []),
    ]),
    ...rest,
  ];
}

export const decodeDocument = (parts: MessageParts = {}, settings = SITE): DecodeResult => decode(documentLines(parts), settings);
export const codesOf = ({ warnings }: DecodeResult): string[] => warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code));

/**
 * Documents: MDM^T02 (HL7 2.6, "CDA in HL7v2" 2.1) with a CDA R2 N1 around a PDF whose stream is random bytes, new in each message, so that
 * neither compression nor deduplication gains anything. The checksum of the body is in the document's id: the receiver sees damage and mixing up.
 */
import { randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { cda } from '../../plugins/app-sandbox/index.ts';
import { head, identity, type Made, type Source } from './adt.ts';
import { BIRTH_PLACE, INS_OID, IPP_OID, person } from './people.ts';
import { DOCUMENT_ROOT, isoTimeOf, timeOf } from './numbering.ts';

const TITLE = 'CR de réunion de concertation pluridisciplinaire';
const CODE = `34794-8^${TITLE}^LN`;
const FLAGS = [
  ['MASQUE_PS', 'N'],
  ['INVISIBLE_PATIENT', 'Y'],
  ['INVISIBLE_REP_LEGAUX', 'N'],
  ['CONNEXION_SECRETE', 'N'],
  ['MODIF_CONF_CODE', 'N'],
  ['DESTDMP', 'N'],
  ['DESTMSSANTEPS', 'Y'],
  ['DESTMSSANTEPAT', 'N'],
  ['ACK_RECEPTION', 'N'],
  ['ACK_LECTURE_MSS', 'N'],
] as const;
const AFTER =
  '||||||F\r' +
  'PRT||UC||SB^Send by^participation|899700700018^TESTMED^CAMILLE^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|||' +
  'CH FICTIF^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEG^^^1990001018\r' +
  'PRT||UC||RCT^Result Copies To^participation|899705500025^TESTARD^LEA^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS||||||||||' +
  '^^X.400^lea.testard@test-ci-sis.mssante.fr\r' +
  FLAGS.map(([name, value], i) => `OBX|${i + 2}|CWE|${name}^libellé^MetaDMPMSS||${value}^^expandedYes-NoIndicator||||||F\r`).join('') +
  '\x1c\r';
/** Bytes of a message around the body, about: what is left of the wanted size is filled. */
const AROUND_BYTES = 8_000;

/** A PDF of one page without text, and a stream that nothing shows: where the stream is, to fill it anew. */
function pdfWith(bytes: number): { readonly pdf: Buffer; readonly stream: Buffer } {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>',
  ];
  const offsets: number[] = [];
  let before = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  for (const [i, object] of objects.entries()) {
    offsets.push(before.length);
    before += `${i + 1} 0 obj\n${object}\nendobj\n`;
  }
  offsets.push(before.length);
  before += `4 0 obj\n<< /Length ${bytes} >>\nstream\n`;
  const end = '\nendstream\nendobj\n';
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const xref = before.length + bytes + end.length;
  const after = `${end}xref\n0 5\n0000000000 65535 f \n${table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  const pdf = Buffer.concat([Buffer.from(before, 'latin1'), Buffer.alloc(bytes), Buffer.from(after, 'latin1')]);
  return { pdf, stream: pdf.subarray(before.length, before.length + bytes) };
}

/**
 * The patients take turns. A frame is good until the next one: one message is in flight, so the same memory serves them all.
 * @param bytes size of a message, about. The PDF is in Base64 twice: in the CDA, and with it in OBX-5.
 */
export function mdmSource(patients: readonly number[], prefix: string, bytes: number): Source {
  let turn = 0;
  const { pdf, stream } = pdfWith(Math.max(64, Math.floor(((bytes - AROUND_BYTES) * 9) / 16)));
  const document = Buffer.alloc(pdf.length * 1.4 + AROUND_BYTES);
  const frame = Buffer.alloc(document.length * 1.4 + AROUND_BYTES);

  const writeDocument = (id: string, number: number, patient: number): string => {
    const p = person(patient);
    const around = Buffer.from(
      cda({
        id,
        setId: `1.2.250.1.999.1.8.${number}`,
        version: 1,
        code: '34794-8',
        title: TITLE,
        at: isoTimeOf(number),
        person: { ...p, insOid: INS_OID, birthPlaceCog: BIRTH_PLACE },
        patientIds: [{ root: IPP_OID, extension: p.ipp }],
        custodian: { finess: '990001018', name: 'CH FICTIF' },
        body: { mime: 'application/pdf', bytes: new Uint8Array() },
      }),
    ).toString();
    const body = around.indexOf('</text></nonXMLBody>');
    let end = document.write(around.slice(0, body));
    end += document.write(pdf.toString('base64'), end, 'latin1');
    end += document.write(around.slice(body), end);
    return document.toString('base64', 0, end);
  };

  return {
    next: (number): Made => {
      const patient = patients[turn++ % patients.length]!;
      const [at, controlId] = [timeOf(number), `${prefix}${number}`];
      randomFillSync(stream);
      const id = `${DOCUMENT_ROOT}.${crc32(pdf)}.${number}`;
      let end = frame.write(
        `\x0b${head('MDM^T02^MDM_T02', '2.6', '2.1^CISIS_CDA_HL7_V2', controlId, at)}EVN||${at}\r` +
          `${identity(patient)}||||||||||||||||||||VALI\r` +
          `PV1|1|I|ONCO||||||||||||||||V${number}^^^CH-FICTIF&330000001&M^VN\rORC|NW\rOBR|1|||${CODE}\r` +
          `TXA|1|34794-8|TEXT|${at}||||||||${id}|||||AU\rOBX|1|ED|${CODE}||^text^XML^Base64^`,
      );
      end += frame.write(writeDocument(id, number, patient), end, 'latin1');
      end += frame.write(AFTER, end);
      return { controlId, frame: frame.subarray(0, end) };
    },
  };
}

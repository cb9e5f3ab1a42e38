/** A CDA N1 is no better than what it wraps. */
import { expect } from 'chai';
import type { DecodeResult, Envelope } from '../../../core/contract/index.ts';
import { plugin as cda } from '../../codec-cda-reader/index.ts';
import { n1Body, SYNTHETIC_PDF, syntheticCda } from '../../codec-cda/test/synthetic.ts';
import { codec } from '../../codec-hl7v2/index.ts';
import { decodeFr, NATIONAL_PROFILE } from '../index.ts';
import { contextOf, dataOf, header, pid, SITE } from './messages.ts';

const settings = { ...SITE, identityAuthorities: [{ namespace: 'GAM', oid: '1.2.250.1.999.10.1', type: 'PI', domain: 'gam', use: 'IPP' as const }] };
const PATIENT = pid({ 3: '0004512387^^^GAM&1.2.250.1.999.10.1&ISO^PI', 5: 'FAUXVILLE^ÉLODIE^ÉLODIE MARIE^^^^L', 7: '19580314' });
const open = (text: string): Envelope =>
  codec.open(Buffer.from(text), {
    charsetFallback: 'windows-1252',
    readDocument: (content, mime) => (cda.document!.recognises(mime, content) ? cda.document!.read(content) : undefined),
  }).envelope;

function received(body: string, [order, result]: readonly [string, string] = ['NW', 'F']): DecodeResult {
  const content = Buffer.from(syntheticCda({ body })).toString('base64');
  const lines = [
    header('ORU^R01^ORU_R01'),
    PATIENT,
    'PV1|1|N',
    `ORC|${order}|4711`,
    'OBR|1|4711||34794-8^CR de RCP^LN',
    `OBX|1|ED|34794-8^CR de RCP^LN||^TEXT^XML^Base64^${content}||||||${result}`,
  ];
  return decodeFr(open(`${lines.join('\r')}\r`), contextOf(settings), NATIONAL_PROFILE);
}
const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString('base64');

describe('the document within a CDA N1', () => {
  const reference = '<nonXMLBody><text mediaType="application/pdf"><reference value="http://x/y.pdf"/></text></nonXMLBody>';
  const bad: Readonly<Record<string, readonly [body: string, code: string]>> = {
    'cut before its end': [n1Body(base64(SYNTHETIC_PDF.subarray(0, SYNTHETIC_PDF.length - 20))), 'ERR_DOCUMENT_UNREADABLE'],
    'no Base64': [n1Body('%%% not base64 %%%'), 'ERR_DOCUMENT_UNREADABLE'],
    'no PDF though it is said to be one': [n1Body(base64('Ceci est un texte')), 'ERR_DOCUMENT_UNREADABLE'],
    empty: [n1Body(''), 'ERR_DOCUMENT_MISSING'],
    'somewhere else': [reference, 'ERR_DOCUMENT_MISSING'],
    'not there at all': ['<nonXMLBody/>', 'ERR_DOCUMENT_MISSING'],
  };
  for (const [title, [body, code]] of Object.entries(bad))
    it(`B9: that is ${title} is refused as it would be alone, as a new document and as a replacement`, () => {
      for (const action of [
        ['NW', 'F'],
        ['RO', 'C'],
      ] as const) {
        const found = received(body, action);
        expect([found.decision, found.error?.code, found.events.length]).to.deep.equal(['reject', code, 0]);
      }
    });

  it('B4: keeps no deletion from being one', () => {
    for (const [body] of Object.values(bad))
      expect(dataOf(received(body, ['CA', 'D']), 'dcc.document.deleted').document).to.include({ id: '1.2.250.1.999.1.2' });
  });

  it('B9: that is whole is taken', () => {
    expect(received(n1Body()).events).to.have.length(1);
  });
});

/** Letters in clear (FT, TX): what a doctor wrote arrives whole, or the message waits. */
import { expect } from 'chai';
import type { DecodeResult } from '../../../core/contract/index.ts';
import { encodeFr, NATIONAL_PROFILE } from '../index.ts';
import { codesOf } from './documents.ts';
import { contextOf, dataOf, decode, header, open, pid, SITE } from './messages.ts';

const lines = (texts: readonly string[], type = 'FT'): string[] => [
  header('ORU^R01^ORU_R01'),
  pid(),
  'PV1|1|N',
  'ORC|NW|1',
  'OBR|1|1||34794-8^CR^LN',
  ...texts.map((text, i) => `OBX|${i + 1}|${type}|34794-8^CR^LN||${text}||||||F`),
];
const letter = (texts: readonly string[], type?: string): DecodeResult => decode(lines(texts, type));
const textOf = (found: DecodeResult): unknown => dataOf(found, 'dcc.document.received').document['text'];
const LARGE = 'x'.repeat(17_000);

describe('a letter in clear', () => {
  it('B9: keeps what stands after an ampersand or a caret that nobody escaped, and says that one was there', () => {
    for (const type of ['FT', 'TX'])
      for (const text of ['Chimio & radiothérapie contre-indiquée', 'stade T1^N0, pas de chimiothérapie', 'a & b ^ c & d']) {
        const found = letter(['Conclusion :', text], type);
        expect(textOf(found)).to.equal(`Conclusion :\n${text}`);
        expect(codesOf(found)).to.include('text-raw-separator');
        expect(found.decision).to.equal('accept-with-warning');
      }
    const clean = letter(['T1 \\T\\ N0 \\S\\ M0~suite']);
    expect(textOf(clean)).to.equal('T1 & N0 ^ M0\nsuite');
    expect(codesOf(clean)).to.deep.equal([]);
  });

  it('B1: of several lines, each with a code of its own, is what its order says', () => {
    const more = 'OBX|2|FT|TECH^Technique^GAM||Scanner||||||F';
    const found = decode([...lines(['Texte']).map((line) => line.replace('OBX|1|FT|34794-8^CR^LN', 'OBX|1|FT|IND^Indication^GAM')), more]);
    expect(dataOf(found, 'dcc.document.received').document).to.include({ canonicalType: 'FRCP', text: 'Texte\nScanner' });
  });

  it('B9: leaves as it was written', () => {
    const { data } = letter(['Chimio & radiothérapie^contre-indiquée']).events[0]!;
    const event = { id: 'e', source: '', time: '2026-10-15T08:00:00Z', site: SITE.site, type: 'dcc.document.received', data };
    const sent = encodeFr({ event, parts: [] }, contextOf(), NATIONAL_PROFILE);
    expect(sent.outcome === 'message' && sent.envelope.text).to.include('|Chimio \\T\\ radiothérapie\\S\\contre-indiquée|');
  });

  it('B9: above 16 KB is one content, whatever stands in it', () => {
    const found = letter([`${LARGE} & suite ^ fin~CONCLUSION`]);
    expect(dataOf(found, 'dcc.document.received').document['content']).to.include({ bytes: 17_000 + ' & suite ^ fin\nCONCLUSION'.length });
    expect(open(`${lines([`${LARGE} & suite`]).join('\r')}\r`).warnings.map(({ code }) => code)).to.include('text-raw-separator');
    expect(found.decision).to.equal('accept-with-warning');
  });

  it('B9: in several OBX of which one stands apart waits whole: never one of them without the others', () => {
    const [small, other] = ['CONCLUSION: arrêt du traitement', 'y'.repeat(17_000)];
    for (const texts of [
      [LARGE, small],
      [small, LARGE],
      [small, LARGE, small],
      [LARGE, other],
    ]) {
      const found = letter(texts);
      expect([found.decision, found.error?.code, found.events.length]).to.deep.equal(['quarantine', 'ERR_DOCUMENT_IN_PIECES', 0]);
    }
  });

  it('B9: says that a remark after the order or the letter is left out', () => {
    const [order, ...rest] = [lines(['Texte']).slice(0, 5), ...lines(['Texte']).slice(5)];
    for (const note of ['commentaire', LARGE])
      for (const noted of [
        [...order, `NTE|1||${note}`, ...rest],
        [...order, ...rest, `NTE|1||${note}`],
      ])
        expect(codesOf(decode(noted))).to.deep.equal(['note-left-out']);
    expect(codesOf(decode([...lines(['Texte']), 'NTE|1||""']))).to.deep.equal([]);
  });

  it('B9: says that a large observation beside it is left out, and takes Base64 of any type for a document of its own', () => {
    const beside = decode([...lines(['Texte']), `OBX|2|ST|CONCL^Conclusion^GAM||${LARGE}||||||F`, 'OBX|3|CE|X^Y^GAM||^étiquette||||||F']);
    expect(codesOf(beside)).to.include.members(['observation-left-out:ST', 'observation-left-out:CE']);
    const pdf = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
    const found = decode([...lines(['Texte']), `OBX|2|FT|34794-8^CR^LN||^application^pdf^Base64^${pdf}||||||F`]);
    expect(found.events.map(({ data }) => (data as { document: { mime: string } }).document.mime)).to.have.members(['text/plain', 'application/pdf']);
  });
});

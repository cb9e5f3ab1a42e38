import { hash } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { encodeBase64, type DocumentReading } from '../../../core/contract/index.ts';
import { open, parseHl7, restore } from '../index.ts';
import { decodeCarried } from '../base64.ts';
import { bytes, message, opened } from './fixtures.ts';

const PDF = bytes('%PDF-1.4 é\n%%EOF');
const document = (data: string, type = 'ED'): string => message({ rest: ['PID|1', `OBX|1|${type}|A||^application^pdf^Base64^${data}||||||F`] });

describe('documents inside a message', () => {
  it('leave the text and become parts, whatever their size', () => {
    const base64 = PDF.toString('base64');
    const raw = bytes(document(base64));
    const { envelope, parts } = opened(raw);
    expect(envelope.text).to.equal(document(''));
    expect(envelope.parts).to.deep.equal([
      { part: 'p1', at: 'OBX[1]-5.5', bytes: PDF.length, sha256: hash('sha256', PDF, 'hex'), mime: 'application/pdf', encoding: 'base64' },
    ]);
    expect(parts[0]).to.deep.include({ part: 'p1', canonical: true });
    expect(Buffer.from(parts[0]?.content ?? []).equals(PDF)).to.equal(true);
    expect(raw.subarray(parts[0]?.from, parts[0]?.to).toString()).to.equal(base64);
  });

  it('are found by type ED or by the word Base64, in any repetition, in order', () => {
    const data = PDF.toString('base64');
    const rest = [
      `OBX|1|ED|||^a^b^A^some text`,
      `OBX|2|ST|||^a^b^BASE64^${data}~^c^d^base64^QUJD`,
      'OBX|3|ED|||^a^b^Base64^',
      'OBX|4|ST|||^a^b^c^QUJD',
      'OBX|5|FT|||Base64',
    ];
    const { envelope, parts } = opened(message({ rest }));
    expect(envelope.parts.map(({ part, at, encoding }) => `${part} ${at} ${encoding}`)).to.deep.equal([
      'p1 OBX[1]-5.5 text',
      'p2 OBX[2]-5.5 base64',
      'p3 OBX[2]-5[2].5 base64',
    ]);
    expect(parts.map((part) => Buffer.from(part.content).toString().slice(0, 9))).to.deep.equal(['some text', '%PDF-1.4 ', 'ABC']);
    expect(parseHl7(envelope.text).get('OBX[2]-5[2].3')).to.equal('d');
    expect(parseHl7(envelope.text).get('OBX[4]-5.5')).to.equal('QUJD');
  });

  it('are shown to the reader of documents, unless they cannot be decoded', () => {
    const seen: string[] = [];
    const readDocument = (content: Uint8Array, mime: string): DocumentReading | undefined => {
      seen.push(`${mime} ${content.length}`);
      return { kind: 'pdf', pdfaMark: '1B' };
    };
    const found = open(bytes(document(PDF.toString('base64')) + 'OBX|2|ED|||^^^Base64^****\r'), { charsetFallback: '', readDocument });
    expect(seen).to.deep.equal([`application/pdf ${PDF.length}`]);
    expect(found.envelope.parts[0]?.read?.pdfaMark).to.equal('1B');
    expect(found.envelope.parts[1]).to.deep.include({ damage: 'invalid', bytes: 0 });
    expect(found.envelope.parts[1]).not.to.have.property('read');
  });

  it('are decoded though folded or without padding, and refused when they are not Base64', () => {
    const data = PDF.toString('base64');
    const folded = data.replaceAll(/.{8}/g, '$&\\.br\\');
    const [folding, spaces, unpadded, overpadded, cut, foreign] = [
      folded,
      `${data.slice(0, 7)} \\.br\\\t${data.slice(7)}`,
      data.replace(/=+$/, ''),
      `${data}==`,
      data.slice(0, 9),
      `${data.slice(0, 8)}?${data.slice(8)}`,
    ].map((value) => opened(document(value)));
    for (const found of [folding, spaces]) {
      expect(found?.envelope.parts[0]).not.to.have.property('damage');
      expect(found?.parts[0]?.canonical).to.equal(false);
    }
    for (const found of [unpadded, overpadded]) expect(found?.envelope.parts[0]?.damage).to.equal('padding');
    for (const found of [folding, spaces, unpadded, overpadded]) expect(Buffer.from(found?.parts[0]?.content ?? []).equals(PDF)).to.equal(true);
    for (const found of [cut, foreign]) expect(found?.envelope.parts[0]?.damage).to.equal('invalid');
  });

  it('may be folded over real line ends', () => {
    const raw = bytes(document(PDF.toString('base64').replaceAll(/.{8}/g, '$&\r\n')));
    const found = opened(raw);
    expect(Buffer.from(found.parts[0]?.content ?? []).equals(PDF)).to.equal(true);
    expect(found.envelope.text).to.equal(document(''));
    expect(found.envelope.warnings.map((warning) => warning.code)).to.deep.equal(['line-break-in-field']);
    expect(restore(found).equals(raw)).to.equal(true);
  });

  it('are known by their bytes, not by what is announced', () => {
    const cases: readonly (readonly [content: string | Buffer, mime: string])[] = [
      ['%PDF-1.7', 'application/pdf'],
      ['<?xml version="1.0"?><!-- c --><ClinicalDocument xmlns="urn:hl7-org:v3">', 'text/xml'],
      ['\ufeff<cda:ClinicalDocument>', 'text/xml'],
      [Buffer.from('\ufeff<ClinicalDocument>', 'utf16le'), 'text/xml'],
      ['<note/>', 'text/xml'],
      ['<!DOCTYPE html><html>', 'text/html'],
      ['{\\rtf1 x}', 'text/rtf'],
      [Buffer.from('ffd8ffe0', 'hex'), 'image/jpeg'],
      [Buffer.from('89504e470d0a1a0a', 'hex'), 'image/png'],
      [Buffer.from('49492a00', 'hex'), 'image/tiff'],
      ['Cher confrère,\r\nvoici', 'text/plain'],
      [Buffer.from('Cher confr\xe8re', 'latin1'), 'text/plain'],
      [Buffer.from([1, 2, 3, 255]), 'application/octet-stream'],
    ];
    for (const [content, mime] of cases)
      expect(opened(document(Buffer.from(content as string).toString('base64'))).envelope.parts[0]?.mime, mime).to.equal(mime);
  });

  it('are joined by any other value above 16 KB, in clear', () => {
    const long = `été \\T\\ ${'x'.repeat(20_000)}`;
    const raw = bytes(message({ rest: ['PID|1', `NTE|1||${long}|RE`, `OBX|1|ST|A||${long}~short^${long}^end`, `ZZZ|${long}`] }));
    const found = opened(raw);
    expect(found.envelope.parts.map(({ at, encoding }) => `${at} ${encoding}`)).to.deep.equal([
      'NTE[1]-3 text',
      'OBX[1]-5 text',
      'OBX[1]-5[2].2 text',
      'ZZZ[1]-1 text',
    ]);
    expect(Buffer.from(found.parts[0]?.content ?? []).toString()).to.equal(long.replace('\\T\\', '&'));
    expect(found.envelope.text).to.equal(message({ rest: ['PID|1', 'NTE|1|||RE', 'OBX|1|ST|A||~short^^end', 'ZZZ|'] }));
    expect(restore(found).equals(raw)).to.equal(true);
  });

  it('B9: a text above 16 KB is one part, with all that stands after a separator in it, and this is said', () => {
    const long = 'x'.repeat(20_000);
    const raw = bytes(
      message({ rest: ['PID|1', `OBX|1|FT|A||${long} & suite ^ fin~ligne \\T\\||F`, `OBX|2|tx|A||${long}`, 'OBX|3|ED|A||^text^plain^A^T1^N0 & M0'] }),
    );
    const found = opened(raw);
    expect(found.envelope.parts.map(({ at }) => at)).to.deep.equal(['OBX[1]-5', 'OBX[2]-5', 'OBX[3]-5.5']);
    expect(found.parts.map(({ content }) => Buffer.from(content).toString())).to.deep.equal([`${long} & suite ^ fin\nligne &`, long, 'T1^N0 & M0']);
    expect(found.envelope.text).to.equal(message({ rest: ['PID|1', 'OBX|1|FT|A||||F', 'OBX|2|tx|A||', 'OBX|3|ED|A||^text^plain^A^'] }));
    expect(found.envelope.warnings).to.deep.equal([
      { code: 'text-raw-separator', location: { hl7: 'OBX[1]-5' } },
      { code: 'text-raw-separator', location: { hl7: 'OBX[3]-5.5' } },
    ]);
    expect(restore(found).equals(raw)).to.equal(true);
  });

  it('are numbered in the order they stand in, large values among them', () => {
    const found = opened(message({ rest: [`OBX|1|ED|${'x'.repeat(20_000)}||^a^b^Base64^QUJD`] }));
    expect(found.envelope.parts.map(({ part, at }) => `${part} ${at}`)).to.deep.equal(['p1 OBX[1]-3', 'p2 OBX[1]-5.5']);
    expect(found.envelope.text).to.equal(message({ rest: ['OBX|1|ED|||^a^b^Base64^'] }));
  });

  it('in clear are given in UTF-8 with LF, whatever carried them', () => {
    const long = `été${'x'.repeat(20_000)}`;
    const latin = opened(Buffer.from(message({ charset: '8859/1', rest: [`NTE|1||${long}`] }), 'latin1'));
    expect(Buffer.from(latin.parts[0]?.content ?? []).toString()).to.equal(long);
    expect(latin.parts[0]?.canonical).to.equal(false);
    const broken = opened(message({ rest: [`NTE|1||${long}`, 'second line'] }));
    expect(Buffer.from(broken.parts[0]?.content ?? []).toString()).to.equal(`${long}\nsecond line`);
    expect(broken.parts[0]?.canonical).to.equal(false);
  });

  it('of 30 MB are opened without harm', () => {
    const content = Buffer.alloc(30_000_000, 'Passerelle ');
    const found = opened(
      Buffer.concat([bytes('MSH|^~\\&|A|B|C|D|2026||MDM^T02^MDM_T02|1\rOBX|1|ED|||^a^b^Base64^'), encodeBase64(content), bytes('||||||F\r')]),
    );
    expect(found.envelope.parts[0]?.bytes).to.equal(content.length);
    expect(found.parts[0]?.canonical).to.equal(true);
    expect(found.envelope.text.length).to.be.below(200);
  });

  it('decode to what was encoded, however long and however folded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 20 }), fc.constantFrom('', '\r\n', '\n ', '\\.br\\'), (content, width, fold) => {
        const carried = encodeBase64(content).toString('latin1');
        expect(carried).to.equal(Buffer.from(content).toString('base64'));
        const folded = width ? carried.replaceAll(new RegExp(`.{${width}}`, 'g'), `$&${fold}`) : carried;
        const decoded = decodeCarried(bytes(folded), '\\');
        expect([...decoded.content]).to.deep.equal([...content]);
        expect(decoded.canonical).to.equal(folded === carried);
        expect(decoded.damage).to.equal(undefined);
      }),
    );
  });
});

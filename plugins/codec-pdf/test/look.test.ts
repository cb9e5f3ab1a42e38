import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { asyncProperty, assert, array, integer, sample, tuple, uint8Array } from 'fast-check';
import PdfWriter from 'pdfkit';
import { payloadOf, readPayload } from '../../codec-ins-datamatrix/index.ts';
import { ESTREMOY, qualified } from '../../codec-ins-datamatrix/test/people.ts';
import { plugin, writeLetter } from '../index.ts';
import { LOOK_LIMITS, look, type LookLimits } from '../look.ts';
import { openPdf } from '../pdfium.ts';
import { picture, png } from './picture.ts';

const LIMITS: LookLimits = { timeoutMs: 30_000, bytes: 10_000_000, pages: 3, pixels: 10_000_000, pagePixels: 1_000_000, dotsPerInch: 220 };
const ESTREMOY_CODE = payloadOf(ESTREMOY, 'production');
const fixture = (name: string): Buffer => readFileSync(path.resolve(import.meta.dirname, '../../../../plugins/codec-pdf/test/fixtures', name));

function pdfOf(options: PDFKit.PDFDocumentOptions, draw: (pdf: PDFKit.PDFDocument) => void = () => {}): Promise<Buffer> {
  const pdf = new PdfWriter(options);
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    draw(pdf);
    pdf.end();
  });
}

describe('reading the INS datamatrix of an image', () => {
  it('property: gives the identity of every code on a page, whoever, however turned, at two pixels a module and more', async () => {
    const angles = [0, 90, 180, 270, 7, -30];
    const people = sample(qualified, { numRuns: 12, seed: 7 });
    for (let page = 0; page < people.length / angles.length; page++) {
      const texts = people.slice(page * angles.length, (page + 1) * angles.length).map((patient) => payloadOf(patient, 'production'));
      const placed = texts.map((text, i) => ({
        text,
        x: 300 + 560 * (i % 3),
        y: 300 + 560 * Math.floor(i / 3),
        module: 2.5 + page,
        degrees: angles[i] ?? 0,
      }));
      const { datamatrix = [] } = await look(await picture(1720, 1160, placed, 80));
      const found = datamatrix.map(({ ins, error }) => ins ?? error);
      expect(found).to.have.deep.members(texts.map(readPayload));
    }
  });

  it('reads a scan of 130 dots an inch, whose modules are two pixels', async () => {
    const { datamatrix } = await look(await picture(300, 200, [{ text: ESTREMOY_CODE, x: 150, y: 100, module: 2.15 }], 60));
    expect(datamatrix).to.deep.equal([{ page: 1, ins: readPayload(ESTREMOY_CODE) }]);
  });

  it('reads a JPEG', async () => {
    expect(await look(fixture('scan-150dpi.jpg'))).to.deep.equal({ kind: 'image', datamatrix: [{ page: 1, ins: readPayload(ESTREMOY_CODE) }] });
  });

  it('says what is wrong with an INS code, and nothing of what another kind of code holds', async () => {
    const { datamatrix } = await look(
      await picture(900, 300, [
        { text: ESTREMOY_CODE.replace('S5F', 'S5Z'), x: 150, y: 150, module: 4 },
        { text: '0103400930000120172812311012345', x: 450, y: 150, module: 4 },
        { text: ESTREMOY_CODE, x: 750, y: 150, module: 4 },
      ]),
    );
    expect(datamatrix?.map(({ ins, error }) => ins?.ins ?? error?.location?.path ?? 'other')).to.have.members(['S5', 'other', ESTREMOY.ins]);
    expect(JSON.stringify(datamatrix)).not.to.include('10345');
  });

  it('finds none where there is none', async () => {
    expect(await look(await picture(200, 200, [], 200))).to.deep.equal({ kind: 'image' });
  });

  it('decodes nothing that announces more pixels than the limit, or none', async () => {
    const bomb = png(Buffer.alloc(100), 10, 10, { width: 100_000, height: 100_000 });
    expect((await look(bomb, LIMITS)).unreadable).to.equal('more than 10000000 pixels');
    expect((await look(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), LIMITS)).unreadable).to.equal('its header says no size');
    const jpeg = (...bytes: number[]): Buffer => Buffer.from([0xff, 0xd8, 0xff, ...bytes]);
    expect((await look(jpeg(0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3), LIMITS)).unreadable).to.match(/^more than/);
    expect((await look(jpeg(0xe0, 0xff, 0xff, 0), LIMITS)).unreadable).to.equal('its header says no size');
  });
});

describe('looking at a PDF', () => {
  const letter = (text = 'Texte', patient: object = ESTREMOY): Promise<Buffer> =>
    writeLetter(
      { patient, document: { canonicalType: 'OTHER', title: 'Lettre', text } },
      { environment: 'production', now: '2026-03-14T10:30:00.000Z' },
    );

  it('property: reads back the datamatrix that we wrote, whoever the patient', async () => {
    for (const patient of sample(qualified, { numRuns: 3, seed: 11 })) {
      const { datamatrix } = await look(await letter('Texte', patient));
      expect(datamatrix).to.deep.equal([{ page: 1, ins: readPayload(payloadOf(patient, 'production')) }]);
    }
  });

  it('says version, pages, title and PDF/A claim', async () => {
    const { datamatrix: _, ...facts } = await look(await letter('ligne\n'.repeat(100)));
    expect(facts).to.deep.equal({ kind: 'pdf', pdfaMark: '1B', version: '1.4', pages: 2, title: 'Lettre' });
  });

  it('searches the first pages only of a long one, and says so', async () => {
    const long = await pdfOf({}, (pdf) => [1, 2, 3, 4].forEach(() => pdf.addPage()));
    expect(await look(long, LIMITS)).to.deep.include({ pages: 5, searched: 3 });
  });

  it('opens an encrypted one that needs no password, and says of the other that it needs one', async () => {
    expect(await look(await pdfOf({ ownerPassword: 'x', pdfVersion: '1.7' }))).to.deep.include({ encrypted: true, pages: 1 });
    expect(await look(await pdfOf({ userPassword: 'x', pdfVersion: '1.7' }))).to.deep.include({
      encrypted: true,
      unreadable: 'a password is needed to open it',
    });
  });

  it('draws a page of any size within the limit', async () => {
    expect(await look(await pdfOf({ size: [14_400, 14_400] }), LIMITS)).to.deep.include({ pages: 1 });
    expect(await look(await pdfOf({ size: [1, 14_400] }), LIMITS)).to.deep.include({ pages: 1 });
  });

  it('ends a look that takes too long, and survives a reader that breaks', async () => {
    const content = await letter();
    expect((await look(content, { ...LIMITS, timeoutMs: 1 })).unreadable).to.equal('still at work after 1 ms');
    expect((await look(content, LIMITS, '/nowhere.js')).unreadable).to.equal('it breaks the reader');
    expect((await look(content, { ...LIMITS, bytes: 1000 })).unreadable).to.equal('more than 1000 bytes');
  });

  it('B9: looks at one document at a time, however many are asked for at once: the memory of one is all that it takes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'look-'));
    const file = path.join(folder, 'alone.mjs');
    // It is ended before it cleans up: the answer comes last.
    writeFileSync(
      file,
      `import { mkdirSync, rmdirSync } from 'node:fs'; import { parentPort } from 'node:worker_threads';
       const at = ${JSON.stringify(path.join(folder, 'busy'))}; mkdirSync(at); await new Promise((go) => setTimeout(go, 50)); rmdirSync(at);
       parentPort.postMessage({ codes: [] });`,
    );
    const content = await letter();
    const seen = await Promise.all([1, 2, 3, 4].map(() => look(content, LIMITS, file)));
    rmSync(folder, { recursive: true });
    expect(seen.map(({ unreadable }) => unreadable)).to.deep.equal([undefined, undefined, undefined, undefined]);
  });

  it('B9: a page of five metres is drawn smaller, an A3 is not', async () => {
    const drawn = async (size: [number, number]): Promise<readonly number[]> => {
      const pdf = await openPdf(await pdfOf({ size }));
      const { width, height } = typeof pdf === 'string' ? expect.fail(pdf) : pdf.draw(0, LOOK_LIMITS.dotsPerInch, LOOK_LIMITS.pagePixels)!;
      return [width, height];
    };
    expect(await drawn([14_400, 14_400])).to.deep.equal([3162, 3162]);
    expect(await drawn([842, 1191])).to.deep.equal([2572, 3639]);
  });

  it('says that a cut one, one without pages, or something else is unreadable', async () => {
    const content = await letter();
    expect((await look(content.subarray(0, 5000))).unreadable).to.equal('cut before its end: no %%EOF');
    expect((await look(Buffer.from('%PDF-1.4\nnothing\n%%EOF'))).unreadable).to.equal('no page can be made of it');
    expect((await look(Buffer.from('{\\rtf1 lettre}'))).unreadable).to.equal('neither a PDF nor a JPEG or PNG image');
  });

  it('property: says something of a PDF whatever happened to its bytes', async () => {
    const content = await letter();
    await assert(
      asyncProperty(
        array(tuple(integer({ min: 9, max: content.length - 1 }), uint8Array({ minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 30 }),
        async (changes) => {
          const damaged = Buffer.from(content);
          for (const [at, bytes] of changes) damaged.set(bytes.subarray(0, damaged.length - at), at);
          expect((await look(damaged, LIMITS)).kind).to.equal('pdf');
        },
      ),
      { numRuns: 5 },
    );
  });

  it('is offered for what it can draw', () => {
    const mimes = ['application/pdf', 'image/jpeg', 'image/png', 'image/tiff', 'text/rtf', 'text/plain', 'text/xml'];
    expect(mimes.map((mime) => plugin.viewer!.recognises(mime, Buffer.alloc(0)))).to.deep.equal([true, true, true, false, false, false, false]);
  });
});

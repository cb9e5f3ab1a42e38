/** PDF/A-1b proven by a validator of others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { sample, string } from 'fast-check';
import PdfWriter from 'pdfkit';
import { hasPreflight, preflight } from '../../../test/ground/index.ts';
import { ESTREMOY } from '../../codec-ins-datamatrix/test/people.ts';
import { writeLetter } from '../index.ts';
import { look } from '../look.ts';

const text = 'Cher confrère,\n\nRéponse complète → surveillance ; œdème ≤ 2 cm, β-HCG < 5 UI/L ✓\tflux, fibrose, suffisant 😀\n';
const letter = (patient: object, document: object): Promise<Buffer> =>
  writeLetter({ patient, document: { canonicalType: 'OTHER', text, ...document } }, { environment: 'production', now: '2026-03-14T10:30:00Z' });

describe('PDF/A-1b', function () {
  this.timeout(60_000);
  let folder: string;
  before(async function () {
    // Its absence is said by `test/visible-skips.ts`.
    if (!hasPreflight() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('preflight')) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), 'pdfa-'));
  });
  after(async () => folder && (await rm(folder, { recursive: true })));
  const validated = async (name: string, content: Buffer): Promise<string> => {
    const file = path.join(folder, `${name}.pdf`);
    await writeFile(file, content);
    return preflight(file);
  };

  it('holds for a letter with a datamatrix', async () => {
    expect(await validated('letter', await letter(ESTREMOY, { title: 'Compte rendu — « été » ≥ 6 mois' }))).to.include('is a valid PDF/A-1b file');
  });

  it('holds for a long letter with names that fill their field', async () => {
    const patient = { ...ESTREMOY, birthName: 'X'.repeat(100), birthGivenNames: 'Y'.repeat(100) };
    const document = { text: text.repeat(300), participants: [{ role: 'author', family: 'Durand' }], custodian: { name: 'CH (nord) \\ \0' } };
    expect(await validated('long', await letter(patient, document))).to.include('is a valid PDF/A-1b file');
  });

  it('holds for a letter about whom little is known', async () => {
    expect(await validated('bare', await letter({}, {}))).to.include('is a valid PDF/A-1b file');
  });

  it('holds for any text and title', async () => {
    const [title = '', author = '', ...lines] = sample(string({ unit: 'binary', maxLength: 60 }), { numRuns: 150, seed: 3 });
    const document = { title: `R&D <b> "x" ]]> \0 ${title}`, text: lines.join('\n'), participants: [{ role: 'author', family: `& <${author}>` }] };
    const pdf = await letter({ birthName: '<M&M>' }, document);
    expect(await validated('any', pdf)).to.include('is a valid PDF/A-1b file');
    expect((await look(pdf)).title).to.match(/^R&D <b> "x" \]\]> /);
  });

  it('fails for a PDF that is not one: the validator does judge', async () => {
    const pdf = new PdfWriter({ pdfVersion: '1.4' });
    const chunks: Buffer[] = [];
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => pdf.on('end', resolve));
    pdf.text('police non incorporée').end();
    await ended;
    expect(await validated('bad', Buffer.concat(chunks))).to.match(/is not a valid PDF\/A-1b file[^]*font/i);
  });
});

import { PDFiumLibrary } from '@hyzyla/pdfium';
import { expect } from 'chai';
import { array, assert, constantFrom, integer, property } from 'fast-check';
import { PasserelleError, type PrintOptions } from '../../../core/contract/index.ts';
import type { DocumentData, Patient } from '../../../core/model/index.ts';
import { ESTREMOY } from '../../codec-ins-datamatrix/test/people.ts';
import { readPdf, writeLetter } from '../index.ts';
import { printable } from '../printable.ts';
import { wrapped } from '../wrap.ts';
import { look } from '../look.ts';

const OPTIONS: PrintOptions = { environment: 'production', now: '2026-03-14T10:30:00.000Z' };
const REPORT: DocumentData = {
  canonicalType: 'CR-CONCERTATION',
  title: 'Compte rendu — suivi ≥ 6 mois',
  text: 'Cher confrère,\n\nRéponse complète → surveillance.',
  createdAt: '2026-03-14T10:30:00+01:00',
  participants: [
    { role: 'recipient', family: 'Autre' },
    { role: 'author', given: 'Anne', family: 'Durand' },
  ],
  custodian: { name: "Centre hospitalier de l'Estuaire" },
};
const write = (change: Partial<DocumentData> = {}, patient: Patient = ESTREMOY): Promise<Buffer> =>
  writeLetter({ patient, document: { ...REPORT, ...change } }, OPTIONS);

/** Text of each page, lines joined, as a reader of the file finds it. */
async function pagesOf(pdf: Buffer): Promise<string[]> {
  const library = await PDFiumLibrary.init();
  const document = await library.loadDocument(pdf);
  return [...document.pages()].map((page) => page.getText().replaceAll(/\s+/g, ' '));
}

describe('a text document as a page', () => {
  it('says whose it is, what it is, and all of its text', async () => {
    const [page = ''] = await pagesOf(await write());
    for (const said of [
      'Compte rendu — suivi ≥ 6 mois',
      'Patient : D’Estrémoy-Lœuvrier Marie-Anne',
      'Naissance : 14/03/1958, 75056',
      'Sexe : féminin',
      `Matricule INS : ${ESTREMOY.ins} (${ESTREMOY.insOid})`,
      'Date : 14/03/2026 10:30',
      'Auteur : Anne Durand',
      "Établissement : Centre hospitalier de l'Estuaire",
      'Cher confrère, Réponse complète → surveillance.',
      'Datamatrix INS',
    ])
      expect(page).to.include(said);
  });

  it('keeps every word of a long text in order, and names the patient on every page', async () => {
    const words = Array.from({ length: 3000 }, (_, i) => `mot${i}${i % 17 === 0 ? '\n' : ''}`);
    const pages = await pagesOf(await write({ text: words.join(' ') }));
    expect(pages.length).to.be.above(3);
    expect(pages.join(' ').match(/mot\d+/g)).to.deep.equal(words.map((word) => word.trim()));
    pages.forEach((page, i) => expect(page).to.include(`D’Estrémoy-Lœuvrier Marie-Anne - ${i + 1}/${pages.length}`));
  });

  it('keeps a word that does not end, and columns made with spaces', async () => {
    const word = Array.from({ length: 400 }, (_, i) => i).join('');
    const pages = await pagesOf(await write({ text: `a ${word} b\nHb      12,1  g/dL\nLeuco    6,2  G/L` }));
    expect(pages.join('').replaceAll(/\s/g, '')).to.include(`a${word}b`);
    expect((await write({ text: 'a  b' })).includes('DejaVuSansMono'), 'all characters as wide').to.equal(true);
    expect((await write({ text: 'a b' })).includes('DejaVuSansMono')).to.equal(false);
  });

  it('is the same file when it is made again from the same event', async () => {
    expect((await write()).equals(await write())).to.equal(true);
  });

  it('claims PDF/A-1b', async () => {
    expect(readPdf(await write())).to.deep.equal({ pdfaMark: '1B', version: '1.4' });
  });

  it('A4: an identity that is not qualified has neither number nor datamatrix', async () => {
    const pdf = await write({}, { ...ESTREMOY, insStatus: 'PROV' });
    const [page = ''] = await pagesOf(pdf);
    expect(page).to.include('Matricule INS : identité non qualifiée').and.not.include(ESTREMOY.ins);
    expect(await look(pdf)).not.to.have.property('datamatrix');
  });

  it('A5: a test identity is not printed in production', async () => {
    const refusal = await write({}, { ...ESTREMOY, insOid: '1.2.250.1.213.1.4.10' }).catch((error: unknown) => PasserelleError.from(error).code);
    expect(refusal).to.equal('ERR_INS_ENVIRONMENT');
  });

  it('refuses a document without text', async () => {
    for (const text of [undefined, ' \n'])
      expect(await write(text === undefined ? { text: '' } : { text }).catch((error: unknown) => PasserelleError.from(error).code)).to.equal(
        'ERR_DOCUMENT_MISSING',
      );
  });

  it('prints what little is known', async () => {
    const [page = ''] = await pagesOf(await writeLetter({ patient: {}, document: { canonicalType: 'OTHER', text: 'Texte' } }, OPTIONS));
    expect(page).to.include('Document').and.include('identité inconnue').and.include('Texte');
  });
});

describe('lines that fit', () => {
  const widthOf = (text: string): number => Array.from(text).reduce((sum, char) => sum + (char === 'W' ? 3 : 1), 0);

  it('property: lose nothing but the spaces where they were cut, and fit', () => {
    assert(
      property(
        array(constantFrom('a', 'W', ' ', 'mot', 'W'.repeat(70), '😀', '  '), { maxLength: 60 }),
        integer({ min: 3, max: 40 }),
        (parts, width) => {
          const lines = wrapped(parts.join(''), width, widthOf);
          expect(lines.join('').replaceAll(' ', '')).to.equal(parts.join('').replaceAll(' ', ''));
          for (const line of lines.filter((each) => !each.startsWith(' '))) expect(widthOf(line), line).to.be.at.most(width);
        },
      ),
    );
  });

  it('are cut between words where they can be', () => {
    expect(wrapped('un mot et un autre', 8, widthOf)).to.deep.equal(['un mot', 'et un', 'autre']);
    expect(wrapped('', 8, widthOf)).to.deep.equal(['']);
  });

  it('measure a text about once, whatever it is', () => {
    for (const text of ['a'.repeat(60_000), 'a b '.repeat(15_000), ' '.repeat(60_000), 'W'.repeat(60_000)]) {
      let measured = 0;
      wrapped(text, 90, (part) => ((measured += part.length), widthOf(part)));
      expect(measured).to.be.below(8 * text.length);
    }
  });
});

describe('text that a page can show', () => {
  const shown = (text: string): string => printable(text, (code) => code < 0x2200);

  it('names what the font cannot draw, or not in order', () => {
    expect(shown('a😀b')).to.equal('a[U+1F600]b');
    expect(shown('אב')).to.equal('[U+05D0][U+05D1]');
  });

  it('keeps lines, widens tabs, composes accents, and drops what has no shape', () => {
    expect(shown('a\r\nb\rc\fd\u2028e')).to.equal('a\nb\nc\nd\ne');
    expect(shown('a\tb\0c')).to.equal('a    b c');
    expect(shown('e\u0301')).to.equal('é');
    expect(shown('\ufeffa\u00adb\u200bc')).to.equal('abc');
  });
});

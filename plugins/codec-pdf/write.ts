/** Pages of text as a PDF/A-1b file (ISO 19005-1): fonts embedded, sRGB, metadata; the same content gives the same bytes. */
import { createRequire } from 'node:module';
import { QUIET_MODULES, type DatamatrixSymbol } from '../codec-ins-datamatrix/index.ts';
import { printable } from './printable.ts';
import { wrapped } from './wrap.ts';

export interface PagesOfText {
  readonly title: string;
  /** Said in the metadata when known. */
  readonly author?: string;
  /** ISO 8601 instant. */
  readonly createdAt: string;
  /** Stands at the foot of every page, so that a page by itself says whose it is. */
  readonly footer: string;
  /** Label and value, a line each, under the title. */
  readonly facts: readonly (readonly [string, string])[];
  readonly sections: readonly { readonly title?: string; readonly text: string }[];
  readonly code?: { readonly symbol: DatamatrixSymbol; readonly caption: string };
}

/** Points, 72 an inch. */
const MARGIN = 50;
const TITLE_SIZE = 16;
const TEXT_SIZE = 10;
const FOOTER_SIZE = 8;
/** 0.42 mm: read from a photocopy, and from a scan of 150 dots an inch. */
const MODULE = 1.2;

const require = createRequire(import.meta.url);
const FONTS = {
  text: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  bold: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  mono: 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
};

export async function writePages(content: PagesOfText): Promise<Buffer> {
  // Fonts and writer are loaded by those who print.
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({
    subset: 'PDF/A-1b',
    pdfVersion: '1.4',
    size: 'A4',
    margin: MARGIN,
    lang: 'fr-FR',
    bufferPages: true,
    font: require.resolve(FONTS.text),
    info: {
      Producer: 'Passerelle',
      Creator: 'Passerelle',
      CreationDate: new Date(content.createdAt),
    },
  });
  const written = bytesOf(pdf);
  for (const [name, file] of Object.entries(FONTS)) pdf.registerFont(name, require.resolve(file));
  nameDocument(pdf.font('text'), content);
  drawHead(pdf, content);
  for (const { title, text } of content.sections) {
    if (title) drawText(pdf, title, 'bold');
    drawText(pdf, text, isAligned(text) ? 'mono' : 'text');
  }
  drawFooters(pdf, content.footer);
  pdf.end();
  return written;
}

/** Title and author of the file. The writer puts them into its XML as they are: they are escaped for that moment. */
function nameDocument(pdf: PDFKit.PDFDocument, { title, author }: PagesOfText): void {
  const oneLine = (text: string): string => shown(pdf, text).replaceAll('\n', ' ');
  const { info } = pdf;
  info.Title = oneLine(title);
  if (author !== undefined) info.Author = oneLine(author);
  const writer = pdf as unknown as { endMetadata: () => void };
  const endMetadata = writer.endMetadata.bind(pdf);
  writer.endMetadata = () => {
    for (const name of ['Title', 'Author'] as const) if (info[name] !== undefined) info[name] = escapeXml(info[name]);
    endMetadata();
  };
}

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function bytesOf(pdf: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
}

function drawHead(pdf: PDFKit.PDFDocument, { title, facts, code }: PagesOfText): void {
  const codeSize = code ? (code.symbol.size + 2 * QUIET_MODULES) * MODULE : 0;
  const width = pdf.page.width - 2 * MARGIN - (code ? codeSize + MARGIN / 2 : 0);
  if (code) drawCode(pdf, code, pdf.page.width - MARGIN - codeSize);
  pdf.font('bold').fontSize(TITLE_SIZE).text(shown(pdf, title), MARGIN, MARGIN, { width }).moveDown(0.5);
  for (const [label, value] of facts) {
    pdf
      .font('bold')
      .fontSize(TEXT_SIZE)
      .text(shown(pdf, `${label} : `), { width, continued: true });
    pdf.font('text').text(shown(pdf, value), { width });
  }
  // Below the code and its caption, whichever ends lower.
  pdf.x = MARGIN;
  pdf.y = Math.max(pdf.y, MARGIN + codeSize + (code ? 3 * FOOTER_SIZE : 0)) + TEXT_SIZE;
  const y = pdf.y - TEXT_SIZE / 2;
  pdf
    .moveTo(MARGIN, y)
    .lineTo(pdf.page.width - MARGIN, y)
    .lineWidth(0.5)
    .stroke('black');
}

/** One rectangle a run of dark modules: no hair lines between them. */
function drawCode(pdf: PDFKit.PDFDocument, { symbol, caption }: NonNullable<PagesOfText['code']>, left: number): void {
  const [x, y] = [left + QUIET_MODULES * MODULE, MARGIN + QUIET_MODULES * MODULE];
  for (let row = 0; row < symbol.size; row++)
    for (let column = 0; column < symbol.size; column++) {
      const from = column;
      while (column < symbol.size && symbol.isDark(column, row)) column++;
      if (column > from) pdf.rect(x + from * MODULE, y + row * MODULE, (column - from) * MODULE, MODULE);
    }
  pdf.fill('black');
  const width = (symbol.size + 2 * QUIET_MODULES) * MODULE;
  pdf
    .font('text')
    .fontSize(FOOTER_SIZE)
    .text(shown(pdf, caption), left, MARGIN + width, { width, align: 'center' });
}

/** Columns made with spaces are only columns in a font whose characters are all as wide. */
const isAligned = (text: string): boolean => /\S {2,}\S|\S\t/.test(text);

function drawText(pdf: PDFKit.PDFDocument, text: string, font: keyof typeof FONTS): void {
  pdf.font(font).fontSize(TEXT_SIZE);
  const [width, step] = [pdf.page.width - 2 * MARGIN, pdf.currentLineHeight(true)];
  const lines = shown(pdf, text)
    .split('\n')
    .flatMap((line) => wrapped(line, width, (part) => pdf.widthOfString(part)));
  let y = pdf.y;
  for (const line of lines) {
    if (y + step > pdf.page.height - MARGIN) {
      pdf.addPage();
      y = MARGIN;
    }
    if (line !== '') pdf.text(line, MARGIN, y, { lineBreak: false });
    y += step;
  }
  pdf.y = y + step / 2;
}

function drawFooters(pdf: PDFKit.PDFDocument, footer: string): void {
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page);
    // In the margin, where text would otherwise begin another page.
    pdf.page.margins.bottom = 0;
    pdf
      .font('text')
      .fontSize(FOOTER_SIZE)
      .text(`${shown(pdf, footer)} - ${page + 1}/${count}`, MARGIN, pdf.page.height - MARGIN / 2 - FOOTER_SIZE, {
        width: pdf.page.width - 2 * MARGIN,
        height: FOOTER_SIZE * 1.5,
        ellipsis: true,
        align: 'center',
      });
  }
}

/** The font in use says what it can draw; its types do not. */
const shown = (pdf: PDFKit.PDFDocument, text: string): string => {
  const { font } = (pdf as unknown as { readonly _font: { readonly font: { hasGlyphForCodePoint: (code: number) => boolean } } })._font;
  return printable(text, (code) => font.hasGlyphForCodePoint(code));
};

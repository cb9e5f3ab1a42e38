/** PDFium as this folder needs it: what a PDF says of itself, and its pages as pixels. WebAssembly on anybody's bytes: only ever in the thread of `look.ts`. */
import { PDFiumModule } from '@hyzyla/pdfium';

/** The functions called here; the package names fewer of them. */
interface Pdfium {
  readonly _FPDF_InitLibraryWithConfig: (config: object) => void;
  readonly _FPDF_LoadMemDocument: (at: number, bytes: number, password: number) => number;
  readonly _FPDF_GetLastError: () => number;
  readonly _FPDF_GetSecurityHandlerRevision: (document: number) => number;
  readonly _FPDF_GetMetaText: (document: number, tag: number, buffer: number, bytes: number) => number;
  readonly _FPDF_GetPageCount: (document: number) => number;
  readonly _FPDF_LoadPage: (document: number, index: number) => number;
  readonly _FPDF_ClosePage: (page: number) => void;
  readonly _FPDF_GetPageWidth: (page: number) => number;
  readonly _FPDF_GetPageHeight: (page: number) => number;
  readonly _FPDFBitmap_CreateEx: (width: number, height: number, format: number, at: number, stride: number) => number;
  readonly _FPDFBitmap_FillRect: (bitmap: number, left: number, top: number, width: number, height: number, color: number) => void;
  readonly _FPDFBitmap_Destroy: (bitmap: number) => void;
  readonly _FPDF_RenderPageBitmap: (
    bitmap: number,
    page: number,
    left: number,
    top: number,
    width: number,
    height: number,
    rotate: number,
    flags: number,
  ) => void;
  readonly wasmExports: { readonly malloc: (bytes: number) => number; readonly free: (at: number) => void };
  /** Replaced whenever the memory grows: never kept. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
}

export interface Pixels {
  /** Four bytes a pixel. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface OpenPdf {
  readonly pages: number;
  readonly encrypted: boolean;
  readonly title?: string;
  /** Draws a page, 0-based; `undefined` for one that cannot be. */
  readonly draw: (page: number, dotsPerInch: number, maxPixels: number) => Pixels | undefined;
}

const PASSWORD = 4;
const TITLE_BYTES = 1000;
const POINTS_PER_INCH = 72;
/** Four bytes a pixel, the fourth unused. */
const BGRX = 3;
const BYTES_PER_PIXEL = 4;
/** Annotations drawn (a code may be a stamp), in shades of grey. */
const FLAGS = 0x01 | 0x08;

/** `password`: what it needs to be opened; `format`: no PDF that anything could be made of. */
export async function openPdf(content: Uint8Array): Promise<OpenPdf | 'password' | 'format'> {
  const pdfium = await (PDFiumModule as unknown as (options: object) => Promise<Pdfium>)({});
  pdfium._FPDF_InitLibraryWithConfig({ version: 2, m_pIsolate: null, m_pUserFontPaths: null, m_v8EmbedderSlot: 0, m_pPlatform: null });
  const document = pdfium._FPDF_LoadMemDocument(copied(pdfium, content), content.length, 0);
  if (document === 0) return pdfium._FPDF_GetLastError() === PASSWORD ? 'password' : 'format';
  const title = titleOf(pdfium, document);
  return {
    pages: pdfium._FPDF_GetPageCount(document),
    encrypted: pdfium._FPDF_GetSecurityHandlerRevision(document) !== -1,
    ...(title && { title }),
    draw: (page, dotsPerInch, maxPixels) => drawn(pdfium, document, page, { dotsPerInch, maxPixels }),
  };
}

/** Throws RangeError when there is no memory for it. */
function allocate(pdfium: Pdfium, bytes: number): number {
  const at = pdfium.wasmExports.malloc(bytes);
  if (at === 0) throw new RangeError('no memory for a page');
  return at;
}

function copied(pdfium: Pdfium, bytes: Uint8Array): number {
  const at = allocate(pdfium, bytes.length);
  pdfium.HEAPU8.set(bytes, at);
  return at;
}

function titleOf(pdfium: Pdfium, document: number): string {
  const buffer = allocate(pdfium, TITLE_BYTES);
  const bytes = pdfium._FPDF_GetMetaText(document, copied(pdfium, Buffer.from('Title\0')), buffer, TITLE_BYTES);
  if (bytes > TITLE_BYTES) return '';
  return Buffer.from(pdfium.HEAPU8.slice(buffer, buffer + bytes))
    .toString('utf16le')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
}

function drawn(pdfium: Pdfium, document: number, index: number, limits: { dotsPerInch: number; maxPixels: number }): Pixels | undefined {
  const page = pdfium._FPDF_LoadPage(document, index);
  if (page === 0) return undefined;
  const [points, high] = [pdfium._FPDF_GetPageWidth(page), pdfium._FPDF_GetPageHeight(page)];
  const scale = Math.min(limits.dotsPerInch / POINTS_PER_INCH, Math.sqrt(limits.maxPixels / (points * high)));
  const [width, height] = [Math.max(1, Math.floor(points * scale)), Math.max(1, Math.floor(high * scale))];
  if (!(width * height <= limits.maxPixels)) return undefined;
  const bytes = width * height * BYTES_PER_PIXEL;
  const at = allocate(pdfium, bytes);
  const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, BGRX, at, width * BYTES_PER_PIXEL);
  pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
  pdfium._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, FLAGS);
  const data = new Uint8ClampedArray(pdfium.HEAPU8.slice(at, at + bytes).buffer);
  pdfium._FPDFBitmap_Destroy(bitmap);
  pdfium._FPDF_ClosePage(page);
  pdfium.wasmExports.free(at);
  return { data, width, height };
}

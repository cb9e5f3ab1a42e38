/** Inside the thread of `look.ts`: draws the pages and reads the codes on them. Whatever it is given, the worst it can do is be ended. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import { imageSize } from './image-size.ts';
import type { LookTask, Seen, SeenCode } from './look.ts';
import { openPdf, type Pixels } from './pdfium.ts';

const { content, isPdf, limits } = workerData as LookTask;
const OPTIONS: ReaderOptions = {
  formats: ['DataMatrix'],
  textMode: 'Plain',
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  maxNumberOfSymbols: 16,
};

// Without this it would ask the network for its code.
prepareZXingModule({ overrides: { wasmBinary: wasm() } });
parentPort?.postMessage(await (isPdf ? seePdf() : seeImage()));

function wasm(): ArrayBuffer {
  const bytes = readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

async function seePdf(): Promise<Seen> {
  const pdf = await openPdf(content);
  if (pdf === 'password') return { encrypted: true, unreadable: 'a password is needed to open it', codes: [] };
  if (pdf === 'format') return { unreadable: 'no page can be made of it', codes: [] };
  const { pages, encrypted, title } = pdf;
  const facts = { pages, encrypted, ...(title !== undefined && { title }) };
  if (pages === 0) return { ...facts, unreadable: 'it has no page', codes: [] };
  const searched = Math.min(pages, limits.pages);
  const codes: SeenCode[] = [];
  for (let page = 0; page < searched; page++) {
    const pixels = pdf.draw(page, limits.dotsPerInch, limits.pagePixels);
    if (pixels) codes.push(...(await read(pixels, page + 1)));
  }
  return { ...facts, ...(searched < pages && { searched }), codes };
}

async function seeImage(): Promise<Seen> {
  const size = imageSize(content);
  if (!size || size.width * size.height === 0) return { unreadable: 'its header says no size', codes: [] };
  if (size.width * size.height > limits.pixels) return { unreadable: `more than ${limits.pixels} pixels`, codes: [] };
  return { codes: await read(content, 1) };
}

async function read(pixels: Pixels | Uint8Array, page: number): Promise<SeenCode[]> {
  return (await readBarcodes(pixels as Uint8Array, OPTIONS)).filter(({ isValid }) => isValid).map(({ text }) => ({ page, text }));
}

/** Looks at a PDF or an image: pages, title, and the datamatrix codes on its pages, in a thread that is ended when it takes too long. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { PasserelleError, sniffMime, type DatamatrixReading, type DocumentLook } from '../../core/contract/index.ts';
import { isInsDatamatrix, readPayload } from '../codec-ins-datamatrix/index.ts';
import { isPdf, readPdf } from './mark.ts';

export interface LookLimits {
  readonly timeoutMs: number;
  /** Of the file. */
  readonly bytes: number;
  /** Searched for codes, from the first. */
  readonly pages: number;
  /** Of one image: four bytes each. */
  readonly pixels: number;
  /** Of one page as it is drawn, and it is copied twice: an A3 is 9.4 million. A larger one is drawn smaller. */
  readonly pagePixels: number;
  /** A module of 0.35 mm is three dots then. */
  readonly dotsPerInch: number;
}

export interface LookTask {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly isPdf: boolean;
  readonly limits: LookLimits;
}

export interface SeenCode {
  readonly page: number;
  readonly text: string;
}

/** What the thread answers. */
export interface Seen {
  readonly pages?: number;
  readonly searched?: number;
  readonly title?: string;
  readonly encrypted?: boolean;
  readonly unreadable?: string;
  readonly codes: readonly SeenCode[];
}

export const LOOK_LIMITS: LookLimits = {
  timeoutMs: 30_000,
  bytes: 128 * 1024 * 1024,
  pages: 20,
  pixels: 40_000_000,
  pagePixels: 10_000_000,
  dotsPerInch: 220,
};
/** Of JavaScript; WebAssembly counts apart, two gigabytes at most. */
const HEAP_MB = 256;
const workerFile = path.join(import.meta.dirname, 'look-worker.js');

export const canLook = (mime: string): boolean => mime === 'application/pdf' || mime === 'image/jpeg' || mime === 'image/png';

let last: Promise<unknown> = Promise.resolve();

/** Never rejects. In turn, whoever asks: a message of 60 documents must not take sixty times the memory of one, nor a batch that of all its messages. */
export async function look(content: Uint8Array, limits: LookLimits = LOOK_LIMITS, file: string = workerFile): Promise<DocumentLook> {
  const firstSight: DocumentLook = isPdf(content) ? { kind: 'pdf', ...readPdf(content) } : { kind: 'image' };
  if (firstSight.unreadable !== undefined) return firstSight;
  if (!canLook(sniffMime(content))) return { ...firstSight, unreadable: 'neither a PDF nor a JPEG or PNG image' };
  if (content.length > limits.bytes) return { ...firstSight, unreadable: `more than ${limits.bytes} bytes` };
  const sight = last.then(() => see({ content: Uint8Array.from(content), isPdf: firstSight.kind === 'pdf', limits }, file));
  last = sight;
  const { codes, encrypted, ...seen } = await sight;
  return {
    ...firstSight,
    ...seen,
    ...(encrypted && { encrypted: true }),
    ...(codes.length > 0 && { datamatrix: codes.map(readCode) }),
  };
}

function see(task: LookTask, file: string): Promise<Seen> {
  return new Promise((resolve) => {
    const worker = new Worker(file, {
      workerData: task,
      transferList: [task.content.buffer],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      stdout: true,
      stderr: true,
    });
    const done = (seen: Seen): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(seen);
    };
    const timer = setTimeout(() => done({ unreadable: `still at work after ${task.limits.timeoutMs} ms`, codes: [] }), task.limits.timeoutMs);
    worker.once('message', done);
    worker.once('error', () => done({ unreadable: 'it breaks the reader', codes: [] }));
    worker.once('exit', () => done({ unreadable: 'it breaks the reader', codes: [] }));
  });
}

/** What another kind of datamatrix says is nobody's business here: a medicine, a sample, a parcel. */
function readCode({ page, text }: SeenCode): DatamatrixReading {
  if (!isInsDatamatrix(text)) return { page };
  try {
    return { page, ins: readPayload(text) };
  } catch (error) {
    return { page, error: PasserelleError.from(error).toData() };
  }
}

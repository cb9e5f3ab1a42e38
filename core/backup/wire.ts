/**
 * A backup as one stream of bytes, from a running engine to the command that writes it: a line of JSON, what it announces, and so on. The last line
 * says that nothing is missing, or what went wrong: a stream without it was cut.
 */
import { PasserelleError, type DumpBatch, type DumpPoint, type ErrorData } from '../contract/index.ts';
import { isKept, type BackupSource, type KeptFile } from './source.ts';

interface HeadLine {
  readonly engine: string;
  readonly format: number;
  readonly tag: string;
  readonly store: string;
  readonly point: DumpPoint;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}
type Line = { readonly batch: string; readonly rows: number; readonly bytes: number } | { readonly end: true } | { readonly failed: ErrorData };

/** A line is an announcement, never rows. */
const MAX_LINE_BYTES = 64 * 1024;

const line = (value: HeadLine | Line): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

/** Closes the dump, also when the reader goes away. */
export async function* toWire({ engine, dump, files }: BackupSource): AsyncGenerator<Uint8Array> {
  const { format, tag, store, point, batches, close } = dump;
  try {
    yield line({ engine, format, tag, store, point, files: files.map(({ name, bytes }) => ({ name, bytes: bytes.length })) });
    for (const { bytes } of files) yield bytes;
    for await (const { table, rows, lines } of batches) {
      yield line({ batch: table, rows, bytes: lines.length });
      yield lines;
    }
    yield line({ end: true });
  } catch (error) {
    yield line({ failed: PasserelleError.from(error).toData() });
  } finally {
    await close();
  }
}

/** Throws ERR_ENGINE_UNREACHABLE when the stream ends too early, and what the engine says went wrong. */
export async function fromWire(stream: AsyncIterable<Uint8Array>): Promise<BackupSource> {
  const bytes = new Bytes(stream);
  const head = (await bytes.line()) as HeadLine | { readonly failed: ErrorData };
  if ('failed' in head) throw PasserelleError.fromData(head.failed);
  const { engine, format, tag, store, point } = head;
  const files: KeptFile[] = [];
  for (const { name, bytes: count } of head.files) {
    // A name becomes a path.
    if (!isKept(name)) throw new PasserelleError('ERR_BACKUP_DAMAGED', { location: { file: name }, expected: 'a file that a backup may hold' });
    files.push({ name, bytes: await bytes.take(count) });
  }
  return { engine, files, dump: { format, tag, store, point, batches: batchesFrom(bytes), close: () => bytes.close() } };
}

async function* batchesFrom(bytes: Bytes): AsyncGenerator<DumpBatch> {
  for (;;) {
    const said = (await bytes.line()) as Line;
    if ('failed' in said) throw PasserelleError.fromData(said.failed);
    if ('end' in said) return;
    yield { table: said.batch, rows: said.rows, lines: await bytes.take(said.bytes) };
  }
}

/** Lines and counted bytes out of chunks of any size. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<unknown> {
    for (;;) {
      const end = this.#held.indexOf(0x0a);
      if (end >= 0) return JSON.parse((await this.take(end + 1)).toString()) as unknown;
      if (this.#held.length > MAX_LINE_BYTES) throw cut();
      await this.#more();
    }
  }

  async take(count: number): Promise<Buffer> {
    const pieces = [this.#held];
    let length = this.#held.length;
    for (; length < count; length += this.#held.length) {
      await this.#more(true);
      pieces.push(this.#held);
    }
    const all = pieces.length === 1 ? this.#held : Buffer.concat(pieces, length);
    this.#held = all.subarray(count);
    return all.subarray(0, count);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(instead = false): Promise<void> {
    const next = await this.#chunks.next().catch((cause: unknown) => {
      throw cut(cause);
    });
    if (next.done) throw cut();
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#held = instead || this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }
}

const cut = (cause?: unknown): PasserelleError => new PasserelleError('ERR_ENGINE_UNREACHABLE', { found: 'a backup that was cut', cause });

/** Decides where a message is worked on: here when it is small, since a journey costs more than its reading; in the codec thread when it is large. */
import { PasserelleError, type DocumentCodec, type HttpMeta, type MessageCodec, type OutgoingEnvelope, type PartRef } from '../contract/index.ts';
import { buildMessage, type Built, type IncomingParts } from './build-message.ts';
import type { OpenedData } from './calls.ts';
import { examine, type Examined, type OpenSettings } from './examine.ts';
import { openMessage, type OpenedMessage } from './open.ts';
import { ownCopy } from './own-copy.ts';
import type { CodecThread } from './thread.ts';

export type { Examined } from './examine.ts';

/**
 * From here on a message goes to the thread. Measured: at 200 KB the copy, the two wake-ups and the second heap cost 2 ms of CPU more than they
 * take off this thread; at 5 MB they spare it more than half of its time. Below, a message keeps this thread 4 ms at most.
 */
export const LARGE_BYTES = 512 * 1024;
/** One read of the journal: others have their turn between two of them. */
const READ_BYTES = 4 * 1024 * 1024;

export interface BuildRequest {
  readonly envelope: OutgoingEnvelope;
  /** Codec and parts of the incoming message. */
  readonly format: string;
  readonly charsetFallback: string;
  readonly parts: readonly PartRef[];
  /** Its raw bytes, when they are the very ones that were opened. */
  readonly raw?: Uint8Array;
  /** Its raw bytes in the journal: a range, in memory of its own. */
  readonly read: (from?: number, to?: number) => Promise<Uint8Array>;
}

export class Codecs {
  readonly #codec: (format: string) => MessageCodec;
  readonly #documents: readonly DocumentCodec[];
  readonly #thread: CodecThread | undefined;

  /** Without a thread everything is done here. */
  constructor(codec: (format: string) => MessageCodec, documents: readonly DocumentCodec[], thread?: CodecThread) {
    this.#codec = codec;
    this.#documents = documents;
    this.#thread = thread;
  }

  /** The messages of a frame; a large frame's are opened too when `open` says how. Never rejects: what nobody can take apart is one message. */
  async examine(format: string, frame: Uint8Array, open?: OpenSettings): Promise<readonly Examined[]> {
    const codec = this.#codec(format);
    const thread = this.#threadFor(frame.length);
    if (!thread) return examine(codec, [], frame);
    try {
      const result = await thread.call<'examine'>(async () => {
        const bytes = await ownCopy(frame);
        return { call: { operation: 'examine', format, bytes, open }, transfer: [bytes.buffer] };
      });
      const isOne = result.messages.length === 1;
      return result.messages.map(({ from, to, peek, opened }) => ({
        bytes: frame.subarray(from, to),
        peek,
        ...(opened && { opened: openedOf(opened) }),
        ...(isOne && { spare: result.frame.subarray(from, to) }),
      }));
    } catch {
      return [{ bytes: frame, peek: codec.peek(frame) }];
    }
  }

  /** Rejects with ERR_CODEC_FAILED, or ERR_HOST_UNAVAILABLE (transient). What the codec refuses is in the result. */
  async open(format: string, bytes: Uint8Array, charsetFallback: string, http?: HttpMeta): Promise<OpenedMessage> {
    const thread = this.#threadFor(bytes.length);
    if (!thread) return openMessage(bytes, this.#codec(format), this.#documents, charsetFallback, http);
    const result = await thread.call<'open'>(async () => {
      const copy = await ownCopy(bytes);
      return { call: { operation: 'open', format, bytes: copy, charsetFallback, http }, transfer: [copy.buffer] };
    });
    return openedOf(result);
  }

  /** Rejects with what `buildMessage` throws, ERR_CONNECTOR_FAILED (no such part), what reading the journal throws, and as `open` does. */
  async build(request: BuildRequest): Promise<Built> {
    const { envelope, parts, raw } = request;
    const placed = placedIn(envelope).map((name) => {
      const ref = parts.find(({ part }) => part === name);
      if (!ref) throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected: 'a part of the incoming message', found: `part ${name}` });
      return ref;
    });
    // What leaves as it came from memory costs nothing here.
    const work = placed.reduce((sum, { from, to, canonical }) => sum + (raw && canonical ? 0 : to - from), 0);
    const thread = this.#threadFor(work);
    if (!thread) return buildMessage(envelope, await incomingParts(request, placed), this.#codec);
    return thread.call<'build'>(async () => {
      const { raw: _, ...cold } = request;
      const incoming = await incomingParts(cold, placed);
      const buffers = [...incoming.parts.map(({ carried }) => carried), ...(incoming.whole ? [incoming.whole] : [])].map(({ buffer }) => buffer);
      const transfer = [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
      return { call: { operation: 'build', envelope, incoming }, transfer };
    });
  }

  async stop(): Promise<void> {
    await this.#thread?.stop();
  }

  #threadFor(bytes: number): CodecThread | undefined {
    return bytes >= LARGE_BYTES ? this.#thread : undefined;
  }
}

const openedOf = ({ error, ...opened }: OpenedData): OpenedMessage => ({ ...opened, ...(error && { error: PasserelleError.fromData(error) }) });

/** Names of the parts that an envelope places, each once. */
function placedIn({ parts = [] }: OutgoingEnvelope): readonly string[] {
  const names = parts.flatMap(({ from }) =>
    'part' in from ? [from.part] : from.pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.part])),
  );
  return [...new Set(names)];
}

async function incomingParts({ format, charsetFallback, raw, read }: BuildRequest, placed: readonly PartRef[]): Promise<IncomingParts> {
  const isText = ({ encoding }: PartRef): boolean => encoding === 'text';
  const whole = placed.some(isText) ? (raw ?? (await read())) : undefined;
  const parts: { ref: PartRef; carried: Uint8Array }[] = [];
  for (const ref of placed) {
    const carried = isText(ref) ? new Uint8Array() : (raw?.subarray(ref.from, ref.to) ?? (await readInSteps(read, ref.from, ref.to)));
    parts.push({ ref, carried });
  }
  return { format, charsetFallback, parts, isFresh: raw !== undefined, ...(whole && { whole }) };
}

async function readInSteps(read: BuildRequest['read'], from: number, to: number): Promise<Uint8Array> {
  if (to - from <= READ_BYTES) return read(from, to);
  const carried = Buffer.allocUnsafeSlow(to - from);
  for (let at = from; at < to; at += READ_BYTES) carried.set(await read(at, Math.min(at + READ_BYTES, to)), at - from);
  return carried;
}

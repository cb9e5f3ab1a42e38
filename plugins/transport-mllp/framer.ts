/**
 * Cuts a byte stream into MLLP frames: 0x0B, content, 0x1C 0x0D (HL7 v2.5 appendix C). A machine of three states that takes bytes as they come,
 * keeps what the socket gave as it is (small pieces are put together), and holds at most one unfinished frame.
 */
import type { Writable } from 'node:stream';
import type { ErrorCode } from '../../core/contract/index.ts';

export const VT = 0x0b;
export const FS = 0x1c;
const CR = 0x0d;
const LF = 0x0a;

/** Bytes outside frames that are passed over, in all: a peer that sends more speaks another protocol. */
const NOISE_LIMIT_BYTES = 64 * 1024;
/** Start of a refused frame that is handed on, so that the refusal can name its message. */
const HEAD_BYTES = 1024;
/** A piece of the socket from here on is kept as it is; smaller ones are copied into blocks: one byte must not hold an object of its own. */
const OWN_PIECE_BYTES = 16 * 1024;
const BLOCK_BYTES = 64 * 1024;
/** Up to here one write of a copy costs less than several. */
const COPIED_BYTES = 16 * 1024;
const START = Buffer.of(VT);
const END = Buffer.of(FS, CR);

export type Framed =
  /** `pieces` follow each other. `held`: bytes of the budget, to be given back when the message has been dealt with. */
  | { readonly kind: 'frame'; readonly pieces: Buffer[]; readonly held: number }
  /** `fatal`: the stream cannot be trusted any more; nothing of it is looked at after. */
  | { readonly kind: 'fault'; readonly code: ErrorCode; readonly fatal: boolean; readonly head?: Buffer };

/** Memory that the frames of one endpoint share, while they come in and while they are in work. */
export interface Budget {
  /** False when there is no room for that many more bytes. */
  readonly take: (bytes: number) => boolean;
  readonly give: (bytes: number) => void;
}

export class Framer {
  readonly #maxFrameBytes: number;
  readonly #budget: Budget | undefined;
  #state: 'outside' | 'inside' | 'ending' | 'broken' = 'outside';
  #pieces: Buffer[] = [];
  #length = 0;
  /** Where small pieces are put together, and how much of it is used; it belongs to the last of `#pieces`. */
  #block: Buffer | undefined;
  #blockUsed = 0;
  #noise = 0;
  #isNoisy = false;

  constructor(maxFrameBytes: number, budget?: Budget) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#budget = budget;
  }

  /** A frame has begun and is not complete. */
  get isInside(): boolean {
    return this.#state === 'inside' || this.#state === 'ending';
  }

  /** The last byte was an FS: the frame is complete if nothing more comes. */
  get isEnding(): boolean {
    return this.#state === 'ending';
  }

  /** Takes the next bytes of the stream; gives what they complete, in order. */
  push(chunk: Buffer): readonly Framed[] {
    const found: Framed[] = [];
    for (let at = 0; at < chunk.length && this.#state !== 'broken';) {
      if (this.#state === 'outside') at = this.#outside(chunk, at, found);
      else if (this.#state === 'ending') at = this.#afterFs(chunk, at, found);
      else at = this.#inside(chunk, at, found);
    }
    return found;
  }

  /** Nothing came for a while after an FS: senders that leave out the final CR are taken at their word. */
  quiet(): readonly Framed[] {
    return this.isEnding ? this.#complete() : [];
  }

  /** The stream ended. A frame without its FS was not received. */
  end(): readonly Framed[] {
    if (this.isEnding) return this.#complete();
    return this.isInside ? [this.#break('ERR_MLLP_FRAME_CUT')] : [];
  }

  #outside(chunk: Buffer, from: number, found: Framed[]): number {
    const start = chunk.indexOf(VT, from);
    const noise = chunk.subarray(from, start < 0 ? chunk.length : start);
    // Line ends between frames are common and harmless; anything else is said once for each run of it.
    if (noise.some((byte) => byte !== CR && byte !== LF)) {
      this.#noise += noise.length;
      const isTooMuch = this.#noise > NOISE_LIMIT_BYTES;
      if (!this.#isNoisy || isTooMuch)
        found.push(isTooMuch ? this.#break('ERR_MLLP_NO_START') : { kind: 'fault', code: 'ERR_MLLP_NO_START', fatal: false });
      this.#isNoisy = true;
      if (isTooMuch) return chunk.length;
    }
    if (start < 0) return chunk.length;
    this.#isNoisy = false;
    this.#state = 'inside';
    return start + 1;
  }

  #inside(chunk: Buffer, from: number, found: Framed[]): number {
    const fs = chunk.indexOf(FS, from);
    const end = fs < 0 ? chunk.length : fs;
    // The common case, a whole frame in one chunk, is not copied.
    if (fs >= 0 && this.#length === 0 && chunk[fs + 1] === CR && end - from <= this.#maxFrameBytes) {
      found.push(...finished([chunk.subarray(from, end)], 0));
      this.#state = 'outside';
      return fs + 2;
    }
    const fault = this.#keep(chunk.subarray(from, end));
    if (fault) {
      found.push(fault);
      return chunk.length;
    }
    if (fs >= 0) this.#state = 'ending';
    return end + (fs < 0 ? 0 : 1);
  }

  /** FS CR ends a frame; so does FS VT, from senders that leave out the CR. FS before anything else is data. */
  #afterFs(chunk: Buffer, from: number, found: Framed[]): number {
    if (chunk[from] === CR || chunk[from] === VT) {
      found.push(...this.#complete());
      return chunk[from] === CR ? from + 1 : from;
    }
    const fault = this.#keep(Buffer.of(FS));
    if (fault) found.push(fault);
    else this.#state = 'inside';
    return from;
  }

  /** Appends to the unfinished frame. The bound is looked at here, as soon as it is passed. */
  #keep(bytes: Buffer): Framed | undefined {
    const length = this.#length + bytes.length;
    if (length > this.#maxFrameBytes) return this.#break('ERR_MLLP_FRAME_TOO_LARGE', bytes);
    if (this.#budget && !this.#budget.take(bytes.length)) return this.#break('ERR_BACKPRESSURE', bytes);
    this.#length = length;
    if (bytes.length >= OWN_PIECE_BYTES) {
      this.#pieces.push(bytes);
      this.#block = undefined;
    } else this.#pack(bytes);
    return undefined;
  }

  #pack(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (!this.#block || this.#blockUsed === this.#block.length) {
        // Small answers stay small; a frame that goes on is given room.
        this.#block = Buffer.allocUnsafe(this.#pieces.length === 0 ? Math.max(bytes.length, 4096) : BLOCK_BYTES);
        this.#blockUsed = 0;
        this.#pieces.push(this.#block.subarray(0, 0));
      }
      const copied = bytes.copy(this.#block, this.#blockUsed, at);
      at += copied;
      this.#blockUsed += copied;
      this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#blockUsed);
    }
  }

  #complete(): readonly Framed[] {
    const pieces = this.#pieces;
    const held = this.#budget ? this.#length : 0;
    this.#reset('outside');
    return finished(pieces, held);
  }

  #break(code: ErrorCode, rest: Buffer = Buffer.alloc(0)): Framed {
    const length = Math.min(HEAD_BYTES, this.#length + rest.length);
    const head = Buffer.concat([...this.#pieces.slice(0, HEAD_BYTES), rest], length);
    this.#budget?.give(this.#length);
    this.#reset('broken');
    return { kind: 'fault', code, fatal: true, ...(head.length > 0 && { head }) };
  }

  #reset(state: 'outside' | 'broken'): void {
    this.#state = state;
    this.#pieces = [];
    this.#block = undefined;
    this.#length = 0;
  }
}

/** A sender that broke off and began again left the start of one frame in the other: only the last one is whole. A VT in a text stays data. */
function finished(pieces: Buffer[], held: number): readonly Framed[] {
  // The common case, seen without putting the pieces together.
  if (!pieces.some((piece) => piece.includes(VT))) return [{ kind: 'frame', pieces, held }];
  const bytes = Buffer.concat(pieces);
  const restart = bytes.lastIndexOf('\x0bMSH');
  if (restart < 0) return [{ kind: 'frame', pieces: [bytes], held }];
  return [
    { kind: 'fault', code: 'ERR_MLLP_FRAME_CUT', fatal: false },
    { kind: 'frame', pieces: [bytes.subarray(restart + 1)], held },
  ];
}

/** Writes one message as it goes on the wire. A document is not copied for that. False when the peer should be waited for. `written`: all of it left. */
export function writeFrame(socket: Writable, pieces: readonly Uint8Array[], written?: () => void): boolean {
  const whole = [START, ...pieces];
  const length = whole.reduce((sum, piece) => sum + piece.length, END.length);
  const told = (error?: Error | null): void => void (!error && written?.());
  if (length <= COPIED_BYTES) return socket.write(Buffer.concat([...whole, END], length), told);
  socket.cork();
  for (const piece of whole) socket.write(piece);
  const isTaken = socket.write(END, told);
  socket.uncork();
  return isTaken;
}

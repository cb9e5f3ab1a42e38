/**
 * Reads JSON text byte by byte, strictly (RFC 8259), to know where its strings stand: a document of 20 MB is found and cut out
 * without becoming a value first. Checks what JSON.parse does not: duplicate keys, depth, number of values.
 */
import { PasserelleError } from '../../core/contract/index.ts';

/** Deepest nesting: protects the stack here and in every reader after us. */
export const DEPTH_LIMIT = 64;
/** Most values of a message: an envelope of 512 KB could not hold more. */
export const VALUE_LIMIT = 262_144;

/** A string value: `[from, to)` between its quotes. */
export interface StringSpan {
  /** JSON pointer (RFC 6901). */
  readonly at: string;
  readonly from: number;
  readonly to: number;
  /** Some characters are written as escapes. */
  readonly escaped: boolean;
}

export interface ScannedObject {
  /** String members only, by name. */
  readonly strings: ReadonlyMap<string, StringSpan>;
  /** 0 = the message itself. */
  readonly depth: number;
}

/** Called at the end of each object, inner ones first, and for strings that are no member of one. */
export interface Visitor {
  readonly object?: (object: ScannedObject) => void;
  readonly item?: (string: StringSpan) => void;
}

/** Throws ERR_CODEC_UNREADABLE with the byte offset. `bytes` are UTF-8, already checked. */
export function scanJson(bytes: Buffer, visitor: Visitor): void {
  new Scanner(bytes, visitor).document();
}

/** Text between the quotes, as a string. */
export function stringAt(bytes: Buffer, { from, to, escaped }: Pick<StringSpan, 'from' | 'to' | 'escaped'>): string {
  const raw = bytes.toString('utf8', from, to);
  return escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

class Scanner {
  readonly #bytes: Buffer;
  readonly #visitor: Visitor;
  #at = 0;
  #values = 0;

  constructor(bytes: Buffer, visitor: Visitor) {
    this.#bytes = bytes;
    this.#visitor = visitor;
  }

  document(): void {
    this.#space();
    const string = this.#value('', 0);
    if (string) this.#visitor.item?.(string);
    this.#space();
    if (this.#at < this.#bytes.length) throw this.#bad('the end of the message');
  }

  #value(at: string, depth: number): StringSpan | undefined {
    if (++this.#values > VALUE_LIMIT) throw this.#bad(`at most ${VALUE_LIMIT} values`);
    if (depth > DEPTH_LIMIT) throw this.#bad(`at most ${DEPTH_LIMIT} levels`);
    const byte = this.#bytes[this.#at];
    if (byte === QUOTE) return { at, ...this.#string() };
    if (byte === 0x7b) this.#object(at, depth);
    else if (byte === 0x5b) this.#array(at, depth);
    else this.#scalar();
    return undefined;
  }

  #object(at: string, depth: number): void {
    const names = new Set<string>();
    const strings = new Map<string, StringSpan>();
    this.#list(0x7d, () => {
      if (this.#bytes[this.#at] !== QUOTE) throw this.#bad('a name in quotes');
      const offset = this.#at;
      const name = stringAt(this.#bytes, this.#string());
      // A name twice means two things to two readers; `__proto__` is no name of data anywhere.
      if (names.has(name) || name === '__proto__') throw this.#bad('each name once', offset);
      names.add(name);
      this.#space();
      this.#expect(0x3a, 'a colon');
      this.#space();
      const string = this.#value(`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
      if (string) strings.set(name, string);
    });
    this.#visitor.object?.({ strings, depth });
  }

  #array(at: string, depth: number): void {
    let index = 0;
    this.#list(0x5d, () => {
      const string = this.#value(`${at}/${index++}`, depth + 1);
      if (string) this.#visitor.item?.(string);
    });
  }

  /** What stands between two brackets, separated by commas. */
  #list(closing: number, item: () => void): void {
    this.#at++;
    this.#space();
    if (this.#bytes[this.#at] === closing) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      this.#space();
      if (this.#bytes[this.#at] === closing) {
        this.#at++;
        return;
      }
      this.#expect(0x2c, 'a comma');
      this.#space();
    }
  }

  #string(): Omit<StringSpan, 'at'> {
    const from = this.#at + 1;
    // Locals: this loop sees every byte of a document.
    const bytes = this.#bytes;
    let at = from;
    let escaped = false;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[at]) {
      if (byte === undefined || byte < 0x20) throw this.#bad('the end of a string', at);
      at++;
      if (byte !== BACKSLASH) continue;
      escaped = true;
      const kind = bytes[at];
      if (kind === 0x75 && /^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 1, at + 5))) at += 5;
      else if (kind !== undefined && ESCAPES.has(kind)) at++;
      else throw this.#bad('an escape of JSON', at);
    }
    this.#at = at + 1;
    return { from, to: at, escaped };
  }

  #scalar(): void {
    // Longer than any number worth keeping: a number of a megabyte is an attack on its reader.
    const head = this.#bytes.toString('latin1', this.#at, this.#at + 64);
    const token = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/.exec(head);
    if (!token) throw this.#bad('a value');
    this.#at += token[0].length;
  }

  #space(): void {
    for (let byte = this.#bytes[this.#at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = this.#bytes[++this.#at]);
  }

  #expect(byte: number, what: string): void {
    if (this.#bytes[this.#at] !== byte) throw this.#bad(what);
    this.#at++;
  }

  /** An offset, and no name of the message: names are content too. */
  #bad(expected: string, offset = this.#at): PasserelleError {
    return new PasserelleError('ERR_CODEC_UNREADABLE', { location: { offset }, expected: `JSON: ${expected}` });
  }
}

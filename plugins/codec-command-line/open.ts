/** Bytes of a command line to an envelope whose text is a flat JSON object: keys in small letters, once each, values as written. */
import { PasserelleError, type Envelope, type OpenOptions } from '../../core/contract/index.ts';
import { decideCodePage, decode } from './charset.ts';
import { wordsOf, type Word } from './words.ts';

/** Windows takes no longer line (32,767 characters). */
export const LINE_LIMIT_BYTES = 64 * 1024;

/** A file may hold several lines, one call each; blank lines and the comments of command files are none. */
export function split(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.subarray(from).findIndex((byte) => byte === 0x0a || byte === 0x0d);
    const to = end < 0 ? bytes.length : from + end;
    const line = bytes.subarray(from, to);
    if (!/^\s*(?:$|@?rem\b|::)/i.test(Buffer.from(line).toString('latin1'))) lines.push(line);
    from = to + 1;
  }
  return lines.length > 0 ? lines : [bytes];
}

/** `charsetFallback` is the code page that the site's programs write; a byte order mark says UTF-8 before it. Throws ERR_CODEC_UNREADABLE with the byte offset. */
export function open(bytes: Uint8Array, options: OpenOptions): { readonly envelope: Envelope; readonly parts: readonly [] } {
  if (bytes.length > LINE_LIMIT_BYTES) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: `a line of at most ${LINE_LIMIT_BYTES} bytes` });
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const own = bytes.subarray(mark);
  const { page, warnings } = decideCodePage(own, mark ? 'utf-8' : options.charsetFallback);
  const line = decode(own, page).replace(/[\r\n]+$/, '');
  const fail = (at: number, expected: string, path?: string): PasserelleError => {
    const offset = mark + (page === 'utf-8' ? Buffer.byteLength(line.slice(0, at)) : at);
    return new PasserelleError('ERR_CODEC_UNREADABLE', {
      location: { offset, ...(path !== undefined && { path }) },
      expected: `a command line: ${expected}`,
    });
  };
  const odd = line.search(/[\p{Cc}\ufffd]/u);
  if (odd >= 0 && line.charAt(odd) !== '\t') throw fail(odd, 'no control character');
  const [first, ...others] = wordsOf(line, fail);
  const words = first && !first.text.startsWith('/') ? others : [first, ...others];
  const values = new Map<string, string>();
  for (const word of words.filter((one) => one !== undefined)) {
    const [key, value] = keyAndValue(word, fail);
    // Said twice, it is the name of a parameter: whoever mends the line has to know which.
    if (values.has(key)) throw fail(word.at, 'each key once', `/${key}`);
    values.set(key, value);
  }
  if (values.size === 0) throw fail(0, '/key:value');
  return {
    envelope: { format: 'command-line', text: JSON.stringify(Object.fromEntries(values)), parts: [], charset: page, warnings },
    parts: [],
  };
}

function keyAndValue({ text, at }: Word, fail: (at: number, expected: string) => PasserelleError): readonly [string, string] {
  const [, key, value] = /^\/([A-Za-z][A-Za-z0-9_.-]{0,60}):(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw fail(at, '/key:value');
  return [key.toLowerCase(), value];
}

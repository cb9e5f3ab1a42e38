/** Bytes of a form to an envelope whose text is a flat JSON object: names once, values as sent. */
import { PasserelleError, windows1252, type Envelope, type OpenOptions } from '../../core/contract/index.ts';
import { decideCharset } from './charset.ts';
import { pairsOf, unreadable, type Pair } from './pairs.ts';

/** Keeps the end of one value from completing a character with the beginning of the next. */
const SEPARATOR = Buffer.from('&');
/** Bytes that Windows-1252 gives no character to. */
const UNASSIGNED = /[\x81\x8d\x8f\x90\x9d]/;

/** Throws ERR_CODEC_UNREADABLE with the offset of the pair. */
export function open(bytes: Uint8Array, options: OpenOptions): { readonly envelope: Envelope; readonly parts: readonly [] } {
  const pairs = pairsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const all = Buffer.concat(pairs.flatMap(({ name, value }) => [name, SEPARATOR, value, SEPARATOR]));
  const { charset, warnings } = decideCharset(all, labelOf(options), options.charsetFallback);
  const decoder = new TextDecoder(charset, { fatal: charset === 'utf-8' });
  const decode = (text: Buffer, { offset }: Pair): string => {
    if (charset === 'windows-1252' && UNASSIGNED.test(text.toString('latin1'))) throw unreadable(offset, 'characters of Windows-1252');
    return charset === 'windows-1252' ? windows1252(text) : decoder.decode(text);
  };
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const name = decode(pair.name, pair);
    // A name twice means two things to two readers.
    if (values.has(name) || name === '__proto__') throw unreadable(pair.offset, 'each name once');
    values.set(name, decode(pair.value, pair));
  }
  const text = JSON.stringify(Object.fromEntries(values));
  return { envelope: { format: 'http-form', text, parts: [], charset, ...(options.http && { http: options.http }), warnings }, parts: [] };
}

/** Charset that Content-Type says. Throws ERR_CODEC_UNREADABLE when it says that this is no form. */
function labelOf({ http }: OpenOptions): string | undefined {
  const [type = '', ...parameters] = (http?.headers?.['content-type'] ?? '').split(';').map((part) => part.trim());
  if (type !== '' && type.toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'application/x-www-form-urlencoded' });
  const charset = parameters.find((parameter) => /^charset\s*=/i.test(parameter));
  return charset?.replace(/^charset\s*=\s*/i, '').replaceAll('"', '');
}

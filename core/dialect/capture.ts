/** A request as a capture holds it - request line, headers, body - taken apart: what a listener would have given. */
import { PasserelleError, type HttpMeta } from '../contract/index.ts';

export interface Captured {
  readonly http: HttpMeta;
  /** Of a request without a body: the query, which is a form too. */
  readonly body: Uint8Array;
}

/** Protects from a header that never ends. */
const HEAD_LIMIT_BYTES = 16 * 1024;
const REQUEST_LINE = /^([A-Z]{3,10}) ([^\s?]+)(?:\?(\S*))? HTTP\/1\.[01]\r?\n/;

/** `undefined` when these bytes are no request. Throws ERR_CODEC_UNREADABLE for one that is cut, or says something twice. */
export function asCapture(bytes: Uint8Array): Captured | undefined {
  const start = Buffer.from(bytes.subarray(0, HEAD_LIMIT_BYTES)).toString('latin1');
  const line = REQUEST_LINE.exec(start);
  const [whole = '', method = '', path = '', query] = line ?? [];
  if (!line) return undefined;
  const end = /\r?\n\r?\n/.exec(start.slice(whole.length - 1));
  if (!end) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'headers, then an empty line' });
  const bodyAt = whole.length - 1 + end.index + end[0].length;
  const headers = headersOf(start.slice(whole.length, whole.length - 1 + end.index));
  const body = bytes.subarray(bodyAt);
  return {
    http: { method, path, headers },
    body: query !== undefined && isBlank(body) ? Buffer.from(query) : sized(body, headers['content-length']),
  };
}

function headersOf(text: string): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const line of text.split(/\r?\n/).filter(Boolean)) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined || headers.has(name.toLowerCase()))
      throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'headers, each once' });
    headers.set(name.toLowerCase(), value);
  }
  return Object.fromEntries(headers);
}

/** Editors add a line end to a file: what Content-Length leaves out is no part of the body when it is blank. */
function sized(body: Uint8Array, length: string | undefined): Uint8Array {
  if (length === undefined) return body;
  const size = /^\d{1,9}$/.test(length) ? Number(length) : -1;
  if (size < 0 || size > body.length || !isBlank(body.subarray(size)))
    throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'a body as long as Content-Length says', found: `${body.length} bytes` });
  return body.subarray(0, size);
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09);

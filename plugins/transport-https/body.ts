/** Reads the body of a request, whole or not at all. */
import type { IncomingMessage } from 'node:http';

export class BodyError extends Error {
  readonly code: 'ERR_HTTP_BODY_TOO_LARGE' | 'ERR_HTTP_BODY_CUT';
  constructor(code: BodyError['code']) {
    super(code);
    this.code = code;
  }
}

/** Throws BodyError when it grows over `maxBytes` (a chunked body announces no length) or the sender leaves in the middle. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return chunks.push(chunk);
      request.removeAllListeners('data');
      return reject(new BodyError('ERR_HTTP_BODY_TOO_LARGE'));
    });
    request.once('end', resolve);
    request.once('error', () => reject(new BodyError('ERR_HTTP_BODY_CUT')));
  });
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

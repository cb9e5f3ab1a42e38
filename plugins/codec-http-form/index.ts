/** Forms over HTTP (`application/x-www-form-urlencoded`), in a body or in an address: strictly decoded into a flat JSON text, and written back. */
import { createHash } from 'node:crypto';
import type { CodecPlugin } from '../../core/contract/index.ts';
import { build } from './build.ts';
import { open } from './open.ts';
import { plainReply } from './plain-reply.ts';

export { FORM_LIMIT_BYTES, PAIR_LIMIT } from './pairs.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'http-form',
  message: {
    id: 'http-form',
    split: (bytes) => [bytes],
    peek: (bytes) => ({ fingerprint: createHash('sha256').update(bytes).digest('hex') }),
    open,
    build,
    plainReply,
  },
};

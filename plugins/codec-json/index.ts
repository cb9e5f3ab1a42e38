/** JSON bodies of HTTP messages, documents taken out of `content` strings and put back. */
import type { CodecPlugin } from '../../core/contract/index.ts';
import { build } from './build.ts';
import { open, peek } from './open.ts';
import { plainReply } from './plain-reply.ts';

export { BODY_LIMIT_BYTES } from './open.ts';
export { DEPTH_LIMIT, VALUE_LIMIT } from './scan.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'json',
  message: { id: 'json', split: (bytes) => [bytes], peek, open, build, plainReply },
};

/** Command lines of Windows programs (`/key:value`, quotes, code pages): strictly decoded into a flat JSON text. Read only. */
import { createHash } from 'node:crypto';
import { PasserelleError, type CodecPlugin } from '../../core/contract/index.ts';
import { open, split } from './open.ts';

export { LINE_LIMIT_BYTES } from './open.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'command-line',
  message: {
    id: 'command-line',
    split,
    peek: (bytes) => ({ fingerprint: createHash('sha256').update(bytes).digest('hex') }),
    open,
    // A program is answered by an exit code, and is never started by the engine.
    plainReply: () => undefined,
    build: () => {
      throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'nothing: a command line is only read' });
    },
  },
};

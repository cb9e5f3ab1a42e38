/** The log of the engine when nobody reads it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

describe('the log', () => {
  it('does not end the engine when its reader is gone', async () => {
    const code = `
      import { createLogger } from ${JSON.stringify(new URL('../../../core/telemetry/index.js', import.meta.url).href)};
      const logger = createLogger();
      logger.warn('before');
      process.stdin.once('data', () => {
        logger.warn('after');
        // Written, refused, and said in later turns.
        setTimeout(() => process.exit(7), 200);
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'ignore', 'pipe'] });
    await once(child.stderr, 'data');
    child.stderr.destroy();
    child.stdin.write('go on');
    expect(await once(child, 'exit')).to.deep.equal([7, null]);
  });
});

/** A `passerelle start` whose engine listens nowhere: for tests of signals. `SLOW` makes it never stop. */
import { processIo, runCli } from '../../../core/cli/index.ts';

const timer = setInterval(() => undefined, 1_000);
process.exitCode = await runCli(process.argv.slice(2), {
  version: '0',
  io: processIo(),
  compose: () => Promise.reject(new Error('a start needs no services')),
  start: async (options) => ({
    addresses: [`options ${JSON.stringify(options)}`, 'mllp://127.0.0.1:2575'],
    stop: async () => {
      process.stdout.write('stopping\n');
      if (process.env['SLOW']) await new Promise(() => undefined);
      clearInterval(timer);
      process.stdout.write('stopped\n');
    },
  }),
});

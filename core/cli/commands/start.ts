/** `passerelle start`: runs the engine until a signal. */
import { setFlagsFromString } from 'node:v8';
import { Option, type Command } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../../telemetry/index.ts';
import { dataOption, fail, type Context } from '../context.ts';

interface Options {
  readonly config?: string;
  readonly data: string;
  readonly roles?: string;
  readonly demo?: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

export function addStart(program: Command, context: Context): void {
  program
    .command('start')
    .description('démarre le moteur et imprime ses adresses / runs the engine')
    .addOption(new Option('--config <dir>', 'paramétrage, appliqué si le journal est vide / settings for an empty journal').env('PASSERELLE_CONFIG'))
    .addOption(dataOption())
    .addOption(new Option('--roles <list>', 'rôles de ce nœud, séparés par des virgules / roles of this node').env('PASSERELLE_ROLES'))
    .addOption(new Option('--demo', 'région de démonstration / demo region').env('PASSERELLE_DEMO'))
    .addOption(
      new Option('--log-level <level>', 'niveau du journal technique / log level')
        .choices([...LOG_LEVELS])
        .default('info')
        .env('PASSERELLE_LOG_LEVEL'),
    )
    .addOption(
      new Option('--log-format <format>', 'forme du journal technique / log format')
        .choices(['text', 'json'])
        .default('text')
        .env('PASSERELLE_LOG_FORMAT'),
    )
    .action((options: Options) => start(options, context));
}

async function start(options: Options, context: Context): Promise<void> {
  const { config, data, roles, demo = false, logLevel, logFormat } = options;
  const signal = signalled();
  try {
    const engine = await context.start({ ...(config && { config }), data, ...(roles && { roles: roles.split(',') }), demo, logLevel, logFormat });
    context.io.out(`Passerelle ${context.version} : démarrée, adresses / started, addresses\n`);
    for (const address of engine.addresses) context.io.out(`${address}\n`);
    // By itself V8 lets the heap grow to about twice what it holds before it collects: a quarter more is 30 MB less under load, and costs no time that could be measured; a start,
    // during which everything grows, is not held up by it.
    setFlagsFromString('--heap-growing-percent=25');
    await Promise.race([signal.received, ...(engine.ended ? [engine.ended] : [])]).finally(() => engine.stop());
  } catch (error) {
    fail(context, error);
  } finally {
    signal.forget();
  }
}

/** The first signal asks for a clean stop; a second one does not wait for it. */
function signalled(): { readonly received: Promise<void>; readonly forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const listener = (): void => {
    count += 1;
    if (count > 1) process.exit(1);
    resolve();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, listener);
  return {
    received: promise,
    forget: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, listener);
    },
  };
}

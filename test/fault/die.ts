/**
 * Preloaded into an engine: it ends its own process at a chosen step of the path of a message, with SIGKILL or by an exception that nobody
 * catches. `PASSERELLE_FAULT_DIE` says at which step, when, at which call, and how: `settle:amid:7`, `settle:amid:7:throw`. Steps: the journal's
 * `receive admit decide begin settle`, a sink's `send`, a source's `reply`. It changes the plugin objects that the engine is about to load, so that
 * production code needs no hook.
 */
import type { JournalStore, Source, StorePlugin, TransportPlugin } from '../../core/contract/index.ts';
import { loadPlugins } from '../../core/registry/index.ts';

const [step = '', moment = '', count = '', how = 'kill'] = (process.env['PASSERELLE_FAULT_DIE'] ?? '').split(':');
let left = Number(count);

const die = (): void => {
  if (how === 'kill') process.kill(process.pid, 'SIGKILL');
  // Out of the promise of the step: nobody waits for this.
  else
    process.nextTick(() => {
      throw new Error('a defect, made on purpose');
    });
};

/** `before`: not begun. `amid`: begun, nobody knows how far. `after`: done, and nobody was told. */
async function pass<T>(name: string, call: () => Promise<T>): Promise<T> {
  const isIt = name === step && (left -= 1) === 0;
  if (isIt && moment === 'before') {
    die();
    await new Promise(() => undefined);
  }
  const result = call();
  if (isIt && moment === 'amid') setImmediate(die);
  await result.catch(() => undefined);
  if (isIt && moment === 'after') die();
  return result;
}

const STEPS = ['receive', 'admit', 'decide', 'begin', 'settle'] as const;

const mortalStore = (journal: JournalStore): JournalStore => ({
  ...journal,
  ...Object.fromEntries(
    STEPS.map((name) => {
      const command = journal[name] as (...args: unknown[]) => Promise<unknown>;
      return [name, (...args: unknown[]) => pass(name, () => command(...args))];
    }),
  ),
});

const { stores, transports } = await loadPlugins();
for (const store of stores.values()) {
  const { open } = store;
  (store as { open: StorePlugin['open'] }).open = async (...args) => mortalStore(await open(...args));
}
for (const transport of transports.values()) {
  const plugin = transport as { -readonly [K in keyof TransportPlugin]: TransportPlugin[K] };
  const { sink, source } = transport;
  plugin.sink = (settings) => {
    const made = sink(settings);
    return { ...made, send: (bytes, options) => pass('send', () => made.send(bytes, options)) };
  };
  plugin.source = (settings, face): Source => source(settings, { ...face, receive: (received) => pass('reply', () => face.receive(received)) });
}

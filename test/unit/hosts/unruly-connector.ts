/** A connector that misbehaves on demand: what it does is the text of the message. */
import { getPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { ConnectorContext, ConnectorDefinition, Envelope } from 'passerelle/contract';

/** Says to the engine what it likes, as if its host said it. */
const tell = (said: unknown): void => (parentPort ? parentPort.postMessage(said) : void process.send?.(said));

const cycle: Record<string, unknown> = {};
cycle['cycle'] = cycle;

export const connector = {
  manifest: { id: 'unruly' },
  decode: (envelope: Envelope, context: ConnectorContext) => {
    if (envelope.text === 'throw') throw new TypeError(`a secret of ${envelope.text}`);
    for (; envelope.text === 'loop';);
    if (envelope.text === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    if (envelope.text === 'print') for (const stream of [process.stdout, process.stderr]) stream.write('a secret of print\n');
    if (envelope.text === 'forge')
      for (const said of [null, 7, {}, { batch: 1 }, { batch: 1, answers: 'x' }, { batch: 1, answers: [5] }]) {
        tell(said);
        tell(JSON.stringify(said));
      }
    if (envelope.text === 'priority') return { decision: 'accept', events: [], warnings: [{ code: String(getPriority()) }] };
    if (envelope.text === 'cycle') return cycle;
    if (envelope.text === 'exit') process.exit(3);
    return { decision: 'accept', events: [], warnings: [{ code: context.newId() }, { code: context.newId() }, { code: context.now }] };
  },
  encode: () => ({ outcome: 'refuse', error: { code: 'ERR_ENCODE_UNSUPPORTED', message: '' } }),
  acknowledge: () => null,
  interpret: () => ({ outcome: 'unreadable' }),
} as unknown as ConnectorDefinition;

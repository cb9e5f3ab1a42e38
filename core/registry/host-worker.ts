/**
 * Inside a connector host: imports one connector and answers batches of calls. The same file serves a worker thread and a child
 * process. It has no other job, so that a connector that loops or throws harms nothing but its own calls.
 */
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import {
  PasserelleError,
  type Connector,
  type ConnectorContext,
  type ConnectorDefinition,
  type Envelope,
  type SiteSettings,
} from '../contract/index.ts';
import { contextFor } from './host-context.ts';
import type { HostAnswer, HostCall, PackedCall } from './host.ts';

yieldToEngine();
const module = (workerData as { module?: string } | null)?.module ?? process.argv[2];
if (!module) throw new Error('connector host started without a connector');
const { connector } = (await import(pathToFileURL(module).href)) as { connector: ConnectorDefinition };

const answer: (json: string) => void = parentPort ? (json) => parentPort?.postMessage(json) : (json) => process.send?.(json);
const settings: SiteSettings[] = [];

const unpack = (call: PackedCall): HostCall => {
  const { slot = 0 } = call;
  if (call.settings) settings[slot] = call.settings;
  return Object.assign(call, { settings: settings[slot] }) as HostCall;
};

/** Each answer is written by itself: one that cannot be written is the failure of its own call. */
const written = (call: PackedCall): string => {
  const made = run(connector, unpack(call));
  try {
    return JSON.stringify(made);
  } catch (error) {
    return JSON.stringify(failure(error));
  }
};

const listen = (json: string): void => {
  const { batch, calls } = JSON.parse(json) as { batch: number; calls: readonly PackedCall[] };
  answer(`{"batch":${batch},"answers":[${calls.map(written).join(',')}]}`);
};

if (parentPort) parentPort.on('message', listen);
else process.on('message', (json) => listen(json as string)).on('disconnect', () => process.exit(0));
answer('{"batch":0,"answers":[]}');

/**
 * Whoever answers senders goes first: a connector that spins gets what the others leave. Measured with two processors and a loop of a second: the latest of
 * 800 acknowledgements of another lane 22 ms instead of 48, as without the loop; nothing else costs more.
 */
function yieldToEngine(): void {
  // On Linux this is of the thread that asks; elsewhere of the whole process, which in a thread is the engine's.
  if (parentPort && process.platform !== 'linux') return;
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Not allowed here: it works as well, and others wait a little longer for one that spins.
  }
}

function run(connector: Connector, call: HostCall): HostAnswer {
  try {
    const value = perform(connector, call);
    return { value: value === undefined ? null : value };
  } catch (error) {
    return failure(error);
  }
}

/** What a connector throws is its own doing; only its kind goes out, since its text could hold the message. */
function failure(error: unknown): HostAnswer {
  const data =
    error instanceof PasserelleError
      ? error.toData()
      : new PasserelleError('ERR_CONNECTOR_FAILED', { found: (error as Error)?.name ?? typeof error, ...locate(error) }).toData();
  return { error: data };
}

function perform(connector: Connector, call: HostCall): unknown {
  if (call.operation === 'interpret') return connector.interpret(call.reply, call.sent);
  const context: ConnectorContext = contextFor(call);
  if (call.operation === 'encode') return connector.encode(call.input, context);
  if (call.operation === 'acknowledge') return connector.acknowledge(call.reception, call.envelope, context);
  const result = connector.decode(call.envelope, context);
  return { result, acknowledgement: acknowledgeDecision(connector, call.envelope, result, call, context) };
}

/** The answer most decoded messages get, made in the same call; the engine asks again when it decides otherwise. */
function acknowledgeDecision(
  connector: Connector,
  envelope: Envelope,
  result: ReturnType<Connector['decode']>,
  call: HostCall & { operation: 'decode' },
  context: ConnectorContext,
): unknown {
  if (result.decision === 'reject') return undefined;
  return connector.acknowledge(
    { decision: result.decision, ack: 'AA', warnings: result.warnings, ...(call.messageId && { messageId: call.messageId }) },
    envelope,
    context,
  );
}

function locate(error: unknown): { location?: { file: string; line: number } } {
  const match =
    /\/connectors\/([^\s:)]+):(\d+):\d+/.exec((error as Error)?.stack ?? '') ?? /\/plugins\/([^\s:)]+):(\d+):\d+/.exec((error as Error)?.stack ?? '');
  return match ? { location: { file: match[1] ?? '', line: Number(match[2]) } } : {};
}

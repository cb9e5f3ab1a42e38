/**
 * The ingress side of the worker: numbers commands, posts all those of one turn of the event loop in one message, and settles their
 * promises from the answers. When the worker is gone every command, waiting or new, is refused with ERR_JOURNAL_UNAVAILABLE.
 */
import { Worker } from 'node:worker_threads';
import { PasserelleError, type ErrorData } from '../../core/contract/index.ts';
import { INBOX_BYTES, INBOX_COMMANDS, PATIENCE_MS } from '../../core/journal-format/index.ts';
import { WRITES, type Answer, type Calls, type Command, type OpenOptions, type Opened } from './calls.ts';
import { TRANSFER_BYTES, YOUNG_LIMIT_MB } from './limits.ts';

interface Waiting {
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PasserelleError) => void;
}

/** What a call weighs, and the buffers that go over instead of being copied again. */
export interface Load {
  readonly items: number;
  readonly bytes: number;
  readonly transfer: readonly ArrayBuffer[];
  /** Another write will come soon: it may wait for that one and share its commit. */
  readonly canWait?: boolean;
}

const LIGHT: Load = { items: 1, bytes: 0, transfer: [] };

export interface Channel {
  readonly tag: string;
  readonly lastMessage: number;
  readonly call: <K extends keyof Calls>(name: K, args: Parameters<Calls[K]>, load?: Load) => Promise<ReturnType<Calls[K]>>;
  /** Resolves when the worker ended and nobody had asked it to. */
  readonly failed: Promise<void>;
  readonly close: () => Promise<void>;
  readonly cpuUsage: Worker['cpuUsage'];
}

/** A copy that is ours alone, the one the caller offers if it still has it: the caller keeps its bytes, and a slice of a pool must not bring its pool along. */
export function ownCopy(bytes: Uint8Array, transfer: ArrayBuffer[], spare?: Uint8Array<ArrayBuffer>): Uint8Array {
  if (spare?.length === bytes.length && bytes.length >= TRANSFER_BYTES) {
    transfer.push(spare.buffer);
    return spare;
  }
  const copy = new Uint8Array(bytes);
  if (copy.length >= TRANSFER_BYTES) transfer.push(copy.buffer);
  return copy;
}

const gone = (found: string, cause?: unknown): PasserelleError => new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found, cause });

/** Starts the worker on a folder. Rejects with what opening the file threw. */
export async function openChannel(folder: string, options: OpenOptions): Promise<Channel> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { folder, options },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_LIMIT_MB },
  });
  const opened = await new Promise<Opened>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(gone('a worker that cannot start', error)));
    worker.once('exit', () => reject(gone('a worker that ended')));
  });
  if ('failed' in opened) throw PasserelleError.fromData(opened.failed);
  return connect(worker, opened, options.patienceMs ?? PATIENCE_MS);
}

function connect(worker: Worker, { tag, lastMessage }: Exclude<Opened, { failed: ErrorData }>, patienceMs: number): Channel {
  const waiting = new Map<number, Waiting>();
  let outbox: Command[] = [];
  /** Settlements that wait for another write. */
  let patient: Command[] = [];
  let patience: NodeJS.Timeout | undefined;
  let isFlushing = false;
  /** Commands that the worker has and did not answer. */
  let posted = 0;
  let transfers: ArrayBuffer[] = [];
  let waitingBytes = 0;
  let lastId = 0;
  let ended: PasserelleError | undefined;
  let closing: Promise<void> | undefined;

  /** `all`: with those that wait for a write. */
  const post = (all: boolean): void => {
    const commands = all ? [...patient, ...outbox] : outbox;
    outbox = [];
    if (all) {
      clearTimeout(patience);
      patience = undefined;
      patient = [];
    }
    if (commands.length === 0) return;
    posted += commands.length;
    worker.postMessage(commands, transfers);
    transfers = [];
  };
  const flush = (): void => {
    isFlushing = false;
    post(outbox.some(({ name }) => name in WRITES || name === 'close'));
  };
  // At the end of the turn, so that callers that one answer woke travel together; and while the worker is in a commit, together with what comes
  // until its answer: they would wait there as they wait here, and waking a thread costs more than writing many a row.
  const flushSoon = (): void => {
    if (isFlushing || posted > 0 || outbox.length === 0) return;
    isFlushing = true;
    setImmediate(flush);
  };
  const send = (name: Command['name'], args: readonly unknown[], { items, bytes, transfer, canWait }: Load): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    const id = ++lastId;
    (canWait ? patient : outbox).push({ id, name, args, items, bytes });
    if (canWait) patience ??= setTimeout(post, patienceMs, true);
    transfers.push(...transfer);
    waitingBytes += bytes;
    flushSoon();
    return new Promise((resolve, reject) => waiting.set(id, { bytes, resolve, reject }));
  };
  const end = (error: PasserelleError): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };

  worker.on('message', (answers: readonly Answer[]) => {
    for (const answer of answers) {
      const command = waiting.get(answer.id);
      if (!command) continue;
      posted -= 1;
      waiting.delete(answer.id);
      waitingBytes -= command.bytes;
      if ('error' in answer) command.reject(PasserelleError.fromData(answer.error));
      else command.resolve(answer.value);
    }
    flushSoon();
  });
  worker.on('error', (error) => end(gone('a worker that failed', error)));
  const failed = Promise.withResolvers<void>();
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      if (!closing) failed.resolve();
      end(gone('a closed journal'));
      resolve();
    });
  });

  return {
    tag,
    lastMessage,
    call: (name, args, load = LIGHT) => {
      const isFull = waiting.size >= INBOX_COMMANDS || waitingBytes + load.bytes > INBOX_BYTES;
      return (isFull ? Promise.reject(gone('too much waiting for the disk')) : send(name, args, load)) as Promise<never>;
    },
    failed: failed.promise,
    close: () => {
      closing ??= send('close', [], LIGHT).then(
        () => exited,
        () => exited,
      );
      ended ??= gone('a closed journal');
      return closing;
    },
    cpuUsage: (previous) => worker.cpuUsage(previous),
  };
}

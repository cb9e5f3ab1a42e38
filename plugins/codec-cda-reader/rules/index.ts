/**
 * Validation of a CDA against the official rule files of a folder (SAFETY B9): a diagnosis for people, never a condition of delivery.
 * One warm worker thread does it: the first document of a kind takes seconds, and the engine must not.
 */
import { Worker } from 'node:worker_threads';
import { PasserelleError, type DocumentFinding } from '../../../core/contract/index.ts';
import type { Order } from './check.ts';
import type { Answer } from './worker.ts';

export interface ValidateOptions {
  /** Also the profiles of all content models, seconds more: what we write is held to them in tests. */
  readonly profiles?: boolean;
  /** The schema alone: milliseconds, for what must not wait. */
  readonly schemaOnly?: boolean;
  /** After this the thread is ended: what was found until then is said, with a warning. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;
const MEMORY_MB = 768;

let worker: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * `rulesFolder` holds `CDA_extended.xsd` with what it includes, and the schematrons with their value sets, at any depth. Nothing is found =
 * valid. A document that cannot be read, or is too large for the rules, is a finding. Throws ERR_NOT_FOUND when the folder has no schemas.
 */
export function validate(content: Uint8Array, rulesFolder: string, options: ValidateOptions = {}): Promise<readonly DocumentFinding[]> {
  const order: Order = { content, folder: rulesFolder, profiles: options.profiles ?? false, schemaOnly: options.schemaOnly ?? false };
  // In turn: the thread does one at a time, and the time of one must not count for the next.
  const result = last.then(() => exchange(order, options.timeoutMs ?? TIMEOUT_MS));
  last = result.catch(() => undefined);
  return result;
}

async function exchange(order: Order, timeoutMs: number): Promise<readonly DocumentFinding[]> {
  const thread = (worker ??= launch());
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  let schema: readonly DocumentFinding[] = [];
  const hear = (answer: Answer): void => {
    if ('schema' in answer) schema = answer.schema;
    else resolve(answer);
  };
  const ended = (): void => resolve(undefined);
  // Not for the next document any more, even if it still answers.
  const timer = setTimeout(() => {
    if (worker === thread) worker = undefined;
    void thread.terminate();
  }, timeoutMs);
  thread.on('message', hear).once('exit', ended).ref();
  thread.postMessage(order);
  try {
    const answer = await promise;
    if (answer && 'findings' in answer) return answer.findings;
    if (answer && 'error' in answer) throw PasserelleError.fromData(answer.error);
    return [...schema, { severity: 'warning', rules: 'schematron', message: 'the checks took too long or too much memory, and were stopped' }];
  } finally {
    clearTimeout(timer);
    thread.off('message', hear).off('exit', ended).unref();
  }
}

function launch(): Worker {
  const thread = new Worker(new URL('./worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    env: {},
    stdout: true,
    stderr: true,
  });
  // Nobody reads its output: reading would keep this process from ending. The thread writes none (worker.ts).
  thread
    .on('error', () => undefined)
    .once('exit', () => {
      if (worker === thread) worker = undefined;
    });
  return thread;
}

/** `Idempotency-Key` on POST: a client that lost our answer asks again and gets the first one, without a second act. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PasserelleError } from '../../core/contract/index.ts';

interface Answer {
  readonly fingerprint: string;
  /** Absent while the first request runs. */
  readonly done?: { readonly status: number; readonly type: string; readonly body: string };
}

/** Answers are small; both bounds protect memory from a client that never repeats itself. The oldest go first. */
const MAX_ANSWERS = 1_000;
const MAX_BYTES = 8 * 1024 * 1024;

const KEY_HEADER = 'idempotency-key';

/** Memory of one process: a key is forgotten at restart, where the journal's own transitions refuse a second act. */
export class IdempotencyMemory {
  readonly #answers = new Map<string, Answer>();
  /** Requests that run for their key, as against repetitions of it. */
  readonly #first = new WeakSet<FastifyRequest>();
  #bytes = 0;

  /** Answers a repeated request; throws ERR_IDEMPOTENCY for a key of another request, or of one that still runs. */
  async before(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const key = keyOf(request);
    if (key === undefined) return undefined;
    const fingerprint = fingerprintOf(request);
    const known = this.#answers.get(key);
    if (!known) {
      this.#first.add(request);
      this.#put(key, { fingerprint });
      return undefined;
    }
    if (known.fingerprint !== fingerprint || !known.done) throw new PasserelleError('ERR_IDEMPOTENCY');
    const { status, type, body } = known.done;
    return reply.code(status).type(type).header('idempotency-replayed', 'true').send(body);
  }

  /** Keeps the answer; a failure of ours is forgotten, so that the same key may try again. */
  async after(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    const key = this.#first.has(request) ? keyOf(request) : undefined;
    const known = key === undefined ? undefined : this.#answers.get(key);
    if (key === undefined || !known) return;
    this.#drop(key);
    if (reply.statusCode >= 500 || typeof payload !== 'string') return;
    const done = { status: reply.statusCode, type: String(reply.getHeader('content-type')), body: payload };
    this.#put(key, { fingerprint: known.fingerprint, done });
  }

  #put(key: string, answer: Answer): void {
    this.#answers.set(key, answer);
    this.#bytes += sizeOf(answer);
    for (const [oldest, { done }] of this.#answers) {
      if (this.#answers.size <= MAX_ANSWERS && this.#bytes <= MAX_BYTES) return;
      // What runs now is bounded by the connections, and must not be run twice.
      if (done) this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const answer = this.#answers.get(key);
    if (!answer) return;
    this.#bytes -= sizeOf(answer);
    this.#answers.delete(key);
  }
}

const sizeOf = ({ done }: Answer): number => done?.body.length ?? 0;

function keyOf({ method, headers }: FastifyRequest): string | undefined {
  const key = headers[KEY_HEADER];
  if (method !== 'POST' || key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[!-~]{1,200}$/.test(key)) {
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: `/headers/${KEY_HEADER}` }, expected: '1 to 200 visible ASCII characters' });
  }
  return key;
}

const fingerprintOf = ({ url, body }: FastifyRequest): string =>
  createHash('sha256')
    .update(`${url}\n${JSON.stringify(body) ?? ''}`)
    .digest('hex');

/**
 * The load: a child process that sends messages in a closed loop, one in flight on each connection, and times the way from the write to the
 * acknowledgement. With a rate it is paced, and the time counts from when a message was due, so that a stall is not hidden by what was
 * not sent meanwhile. It is started with a `LoadPlan` and then does what `LoadOrder` says.
 */
import net from 'node:net';
import { adtSource, type Source } from './adt.ts';
import { frameReader, segment } from './frames.ts';
import { mdmSource } from './mdm.ts';

export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly kind: 'adt' | 'mdm';
  /** Of an mdm, about. */
  readonly bytes: number;
  /** Numbers of the patients: from `firstPatient` on. Each connection has its own share. */
  readonly patients: number;
  readonly firstPatient: number;
  /** Number of the first message. */
  readonly firstNumber: number;
  /** Before the number in MSH-10: at most 12 characters. */
  readonly prefix: string;
}

export interface LoadOrder {
  readonly messages: number;
  /** Messages per second over all connections; absent = as fast as answers come. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly generated: number;
  readonly acknowledged: number;
  /** Of the messages, without framing. */
  readonly bytes: number;
  /** Of the first write, ms since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  /** Of this process for this order, making the messages included. */
  readonly cpuMs: number;
  /** First answer that was not AA for this message, or first connection that failed. */
  readonly problem?: string;
}

/** How long a first connection is tried: an engine that starts is waited for. */
const CONNECT_MS = 300_000;
const ANSWER_MS = 120_000;

class Connection {
  readonly source: Source;
  readonly #plan: LoadPlan;
  #socket: net.Socket | undefined;
  #waiting: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined;

  constructor(plan: LoadPlan, index: number) {
    this.#plan = plan;
    const share = Array.from({ length: plan.patients }, (_, i) => i).filter((i) => i % plan.connections === index);
    const patients = share.map((i) => i + plan.firstPatient);
    this.source = plan.kind === 'adt' ? adtSource(patients, plan.prefix, plan.firstPatient + index) : mdmSource(patients, plan.prefix, plan.bytes);
  }

  async exchange(frame: Buffer): Promise<string> {
    this.#socket ??= await this.#connect();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting = { resolve, reject };
    this.#socket.write(frame);
    return promise;
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #connect(): Promise<net.Socket> {
    for (const deadline = Date.now() + CONNECT_MS; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
      const socket = net.connect({ host: this.#plan.host, port: this.#plan.port, noDelay: true });
      try {
        await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      } catch (error) {
        if (Date.now() > deadline) throw error;
        continue;
      }
      const fail = (error: Error): void => this.#waiting?.reject(error);
      socket.setTimeout(ANSWER_MS, () => fail(new Error('no answer in time')));
      socket.on('error', fail).on('close', () => fail(new Error('connection closed')));
      return socket.on(
        'data',
        frameReader((answer) => this.#waiting?.resolve(answer.toString('latin1'))),
      );
    }
  }
}

const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
const connections = Array.from({ length: plan.connections }, (_, i) => new Connection(plan, i));
let number = plan.firstNumber;

async function load({ messages, rate }: LoadOrder): Promise<LoadResult> {
  const delays: number[] = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const startedAt = Date.now();
  let [generated, acknowledged, bytes] = [0, 0, 0];
  let problem: string | undefined;
  const send = async (connection: Connection): Promise<void> => {
    while (generated < messages) {
      const due = rate ? begun + (generated * 1000) / rate : 0;
      generated += 1;
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      const { controlId, frame } = connection.source.next(number++);
      bytes += frame.length - 3;
      const from = due || performance.now();
      const answer = await connection.exchange(frame);
      delays.push(performance.now() - from);
      const msa = segment(answer, 'MSA');
      if (msa[1] === 'AA' && msa[2] === controlId) acknowledged += 1;
      else problem ??= answer.slice(0, 400);
    }
  };
  await Promise.all(connections.map((c) => send(c).catch((error: unknown) => (problem ??= String(error)))));
  const { user, system } = process.cpuUsage(cpu);
  delays.sort((a, b) => a - b);
  const at = (part: number): number | null => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? null;
  return {
    generated,
    acknowledged,
    bytes,
    startedAt,
    seconds: (performance.now() - begun) / 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    cpuMs: (user + system) / 1000,
    ...(problem && { problem }),
  };
}

process.on('message', (order: LoadOrder) => void load(order).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit());

/**
 * What a message costs in the thread of its connector and in what stands around it, with the messages of the load: every patient and event is
 * another, so that the compiler meets what it meets in an engine (`node dist/test/bench/connector-host.js [rounds] [adt|mdm]`). Microseconds of
 * the thread's own CPU per message, median and lowest of the rounds after a warm-up. `open` to `build` are of this thread, `host` of the worker.
 */
import { Worker } from 'node:worker_threads';
import type { DecodeResult, EncodeResult, Envelope } from 'passerelle/contract';
import { openMessage } from '../../core/codecs/open.ts';
import { canonicalEvents } from '../../core/lanes/events.ts';
import { checkDecoded, checkEncoded } from '../../core/lanes/connector-results.ts';
import { codec } from '../../plugins/codec-hl7v2/index.ts';
import { adtSource } from './adt.ts';
import { mdmSource } from './mdm.ts';
import { NOW, documents, origin, settings } from './site.ts';

const ROUNDS = Number(process.argv[2] ?? 30);
const KIND = process.argv[3] === 'mdm' ? 'mdm' : 'adt';
const PER_ROUND = KIND === 'mdm' ? 64 : 512;
const WARM_UP = 10;
/** Calls that travel together in an engine under load. */
const BATCH = 8;

const worker = new Worker(new URL('../../core/registry/host-worker.js', import.meta.url), {
  workerData: { module: new URL('../../connectors/ci-sis/src/index.js', import.meta.url).pathname },
  env: {},
});
let batch = 0;
const answered = (): Promise<string> => new Promise((resolve) => worker.once('message', resolve));
await answered();

const costs = new Map<string, number[]>();
const note = (step: string, microseconds: number): void => void costs.set(step, [...(costs.get(step) ?? []), microseconds / PER_ROUND]);

function spent(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** One step of all messages of a round, in this thread. */
function here<T, R>(step: string, list: readonly T[], work: (one: T) => R): R[] {
  const start = process.cpuUsage();
  const results = list.map(work);
  note(step, spent(start));
  return results;
}

/** One call for each of them, in the host; and both ways of JSON in this thread. */
async function inHost(operation: string, calls: readonly object[]): Promise<unknown[]> {
  const before = await worker.cpuUsage();
  let json = 0;
  const values: unknown[] = [];
  for (let from = 0; from < calls.length; from += BATCH) {
    const start = process.cpuUsage();
    const text = JSON.stringify({ batch: (batch += 1), calls: calls.slice(from, from + BATCH).map((call) => ({ ...call, operation })) });
    json += spent(start);
    const waiting = answered();
    worker.postMessage(text);
    const answer = await waiting;
    const again = process.cpuUsage();
    const { answers } = JSON.parse(answer) as { answers: { value?: unknown; error?: unknown }[] };
    json += spent(again);
    for (const one of answers) {
      if (one.error) throw new Error(`the host refuses: ${JSON.stringify(one.error)}`);
      values.push(one.value);
    }
  }
  const { user, system } = await worker.cpuUsage(before);
  note(`host: ${operation}`, user + system);
  note(`JSON of ${operation}`, json);
  return values;
}

const patients = Array.from({ length: 500 }, (_, i) => i);
const source = KIND === 'mdm' ? mdmSource(patients, 'bench.', 200_000) : adtSource(patients, 'bench.', 7);
let number = 0;

async function round(): Promise<void> {
  const messages = Array.from({ length: PER_ROUND }, () => Buffer.from(source.next((number += 1)).frame.subarray(1, -2)));
  const call = (seed: string): object => ({ ...(number <= PER_ROUND && { settings }), slot: 1, now: NOW, seed });
  here('split and peek', messages, (bytes) => codec.split(bytes).map((one) => codec.peek(one)));
  const opened = here('open', messages, (bytes) => openMessage(bytes, codec, documents, settings.charsetFallback));
  const decodes = opened.map(({ envelope }, i) => ({ ...call(`m${number}${i}`), messageId: `M${number + i}`, envelope }));
  const decoded = (await inHost('decode', decodes)) as { result: DecodeResult }[];
  const results = here('check of decode', decoded, ({ result }) => checkDecoded(result));
  const events = here('canonicalEvents', results, ({ events: drafts }) => canonicalEvents(drafts, origin, () => 'subject'));
  const encodes = events.map((made, i) => {
    if ('error' in made) throw new Error(`an event is refused: ${JSON.stringify(made.error)}`);
    return {
      ...call(`d${number}${i}`),
      input: {
        event: made.events.at(-1),
        parts: opened[i]!.envelope.parts.map(({ part, mime, bytes, sha256, read }) => ({ part, mime, bytes, sha256, read })),
      },
    };
  });
  const encoded = ((await inHost('encode', encodes)) as EncodeResult[]).map(checkEncoded);
  const envelopes = encoded.map((made) => {
    if (made.outcome !== 'message') throw new Error(`an event is not written: ${JSON.stringify(made)}`);
    return made.envelope;
  });
  const content = Buffer.alloc(200);
  here('build', envelopes, (envelope) =>
    codec.build(
      envelope,
      () => content,
      () => content,
    ),
  );
  const replies: Envelope[] = envelopes.map(({ controlId }) => {
    const text = `MSH|^~\\&|DCC|990009995|PASSERELLE||20261015100000+0200||ACK^A31^ACK|R${controlId}|T|2.5|||||FRA|UNICODE UTF-8\rMSA|AA|${controlId}\r`;
    return openMessage(Buffer.from(text), codec, [], 'windows-1252').envelope;
  });
  await inHost(
    'interpret',
    replies.map((reply, i) => ({ reply, sent: { controlId: envelopes[i]!.controlId, type: 'dcc.visit.opened' } })),
  );
}

for (let i = 0; i < WARM_UP; i++) await round();
costs.clear();
for (let i = 0; i < ROUNDS; i++) await round();
console.log(`CPU, microseconds per ${KIND}`.padEnd(30), 'median'.padStart(9), 'lowest'.padStart(9));
const sums = [0, 0];
for (const [step, values] of costs) {
  const sorted = values.toSorted((a, b) => a - b);
  const shown = [sorted[sorted.length >> 1] ?? 0, sorted[0] ?? 0];
  shown.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value));
  console.log(step.padEnd(30), ...shown.map((value) => value.toFixed(1).padStart(9)));
}
console.log('all'.padEnd(30), ...sums.map((value) => value.toFixed(1).padStart(9)));
await worker.terminate();

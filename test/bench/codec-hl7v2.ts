/**
 * What one message costs in CPU, step by step, from bytes to the message that leaves: an ADT of 1 KB and an MDM of 200 KB with a CDA N1
 * (`node dist/test/bench/codec-hl7v2.js [iterations]`). Microseconds of process CPU per call, warm, the lowest of forty rounds; beside it
 * hl7-standard on the same ADT, since only ratios travel from one machine to another.
 */
import HL7 from 'hl7-standard';
import type { DecodeResult, EncodablePart } from 'passerelle/contract';
import { checkEventData, type CanonicalEvent } from 'passerelle/model';
import { connector } from '../../connectors/ci-sis/src/index.ts';
import { canonicalEvents } from '../../core/lanes/events.ts';
import { openMessage } from '../../core/codecs/open.ts';
import { contextFor } from '../../core/registry/host-context.ts';
import { codec } from '../../plugins/codec-hl7v2/index.ts';
import { ADT, MDM } from './messages.ts';
import { NOW, documents, origin, settings } from './site.ts';

const ITERATIONS = Number(process.argv[2] ?? 20_000);
/** Short enough that some are left in peace by the rest of the machine. */
const ROUNDS = 40;

/** Lowest CPU of one call in microseconds. */
function cost(iterations: number, call: () => unknown): number {
  let lowest = Infinity;
  const calls = Math.ceil(iterations / ROUNDS);
  for (let round = -ROUNDS / 4; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < calls; i++) call();
    const { user, system } = process.cpuUsage(start);
    // Those before zero warm up.
    if (round >= 0) lowest = Math.min(lowest, (user + system) / calls);
  }
  return lowest;
}

function eventsOf(result: DecodeResult): readonly CanonicalEvent[] {
  const made = canonicalEvents(result.events, origin, () => 'subject');
  if (result.error || 'error' in made) throw new Error(`the message of the bench is refused: ${JSON.stringify(result.error ?? made)}`);
  return made.events;
}

/** The steps of one message, in the order in which it meets them. */
function stepsOf(bytes: Uint8Array): Readonly<Record<string, () => unknown>> {
  let calls = 0;
  // Each call is another message to the engine: other ids, another second of the day.
  const context = (): ReturnType<typeof contextFor> =>
    contextFor({ operation: 'acknowledge', settings, now: new Date(Date.parse(NOW) + calls).toISOString(), seed: `bench${(calls += 1)}` } as never);
  const { envelope } = openMessage(bytes, codec, documents, settings.charsetFallback);
  const contents = codec.open(bytes, { charsetFallback: settings.charsetFallback, readDocument: () => undefined }).parts;
  const result = connector.decode(envelope, context());
  const events = eventsOf(result);
  // The identity of a stay travels within its event: one message leaves.
  const event = events.at(-1);
  if (!event) throw new Error('the message of the bench says nothing');
  const parts: EncodablePart[] = envelope.parts.map(({ part, mime, bytes: size, sha256, read }) => ({
    part,
    mime,
    bytes: size,
    sha256,
    ...(read && { read }),
  }));
  const written = connector.encode({ event, parts }, context());
  if (written.outcome !== 'message') throw new Error(`the event of the bench is not written: ${JSON.stringify(written)}`);
  const content = (name: string): Uint8Array => contents.find(({ part }) => part === name)?.content ?? Buffer.alloc(0);
  const reply = connector.acknowledge({ decision: 'accept', ack: 'AA', warnings: [] }, envelope, context());
  if (!reply) throw new Error('the message of the bench is not answered');
  const replyBytes = Buffer.concat(codec.build(reply, content));
  const replyEnvelope = openMessage(replyBytes, codec, documents, settings.charsetFallback).envelope;
  return {
    split: () => codec.split(bytes),
    peek: () => codec.peek(bytes),
    open: () => openMessage(bytes, codec, documents, settings.charsetFallback),
    decode: () => connector.decode(envelope, context()),
    acknowledge: () => connector.acknowledge({ decision: 'accept', ack: 'AA', warnings: [] }, envelope, context()),
    checkEventData: () => result.events.map(({ type, data }) => checkEventData(type, data)),
    canonicalEvents: () => canonicalEvents(result.events, origin, () => 'subject'),
    encode: () => connector.encode({ event, parts }, context()),
    build: () => codec.build(written.envelope, content),
    'open of the reply': () => openMessage(replyBytes, codec, documents, settings.charsetFallback),
    interpret: () => connector.interpret(replyEnvelope, { controlId: envelope.text.split('|')[9] ?? '', type: event.type }),
  };
}

const [adt, mdm] = [stepsOf(ADT), stepsOf(MDM)];
console.log(`CPU, microseconds per call`.padEnd(30), `ADT ${ADT.length}`.padStart(12), `MDM ${MDM.length}`.padStart(12));
const row = (name: string, values: readonly number[]): void =>
  console.log(name.padEnd(30), ...values.map((value) => value.toFixed(value < 100 ? 2 : 0).padStart(12)));
const sums = [0, 0];
for (const name of Object.keys(adt)) {
  const values = [cost(ITERATIONS, adt[name] ?? (() => undefined)), cost(ITERATIONS / 20, mdm[name] ?? (() => undefined))];
  values.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value));
  row(name, values);
}
row('all', sums);
const text = ADT.toString();
const library = cost(ITERATIONS / 10, () => new HL7(text).transform());
row('hl7-standard: transform', [library]);

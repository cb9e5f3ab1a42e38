/** One delivery lane on a real journal, with a connector and an endpoint that do what a test tells them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JournalStore, MessageCodec, QueuedDelivery, RoutedEvent, SendResult, Sink } from '../../core/contract/index.ts';
import { UNCONFIGURED } from '../../core/contract/index.ts';
import { Codecs } from '../../core/codecs/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { DeliveryLane, type DeliveryEndpoint, type LanePorts } from '../../core/lanes/index.ts';
import type { HostCall } from '../../core/registry/index.ts';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { decided, hashed, incoming, routed } from '../contract/journal/samples.ts';

export const LANE = 'dcc-out';
const encoder = new TextEncoder();

export class LaneBench {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'passerelle-lane-'));
  journal!: JournalStore;
  lane!: DeliveryLane;
  readonly index = new BlindIndex(Buffer.alloc(32));
  /** What the endpoint was sent, in order: the ids of the events. */
  readonly sent: string[] = [];
  readonly logged: string[] = [];
  /** Replaced by a test that wants another endpoint. */
  send: (id: string) => Promise<SendResult> = async () => ({ bytes: encoder.encode('AA') });
  interpret: (reply: string) => unknown = () => ({ outcome: 'delivered', ack: 'AA' });
  encode: (id: string, call: Extract<HostCall, { operation: 'encode' }>) => unknown = (id) => ({
    outcome: 'message',
    envelope: { format: 'plain', text: id, controlId: id.slice(0, 20) },
  });
  legs: LanePorts['legs'];
  /** What becomes of a message before its first byte is written. */
  meanwhile: (pieces: Uint8Array[]) => void = () => undefined;
  concurrency = 1;

  async open(): Promise<void> {
    this.journal = await openSqliteJournal(this.folder);
  }

  /** A lane as a start of the engine makes it. */
  make(over: Partial<DeliveryEndpoint> = {}, window?: number): DeliveryLane {
    const policy = { idempotent: false, duplicates: 'review', resendAfterMs: 60_000, attempts: 3, firstMs: 5, maxMs: 10 } as const;
    const endpoint: DeliveryEndpoint = {
      name: LANE,
      connector: 'k-process',
      connectorVersion: '1.0.0',
      format: 'plain',
      settings: UNCONFIGURED,
      role: 'record',
      policy,
      order: 'patient',
      onDead: 'block',
      ackTimeoutMs: 5000,
      address: 'test',
      ...over,
    };
    const sink: Sink = {
      concurrency: this.concurrency,
      send: async (message, { mayBegin }) => {
        this.meanwhile(message as Uint8Array[]);
        mayBegin?.();
        const id = Buffer.concat([message].flat()).toString();
        this.sent.push(id);
        return this.send(id);
      },
      probe: async () => undefined,
      stop: async () => undefined,
    };
    return (this.lane = new DeliveryLane(endpoint, sink, this.#ports(), undefined, window));
  }

  /** Deliveries in the journal, one message each, in order; `patient` and what else differs are said by the test. */
  async queue(events: readonly Partial<RoutedEvent>[]): Promise<readonly QueuedDelivery[]> {
    const made: QueuedDelivery[] = [];
    for (let at = 0; at < events.length; at += 500) {
      const some = events.slice(at, at + 500);
      const received = await this.journal.receive(some.map(() => incoming()));
      const rows = await this.journal.decide(received.map(({ message }, i) => decided(message, { events: [routed(some[i])] })));
      made.push(...rows.flat());
    }
    return made;
  }

  async states(): Promise<Record<string, number>> {
    const lanes = await this.journal.lanes();
    return { ...lanes.find((l) => l.lane === LANE)?.counts };
  }

  async close(): Promise<void> {
    await this.lane?.stop();
    await this.journal.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #ports(): LanePorts {
    return {
      journal: this.journal,
      connectors: {
        call: async <T>(_: string, __: string, call: HostCall): Promise<T> => {
          if (call.operation === 'encode') return this.encode((call.input.event as { id: string }).id, call) as T;
          return this.interpret('reply' in call ? call.reply.text : '') as T;
        },
      },
      index: this.index,
      codec: () => plainCodec,
      codecs: new Codecs(() => plainCodec, []),
      ...(this.legs && { legs: this.legs }),
      now: Date.now,
      random: Math.random,
      count: () => undefined,
      log: (level, what, fields) => void this.logged.push(`${level} ${what} ${JSON.stringify(fields)}`),
    };
  }
}

export const patient = (name: string): readonly string[] => [hashed(name)];

const plainCodec: MessageCodec = {
  id: 'plain',
  split: (bytes) => [bytes],
  peek: () => ({ fingerprint: hashed('plain') }),
  open: (bytes) => ({ envelope: { format: 'plain', text: Buffer.from(bytes).toString(), parts: [], charset: 'utf-8', warnings: [] }, parts: [] }),
  plainReply: () => undefined,
  build: (envelope) => [encoder.encode(envelope.text)],
};

/** One inbound lane on a real journal, with a connector and judges that do what a test tells them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UNCONFIGURED, type JournalStore, type MessageCodec } from '../../core/contract/index.ts';
import { Codecs } from '../../core/codecs/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { Knowledge, type Judge } from '../../core/knowledge/index.ts';
import { InboundLane, type InboundEndpoint } from '../../core/lanes/index.ts';
import type { HostCall } from '../../core/registry/index.ts';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { hashed } from '../contract/journal/samples.ts';

const encoder = new TextEncoder();
export const ACCEPTED = { decision: 'accept', events: [], warnings: [] };

/** A message is its own control id; the answer says the acknowledgement code. */
export const plainCodec: MessageCodec = {
  id: 'plain',
  split: (bytes) => [bytes],
  peek: (bytes) => ({ controlId: Buffer.from(bytes).toString(), fingerprint: hashed(Buffer.from(bytes).toString()) }),
  open: (bytes) => ({ envelope: { format: 'plain', text: Buffer.from(bytes).toString(), parts: [], charset: 'utf-8', warnings: [] }, parts: [] }),
  plainReply: (_, { ack }) => ({ bytes: encoder.encode(ack) }),
  build: (envelope) => [encoder.encode(envelope.text)],
};

/** What a connector makes of an identity named by its text. */
export const identityOf = (text: string): object => ({
  ...ACCEPTED,
  events: [{ type: 'dcc.identity.updated', keys: [{ domain: 'd', value: 'one' }], data: { patient: { birthName: text } } }],
});
export const nameIn = (data: unknown): string => (data as { patient: { birthName: string } }).patient.birthName;

export class InboundBench {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'passerelle-in-'));
  /** Replaced by a test that wants another one. */
  journal!: JournalStore;
  lane!: InboundLane;
  decode: (text: string) => unknown = () => ACCEPTED;
  acknowledgement: unknown;
  judges: readonly Judge[] = [];
  /** Whose deliveries were handed to their lanes. */
  readonly offered: string[] = [];

  async open(): Promise<void> {
    this.journal = await openSqliteJournal(this.folder);
    await this.make().start();
  }

  make(name = 'chx-in', over: Partial<InboundEndpoint> = {}): InboundLane {
    const endpoint: InboundEndpoint = {
      name,
      connector: 'dxcare',
      connectorVersion: '1.0.0',
      format: 'plain',
      settings: UNCONFIGURED,
      role: 'establishment',
      reply: 'decoded',
      replyWithinMs: 2000,
      address: 'test',
      ...over,
    };
    return (this.lane = new InboundLane(endpoint, {
      journal: this.journal,
      knowledge: new Knowledge(this.journal, this.judges),
      connectors: {
        call: async <T>(_: string, __: string, call: HostCall): Promise<T> => {
          if (call.operation === 'decode') return { result: this.decode(call.envelope.text), acknowledgement: this.acknowledgement } as T;
          if (call.operation === 'acknowledge') return { format: 'plain', text: call.reception.ack } as T;
          throw new Error('not asked for');
        },
      },
      index: new BlindIndex(Buffer.alloc(32)),
      codec: () => plainCodec,
      codecs: new Codecs(() => plainCodec, []),
      now: Date.now,
      random: Math.random,
      count: () => undefined,
      log: () => undefined,
      destinations: () => [{ lane: 'out', site: 'dcc', role: 'record', sends: ['*'] }],
      queued: (deliveries) => this.offered.push(...deliveries.map(({ event }) => nameIn(event['data']))),
      identified: () => undefined,
      answered: () => undefined,
      replaced: () => undefined,
      deliveredOf: () => Promise.resolve(),
    }));
  }

  /** The answer to a message. */
  async say(text: string): Promise<string> {
    const { bytes } = await this.lane.receive({ bytes: encoder.encode(text), peer: 'test' });
    return bytes ? Buffer.from(bytes).toString() : '';
  }

  async stateOf(text: string): Promise<string | undefined> {
    return (await this.journal.messages({}, { limit: 100 })).items.find((m) => m.controlId === text)?.state;
  }

  async close(): Promise<void> {
    await this.lane.stop();
    await this.journal.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

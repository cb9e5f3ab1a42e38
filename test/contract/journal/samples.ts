/** Synthetic records for the journal's contract suite, fault tests and bench: one full life of a message, of any size. */
import { hash } from 'node:crypto';
import type { EncodedMessage, IncomingMessage, JournalStore, LaneLease, MessageDecision, RoutedEvent } from '../../../core/contract/index.ts';

export const T0 = Date.parse('2026-09-14T08:00:00.000Z');
export const at = (ms: number): string => new Date(T0 + ms).toISOString();

/** A 16-byte hash in hex, as the engine's keyed hashes are. */
export const hashed = (name: string): string => hash('sha256', name).slice(0, 32);

let serial = 0;

export function incoming(over: Partial<IncomingMessage> = {}): IncomingMessage {
  const n = ++serial;
  return {
    lane: 'chx-adt-in',
    site: '990001018',
    connector: 'dxcare',
    connectorVersion: '1.0.0',
    format: 'hl7v2',
    receivedAt: at(n),
    peer: '127.0.0.1:50123',
    type: 'ADT^A01',
    controlId: `C${n}`,
    fingerprint: hashed(`content ${n}`),
    raw: Buffer.from(`MSH|^~\\&|SENDER||||20260914||ADT^A01|C${n}|T|2.5\r`),
    ...over,
  };
}

export function routed(over: Partial<RoutedEvent> = {}): RoutedEvent {
  const n = ++serial;
  return {
    event: { id: `event-${n}`, type: 'dcc.identity.updated', time: at(n), data: { n } },
    keys: [hashed(`patient ${n}`)],
    kind: 'identity',
    destinations: [{ lane: 'dcc-out' }],
    ...over,
  };
}

export const decided = (message: number, over: Partial<MessageDecision> = {}): MessageDecision => ({
  message,
  run: 1,
  state: 'decoded',
  decidedAt: at(1000),
  decision: 'accept',
  warnings: [],
  parts: [],
  events: [routed()],
  terms: [],
  ...over,
});

export const encoded = (over: Partial<EncodedMessage> = {}): EncodedMessage => ({
  envelope: { format: 'hl7v2', text: 'MSH|^~\\&|PASSERELLE\r', controlId: 'OUT1' },
  controlId: 'OUT1',
  sha256: hashed('bytes sent'),
  bytes: 20,
  connector: 'k-process',
  connectorVersion: '1.0.0',
  ...over,
});

/** One message from receipt to delivery on the hot path of the engine, two commits. `filler` is what the sizes are made of. */
export async function hotCycle(store: JournalStore, raw: Uint8Array, filler: string, leases: readonly LaneLease[] = []): Promise<void> {
  const n = ++serial;
  const [id] = (await store.reserve(1)) as [number];
  const patient = hashed(`bench patient ${n}`);
  const event = routed({ keys: [patient], event: { id: hashed(`event ${n}`), type: 'dcc.identity.updated', time: at(n), data: { filler } } });
  const terms = [patient, hashed(`ins ${n}`), hashed(`name and birth date ${n}`)];
  const message = incoming({ raw, fingerprint: hashed(`bench ${n}`) });
  const [admitted] = await store.admit([{ message, decision: decided(id, { events: [event], terms, ack: 'AA' }) }], leases[0]);
  const { delivery } = admitted!.deliveries![0]!;
  const envelope = { format: 'hl7v2', text: filler, controlId: `OUT${n}` };
  const begun = { startedAt: at(n), encoded: encoded({ envelope, controlId: `OUT${n}` }) };
  await store.settle([{ delivery, from: 'queued', to: 'delivered', at: at(n + 5), counted: true, ack: 'AA', begun }], leases[1]);
}

/** One message from receipt to delivery in four commits, as the engine asks for them. `filler` is what the sizes are made of. */
export async function fullCycle(store: JournalStore, raw: Uint8Array, filler: string): Promise<void> {
  const n = ++serial;
  const message = incoming({ raw, fingerprint: hashed(`bench ${n}`) });
  const id = (await store.receive([message]))[0]!.message;
  const patient = hashed(`bench patient ${n}`);
  const event = routed({
    keys: [patient],
    event: { id: hashed(`event ${n}`), type: 'dcc.identity.updated', time: at(n), data: { filler } },
  });
  const terms = [patient, hashed(`ins ${n}`), hashed(`name and birth date ${n}`)];
  const delivery = (await store.decide([decided(id, { events: [event], terms, ack: 'AA' })]))[0]![0]!;
  const envelope = { format: 'hl7v2', text: filler, controlId: `OUT${n}` };
  await store.begin([{ delivery: delivery.delivery, startedAt: at(n), encoded: encoded({ envelope, controlId: `OUT${n}` }) }]);
  await store.settle([{ delivery: delivery.delivery, from: 'sending', to: 'delivered', at: at(n + 5), counted: true, ack: 'AA' }]);
}

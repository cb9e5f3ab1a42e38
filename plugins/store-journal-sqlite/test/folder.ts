/** A folder for one test, and one message from receipt to delivery. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncomingMessage, JournalStore, Settlement } from '../../../core/contract/index.ts';
import { PasserelleError } from '../../../core/contract/index.ts';

export const AT = '2026-09-14T08:00:00.000Z';

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-sqlite-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const message = (n: number, raw: Uint8Array = Buffer.from('MSH|')): IncomingMessage => ({
  lane: 'chx-adt-in',
  site: '990001018',
  connector: 'dxcare',
  connectorVersion: '1.0.0',
  format: 'hl7v2',
  receivedAt: AT,
  peer: '127.0.0.1:50123',
  type: 'ADT^A01',
  controlId: `C${n}`,
  fingerprint: `content ${n}`,
  raw,
});

/** An ADT of an ordinary patient as far as it is being sent: identity event, one destination, three index terms. Answers its delivery. */
export async function sent(store: JournalStore, n: number, raw: Uint8Array): Promise<number> {
  const hash = (kind: number): string => `${kind}${n.toString(16).padStart(31, '0')}`;
  const [received] = await store.receive([message(n, raw)]);
  const id = received!.message;
  const data = { text: 'x'.repeat(900) };
  const event = { id: hash(9), type: 'dcc.identity.updated', time: AT, data };
  const routed = { event, keys: [hash(1)], kind: 'identity', destinations: [{ lane: 'dcc-out' }] } as const;
  const terms = [hash(1), hash(2), hash(3)];
  const decision = { message: id, run: 1, state: 'decoded', decidedAt: AT, decision: 'accept', warnings: [], parts: [] } as const;
  const [made] = await store.decide([{ ...decision, events: [routed], terms, ack: 'AA' }]);
  const { delivery } = made![0]!;
  const envelope = { format: 'hl7v2', text: 'x'.repeat(900) };
  const encoded = { envelope, controlId: `O${n}`, sha256: hash(8), bytes: 900, connector: 'k-process', connectorVersion: '1.0.0' };
  await store.begin([{ delivery, startedAt: AT, encoded }]);
  return delivery;
}

export const taken = (delivery: number): Settlement => ({ delivery, from: 'sending', to: 'delivered', at: AT, counted: true, ack: 'AA' });

/** From receipt to delivery. */
export async function life(store: JournalStore, n: number, raw: Uint8Array): Promise<void> {
  await store.settle([taken(await sent(store, n, raw))]);
}

/** Code of the refusal, undefined when there was none. */
export const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof PasserelleError ? error.code : String(error)),
  );

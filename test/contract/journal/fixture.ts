/** A journal of its own for each test of the contract suite, and the refusals they expect. */
import { expect } from 'chai';
import type { ErrorCode, IncomingMessage, JournalStore, MessageDecision, QueuedDelivery, StorePlugin } from '../../../core/contract/index.ts';
import { PasserelleError } from '../../../core/contract/index.ts';
import { at, decided, encoded, incoming } from './samples.ts';

/** A store that keeps the contract: how to open it, and where its journals may stand. */
export interface StoreUnderTest {
  readonly name: string;
  readonly plugin: StorePlugin;
  /** A fresh address: an empty folder, an empty database. */
  readonly address: () => Promise<string>;
  /** Several nodes may have one journal open. */
  readonly shared?: boolean;
  /** Takes away what stood there. */
  readonly dispose: (address: string) => Promise<void>;
}

export class Fixture {
  store!: JournalStore;
  address = '';
  readonly #under: StoreUnderTest;

  constructor(under: StoreUnderTest) {
    this.#under = under;
  }

  async open(): Promise<void> {
    this.address = await this.#under.address();
    this.store = await this.#under.plugin.open(this.address);
  }

  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await this.#under.plugin.open(this.address);
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.#under.dispose(this.address);
  }

  async receive(over: Partial<IncomingMessage> = {}): Promise<number> {
    return (await this.store.receive([incoming(over)]))[0]!.message;
  }

  async decide(message: number, over: Partial<MessageDecision> = {}): Promise<readonly QueuedDelivery[]> {
    return (await this.store.decide([decided(message, over)]))[0]!;
  }

  /** A message with one delivery, in `queued`. */
  async queued(over: Partial<MessageDecision> = {}): Promise<{ message: number; delivery: number }> {
    const message = await this.receive();
    return { message, delivery: (await this.decide(message, over))[0]!.delivery };
  }

  async begin(delivery: number, first = true): Promise<void> {
    await this.store.begin([{ delivery, startedAt: at(2000), ...(first && { encoded: encoded() }) }]);
  }

  async settle(delivery: number, to: 'delivered' | 'queued' | 'review' | 'dead' | 'held', over: object = {}): Promise<void> {
    await this.store.settle([{ delivery, from: 'sending', to, at: at(3000), counted: true, ...over }]);
  }

  /** A delivery that has come to this state by the shortest way. */
  async inState(state: 'queued' | 'sending' | 'delivered' | 'review' | 'dead' | 'held', over: Partial<MessageDecision> = {}): Promise<number> {
    const { delivery } = await this.queued(over);
    if (state === 'queued') return delivery;
    await this.begin(delivery);
    if (state === 'held') {
      await this.settle(delivery, 'queued');
      await this.store.settle([{ delivery, from: 'queued', to: 'held', at: at(3100), counted: false }]);
    } else if (state !== 'sending') await this.settle(delivery, state);
    return delivery;
  }

  async stateOf(delivery: number): Promise<string | undefined> {
    const { items } = await this.store.deliveries({}, { limit: 1000 });
    return items.find((item) => item.delivery === delivery)?.state;
  }

  async act(
    verb: 'replay' | 'discard' | 'release' | 'resend' | 'confirm',
    on: { message: number } | { delivery: number },
    why?: string,
  ): Promise<void> {
    await this.store.act([{ verb, ...on, who: 'A. Person', at: at(9000), ...(why !== undefined && { why }) }]);
  }
}

/** The promise rejects with this code. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<PasserelleError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `a refusal with ${code}`).to.be.instanceOf(PasserelleError);
  expect((error as PasserelleError).code).to.equal(code);
  return error as PasserelleError;
}

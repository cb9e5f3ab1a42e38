/** The law of core/contract/states.ts under any sequence of commands, against a model that fits on a page. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { DELIVERY_TRANSITIONS, MESSAGE_TRANSITIONS, type DeliveryState, type JournalStore, type MessageState } from '../../../core/contract/index.ts';
import type { Fixture } from './fixture.ts';
import { at, decided, encoded, hashed, incoming, routed } from './samples.ts';

interface ModelDelivery {
  state: DeliveryState;
  isEncoded: boolean;
  attempts: number;
  readonly message: number;
  readonly lane: string;
  readonly run: number;
}

interface ModelMessage {
  state: MessageState;
  run: number;
  retransmissions: number;
  readonly controlId: string;
}

interface Model {
  readonly messages: Map<number, ModelMessage>;
  readonly deliveries: Map<number, ModelDelivery>;
}

const LANES = ['a-out', 'b-out'];
const OPEN: readonly DeliveryState[] = ['queued', 'held', 'review', 'dead'];
const pick = <T>(map: Map<number, T>, n: number): [number, T] | undefined => [...map][n % Math.max(map.size, 1)];

/** One command on the store and the same on the model; resolves with whether the model allows it, and what the store did. */
type Step = (store: JournalStore, model: Model) => Promise<void>;

async function attempt(isAllowed: boolean, call: Promise<unknown>): Promise<boolean> {
  const done = await call.then(
    () => true,
    (error: { code?: string }) => {
      expect(error.code).to.be.oneOf(['ERR_TRANSITION', 'ERR_INVARIANT']);
      return false;
    },
  );
  expect(done).to.equal(isAllowed);
  return done;
}

const receive =
  (n: number): Step =>
  async (store, { messages }) => {
    const controlId = `C${n}`;
    const known = [...messages].find(([, m]) => m.controlId === controlId && m.state !== 'rejected');
    const [result] = await store.receive([incoming({ controlId, fingerprint: hashed(controlId), receivedAt: at(0) })]);
    expect(result?.duplicate?.state).to.equal(known?.[1].state);
    if (known) known[1].retransmissions += 1;
    else messages.set(result!.message, { state: 'received', run: 1, retransmissions: 0, controlId });
  };

const admit =
  (n: number, state: 'decoded' | 'filtered' | 'rejected', lanes: number): Step =>
  async (store, { messages, deliveries }) => {
    const controlId = `C${n}`;
    const known = [...messages].find(([, m]) => m.controlId === controlId && m.state !== 'rejected');
    const isDecided = ![...messages.values()].some((m) => m.state === 'received');
    const [id] = (await store.reserve(1)) as [number];
    const destinations = state === 'decoded' ? LANES.slice(0, lanes).map((lane) => ({ lane })) : [];
    const message = incoming({ controlId, fingerprint: hashed(controlId), receivedAt: at(0) });
    const [result] = await store.admit([{ message, decision: decided(id, { state, events: [routed({ destinations })] }) }]);
    expect(result?.duplicate?.state).to.equal(known?.[1].state);
    expect(result?.deliveries?.length).to.equal(known || !isDecided ? undefined : destinations.length);
    if (known) known[1].retransmissions += 1;
    else messages.set(id, { state: isDecided ? state : 'received', run: 1, retransmissions: 0, controlId });
    for (const { delivery, lane } of result?.deliveries ?? [])
      deliveries.set(delivery, { state: 'queued', isEncoded: false, attempts: 0, message: id, lane, run: 1 });
  };

const decide =
  (n: number, state: 'decoded' | 'filtered' | 'quarantined' | 'rejected' | 'dead', run: number, lanes: number): Step =>
  async (store, model) => {
    const [id, message] = pick(model.messages, n) ?? [];
    if (id === undefined || !message) return;
    const destinations = state === 'decoded' ? LANES.slice(0, lanes).map((lane) => ({ lane })) : [];
    let made: readonly { readonly delivery: number; readonly lane: string }[] = [];
    const call = store.decide([decided(id, { run, state, events: [routed({ destinations })] })]).then(([list]) => (made = list!));
    if (!(await attempt(message.state === 'received' && message.run === run, call))) return;
    message.state = state;
    for (const { delivery, lane } of made) model.deliveries.set(delivery, { state: 'queued', isEncoded: false, attempts: 0, message: id, lane, run });
  };

const begin =
  (n: number, withBytes: boolean): Step =>
  async (store, { deliveries }) => {
    const [delivery, row] = pick(deliveries, n) ?? [];
    if (delivery === undefined || !row) return;
    const call = store.begin([{ delivery, startedAt: at(1), ...(withBytes && { encoded: encoded() }) }]);
    if (!(await attempt(row.state === 'queued' && row.isEncoded !== withBytes, call))) return;
    row.state = 'sending';
    row.isEncoded = true;
  };

const settle =
  (n: number, from: 'queued' | 'sending', to: Exclude<DeliveryState, 'sending'>, counted: boolean): Step =>
  async (store, { deliveries }) => {
    const [delivery, row] = pick(deliveries, n) ?? [];
    if (delivery === undefined || !row) return;
    const isMove = DELIVERY_TRANSITIONS.some((t) => t.from === from && t.to === to && t.actor === 'engine');
    if (!(await attempt(row.state === from && isMove, store.settle([{ delivery, from, to, at: at(2), counted }])))) return;
    row.state = to;
    if (counted && from === 'sending') row.attempts += 1;
  };

/** Begin and end of an attempt in one. */
const settleWhole =
  (n: number, to: Exclude<DeliveryState, 'sending'>, counted: boolean, withBytes: boolean): Step =>
  async (store, { deliveries }) => {
    const [delivery, row] = pick(deliveries, n) ?? [];
    if (delivery === undefined || !row) return;
    const isMove = DELIVERY_TRANSITIONS.some((t) => t.from === 'sending' && t.to === to && t.actor === 'engine');
    const begun = { startedAt: at(1), ...(withBytes && { encoded: encoded() }) };
    const call = store.settle([{ delivery, from: 'queued', to, at: at(2), counted, begun }]);
    if (!(await attempt(row.state === 'queued' && isMove && row.isEncoded !== withBytes, call))) return;
    row.state = to;
    row.isEncoded = true;
    if (counted) row.attempts += 1;
  };

const actOnDelivery =
  (n: number, verb: 'release' | 'resend' | 'confirm' | 'discard'): Step =>
  async (store, { deliveries }) => {
    const [delivery, row] = pick(deliveries, n) ?? [];
    if (delivery === undefined || !row) return;
    const move = DELIVERY_TRANSITIONS.find((t) => t.from === row.state && t.by === verb && t.actor === 'person');
    if (await attempt(move !== undefined, store.act([{ verb, delivery, who: 'A', at: at(3) }]))) row.state = move!.to;
  };

const actOnMessage =
  (n: number, verb: 'replay' | 'discard'): Step =>
  async (store, { messages, deliveries }) => {
    const [id, message] = pick(messages, n) ?? [];
    if (id === undefined || !message) return;
    const own = [...deliveries.values()].filter((d) => d.message === id);
    const move = MESSAGE_TRANSITIONS.find((t) => t.from === message.state && t.by === verb);
    const isBusy = verb === 'replay' && own.some((d) => d.state === 'sending');
    if (!(await attempt(move !== undefined && !isBusy, store.act([{ verb, message: id, who: 'A', why: 'motif', at: at(4) }])))) return;
    message.state = move!.to;
    if (verb === 'discard') return;
    message.run += 1;
    for (const delivery of own) if (OPEN.includes(delivery.state)) delivery.state = 'discarded';
  };

const nat = fc.nat({ max: 5 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  nat.map(receive),
  fc.tuple(nat, fc.constantFrom('decoded', 'decoded', 'filtered', 'rejected'), fc.nat(2)).map((a) => admit(...a)),
  fc
    .tuple(nat, fc.constantFrom('decoded', 'decoded', 'filtered', 'quarantined', 'rejected', 'dead'), fc.constantFrom(1, 1, 2), fc.nat(2))
    .map((a) => decide(...a)),
  fc.tuple(nat, fc.boolean()).map((a) => begin(...a)),
  fc
    .tuple(nat, fc.constantFrom('queued', 'delivered', 'delivered', 'review', 'held', 'dead', 'discarded'), fc.boolean(), fc.boolean())
    .map((a) => settleWhole(...a)),
  fc
    .tuple(
      nat,
      fc.constantFrom('queued', 'sending', 'sending'),
      fc.constantFrom('queued', 'delivered', 'review', 'held', 'dead', 'discarded'),
      fc.boolean(),
    )
    .map((a) => settle(...a)),
  fc.tuple(nat, fc.constantFrom('release', 'resend', 'confirm', 'discard')).map((a) => actOnDelivery(...a)),
  fc.tuple(nat, fc.constantFrom('replay', 'discard')).map((a) => actOnMessage(...a)),
);

async function compare(store: JournalStore, { messages, deliveries }: Model): Promise<void> {
  const seen = (await store.messages({}, { limit: 1000 })).items;
  expect(seen.map((m) => [m.message, m.state, m.run, m.retransmissions])).to.deep.equal(
    [...messages].reverse().map(([id, m]) => [id, m.state, m.run, m.retransmissions]),
  );
  const rows = (await store.deliveries({}, { limit: 1000 })).items;
  expect(rows.map((d) => [d.delivery, d.message, d.lane, d.run, d.state, d.attempts])).to.deep.equal(
    [...deliveries].reverse().map(([id, d]) => [id, d.message, d.lane, d.run, d.state, d.attempts]),
  );
  const counted: Record<string, number> = {};
  const count = (lane: string, state: string): number => (counted[`${lane} ${state}`] = (counted[`${lane} ${state}`] ?? 0) + 1);
  for (const m of messages.values()) count('chx-adt-in', m.state);
  for (const d of deliveries.values()) count(d.lane, d.state);
  const lanes = (await store.lanes()).flatMap(({ lane, counts }) => Object.entries(counts).map(([state, n]) => [`${lane} ${state}`, n]));
  expect(Object.fromEntries(lanes)).to.deep.equal(counted);
  for (const lane of LANES)
    expect((await store.backlog(lane, 0, 1000)).map((d) => d.delivery)).to.deep.equal(
      [...deliveries].filter(([, d]) => d.lane === lane && d.state !== 'delivered' && d.state !== 'discarded').map(([id]) => id),
    );
}

export function obeying(journal: Fixture): void {
  describe('the law', () => {
    it('holds under any commands: one state each, one delivery per event and destination, no move that the tables lack', async () => {
      let isFirst = true;
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (sequence) => {
          if (!isFirst) {
            await journal.close();
            await journal.open();
          }
          isFirst = false;
          const model: Model = { messages: new Map(), deliveries: new Map() };
          for (const step of sequence) await step(journal.store, model);
          await compare(journal.store, model);
          await journal.reopen();
          await compare(journal.store, model);
        }),
        { numRuns: 25 },
      );
    });
  });
}

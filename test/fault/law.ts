/**
 * The law of ARCHITECTURE section 3, and what follows from it, held against two witnesses: what senders were told and what receivers got.
 * Written once; every fault ends here. Answers what is broken, one line each; an empty list is the law.
 */
import type { DeliverySummary, JournalStore, MessageSummary, StoredEvent } from '../../core/contract/index.ts';
import type { Receipt, Receipts } from './receipts.ts';
import type { Sent } from './traffic.ts';

export interface Destination {
  readonly lane: string;
  readonly takes: (eventType: string) => boolean;
  readonly receipts: Receipts;
  /** The receiver knows a message again by its control id; one that does not must never get it twice but by a person's will. */
  readonly honoursControlId: boolean;
}

export interface Witnesses {
  readonly sent: readonly Sent[];
  readonly destinations: readonly Destination[];
  /** Nothing more is to happen. */
  readonly drained: boolean;
}

interface Evidence extends Witnesses {
  readonly messages: readonly MessageSummary[];
  readonly deliveries: readonly DeliverySummary[];
  readonly events: readonly StoredEvent[];
}

export async function breaches(journal: JournalStore, witnesses: Witnesses): Promise<string[]> {
  const all = <T>(read: (page: { limit: number; after?: string }) => Promise<{ items: readonly T[]; next?: string }>): Promise<T[]> =>
    everyPage(read);
  const evidence: Evidence = {
    ...witnesses,
    messages: await all((page) => journal.messages({}, page)),
    deliveries: await all((page) => journal.deliveries({}, page)),
    events: await all((page) => journal.events(page)),
  };
  return [
    ...(await storedOnce(journal, evidence)),
    ...(await counted(journal, evidence)),
    ...routed(evidence),
    ...explained(evidence),
    ...(witnesses.drained ? settled(evidence) : []),
    ...evidence.destinations.flatMap((destination) => received(destination, evidence)),
  ];
}

/** Every acknowledged message is stored, once, as it was sent; nothing else is stored. */
async function storedOnce(journal: JournalStore, { sent, messages }: Evidence): Promise<string[]> {
  const broken: string[] = [];
  const stored = Map.groupBy(messages, (m) => m.controlId ?? '');
  for (const one of sent) {
    const copies = stored.get(one.controlId) ?? [];
    const kept = copies.filter((m) => m.state !== 'rejected');
    const expected = one.verdict === undefined ? [0, 1] : one.verdict === 'AA' ? [1] : [0];
    if (!expected.includes(kept.length)) broken.push(`${one.controlId}: answered ${one.verdict}, stored ${kept.length} times`);
    if (one.verdict !== undefined && one.verdict !== 'AA' && copies.length === 0) broken.push(`${one.controlId}: refused without a copy`);
    for (const { message } of copies)
      if (Buffer.compare(await journal.raw(message), one.bytes) !== 0) broken.push(`${one.controlId}: not the bytes that were sent`);
    stored.delete(one.controlId);
  }
  for (const id of stored.keys()) broken.push(`${id}: stored and never sent`);
  return broken;
}

/** One state each: what the lanes count is what can be listed. */
async function counted(journal: JournalStore, { messages, deliveries }: Evidence): Promise<string[]> {
  const listed = new Map<string, number>();
  for (const one of [...messages, ...deliveries]) listed.set(`${one.lane} ${one.state}`, (listed.get(`${one.lane} ${one.state}`) ?? 0) + 1);
  const tally = (await journal.lanes()).flatMap(({ lane, counts }) => Object.entries(counts).map(([state, n]) => [`${lane} ${state}`, n] as const));
  const wrong = tally
    .filter(([name, n]) => (listed.get(name) ?? 0) !== n)
    .map(([name, n]) => `${name}: counted ${n}, listed ${listed.get(name) ?? 0}`);
  const unseen = [...listed.keys()].filter((name) => !tally.some(([each]) => each === name)).map((name) => `${name}: listed, not counted`);
  return [...wrong, ...unseen];
}

/** Every routed (event, destination) has exactly one delivery; what is not decoded has none. */
function routed({ messages, deliveries, events, destinations }: Evidence): string[] {
  const states = new Map(messages.map((m) => [m.message, m.state]));
  const made = Map.groupBy(deliveries, (d) => `${d.eventId} ${d.lane}`);
  const broken: string[] = [];
  const withVisit = new Set(events.filter(({ event }) => event.type.startsWith('dcc.visit.')).map((e) => e.message));
  for (const { message, event } of events) {
    // Decision 0005: an identity that travels inside its visit has no delivery of its own.
    const isInside = event.type.startsWith('dcc.identity.') && withVisit.has(message);
    if (states.get(message) !== 'decoded') broken.push(`message ${message} is ${states.get(message)} and has an event`);
    for (const { lane, takes } of destinations) {
      const count = made.get(`${event.id} ${lane}`)?.length ?? 0;
      if (count !== (takes(event.type) && !isInside ? 1 : 0))
        broken.push(`event ${event.id} (${event.type}) of message ${message}: ${count} deliveries to ${lane}`);
      made.delete(`${event.id} ${lane}`);
    }
  }
  const withEvents = new Set(events.map((e) => e.message));
  for (const m of messages) if (m.state === 'decoded' && !withEvents.has(m.message)) broken.push(`message ${m.message} is decoded without an event`);
  return [...broken, ...[...made.keys()].map((name) => `a delivery of no event: ${name}`)];
}

/** What did not go well says why. */
function explained({ messages, deliveries }: Evidence): string[] {
  const unhappy = [
    ...messages.filter((m) => ['quarantined', 'rejected', 'dead'].includes(m.state)).map((m) => ({ name: `message ${m.message}`, ...m })),
    ...deliveries.filter((d) => ['review', 'held', 'dead'].includes(d.state)).map((d) => ({ name: `delivery ${d.delivery}`, ...d })),
  ];
  return unhappy.filter(({ error }) => !error?.code).map(({ name, state }) => `${name} is ${state} without a reason`);
}

function settled({ messages, deliveries }: Evidence): string[] {
  return [
    ...messages.filter((m) => m.state === 'received').map((m) => `message ${m.message} is still received`),
    ...deliveries.filter((d) => ['queued', 'sending'].includes(d.state)).map((d) => `delivery ${d.delivery} is still ${d.state}`),
  ];
}

/** At one receiver: the right message, once, in the order of each patient; and nothing is called delivered that it did not take. */
function received({ lane, receipts, honoursControlId }: Destination, { sent, messages, deliveries, drained }: Evidence): string[] {
  const broken: string[] = [];
  const byNumber = new Map(sent.map((s) => [s.n, s]));
  const controlIdOf = new Map(messages.map((m) => [m.message, m.controlId]));
  const ours = new Map(deliveries.filter((d) => d.lane === lane && d.controlId !== undefined).map((d) => [d.controlId!, d]));
  const latest = new Map<string, Receipt>();
  const digests = new Map<string, string>();
  const applied = new Map<string, string>();
  for (const receipt of receipts.all) {
    const { controlId, n, type, taken, ...seen } = receipt;
    // Bytes of an idempotent lane may be written anew after a crash; those of any other are in the journal before they leave.
    const digest = honoursControlId ? seen.content : seen.digest;
    const delivery = ours.get(controlId);
    // A receiver that honours control ids is sent to before the journal knows the attempt: its control id is there in the end.
    if (!delivery && (drained || !honoursControlId)) broken.push(`${lane}: got ${controlId}, which no delivery sent`);
    if (delivery && controlIdOf.get(delivery.message) !== byNumber.get(n)?.controlId)
      broken.push(`${lane}: ${controlId} carried the content of message number ${n}`);
    for (const patient of byNumber.get(n)?.patients ?? []) {
      const before = latest.get(patient);
      if (before && n < before.n)
        broken.push(
          `${lane}: message ${n} of ${patient} came${applied.has(`${n} ${type}`) ? ' again' : ''} after ${before.n} (${gap(before, receipt)})`,
        );
      else latest.set(patient, receipt);
    }
    if ((digests.get(controlId) ?? digest) !== digest) broken.push(`${lane}: ${controlId} came again with other bytes`);
    digests.set(controlId, digest);
    if (!taken) continue;
    const before = applied.get(`${n} ${type}`);
    if (before !== undefined && (!honoursControlId || before !== controlId)) broken.push(`${lane}: message ${n} (${type}) was taken twice`);
    applied.set(`${n} ${type}`, controlId);
  }
  for (const [controlId, { delivery, state }] of ours)
    if (state === 'delivered' && !receipts.taken.has(controlId)) broken.push(`${lane}: delivery ${delivery} is delivered and was not taken`);
  return broken;
}

/** Who sent it after whom, to find the cause of a fault that comes once in thousands of messages. */
const gap = (before: Receipt, { at, port }: Receipt): string =>
  `${new Date(at).toISOString()}, by port ${port}, ${at - before.at} ms after port ${before.port}`;

async function everyPage<T>(read: (page: { limit: number; after?: string }) => Promise<{ items: readonly T[]; next?: string }>): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await read({ limit: 1000, ...(after !== undefined && { after }) });
    found.push(...page.items);
    if (page.next === undefined) return found;
    after = page.next;
  }
}

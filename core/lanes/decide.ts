/** Decodes a batch of messages and commits what was decided: state, events, deliveries, index terms, in one write; with the messages, when they are new. */
import { unopened, type OpenedMessage } from '../codecs/index.ts';
import {
  PasserelleError,
  joined,
  type AckCode,
  type AdmitResult,
  type DecodeResult,
  type ErrorData,
  type HttpMeta,
  type IncomingMessage,
  type LaneLease,
  type MessageDecision,
  type OutgoingEnvelope,
  type QueuedDelivery,
  type ReceiveResult,
  type Reception,
  type Reply,
  type RoutedEvent,
  type Warning,
} from '../contract/index.ts';
import { messageId } from '../journal/index.ts';
import { kindOf, type CanonicalEvent } from '../model/index.ts';
import { route } from '../routing/index.ts';
import { checkDecoded } from './connector-results.ts';
import { canonicalEvents } from './events.ts';
import type { InboundEndpoint, InboundPorts } from './inbound-lane.ts';
import { iso, type FreshDelivery } from './ports.ts';
import { decisionWith, joinWarnings, refusalAck } from './replies.ts';

/** A message that the journal holds without a decision. */
export interface StoredMessage {
  readonly message: number;
  readonly run: number;
  readonly receivedAt: string;
  /** Absent when it has to be read from the journal. */
  bytes?: Uint8Array;
  /** Absent when it has not been opened yet. */
  readonly opened?: OpenedMessage;
  readonly http?: HttpMeta;
  readonly controlIdReused?: boolean;
  /** Already said to the sender; then it can no longer be refused. */
  answered?: AckCode;
  /** Its decision is made and being committed. */
  assessed?: boolean;
}

/** A message that is not stored, opened already when it is large. */
export type OpenedIncoming = IncomingMessage & { readonly opened?: OpenedMessage };

export interface DecidedMessage {
  readonly message: number;
  readonly state: MessageDecision['state'];
  readonly decision: Reception['decision'];
  readonly ack: AckCode;
  readonly error?: ErrorData;
  /** Made by the connector in the same call; absent when the engine decided otherwise. */
  readonly reply?: Reply;
  readonly deliveries: readonly FreshDelivery[];
  /** Patients of its identity events. */
  readonly identities: ReadonlySet<string>;
}

/** What came of a message that was offered with its decision: the decision, or what the journal knows instead. */
export type Admitted = { readonly decided: DecidedMessage } | { readonly duplicateOf: number } | { readonly stored: StoredMessage };

type HostDecode = { readonly result: DecodeResult; readonly acknowledgement?: OutgoingEnvelope | null };
const STATES = { accept: 'decoded', 'accept-with-warning': 'decoded', quarantine: 'quarantined', reject: 'rejected', filtered: 'filtered' } as const;

/** Rejects when connector, mesh or journal are away, or the lane is another node's: then nothing was decided. */
export async function decideStored(
  batch: readonly StoredMessage[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
  lease?: LaneLease,
): Promise<readonly DecidedMessage[]> {
  const made = await translateAll(batch, endpoint, ports);
  for (const item of batch) item.assessed = true;
  const write = async (some: readonly Assessed[]): Promise<readonly DecidedMessage[]> => {
    const deliveries = await ports.journal.decide(
      some.map((m) => m.decision),
      lease,
    );
    return some.map((one, i) => decidedOf(one, deliveries[i] ?? [], endpoint.format));
  };
  return oneByOne(made, write, async (one, error) => {
    ports.log('error', 'decision refused by the journal', { message: one.decision.message, code: error.code });
    return decidedOf({ ...one, decision: { ...one.decision, events: [] }, identities: new Set() }, [], endpoint.format); // somebody decided already
  });
}

/** Decides messages that are not stored yet. Rejects as `decideStored` does: then nothing was decided. */
export async function decideArrivals(
  incoming: readonly OpenedIncoming[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
): Promise<readonly DecidedArrival[]> {
  const ids = await ports.journal.reserve(incoming.length);
  const items = incoming.map(({ receivedAt, raw, http, opened }, i): StoredMessage => ({
    message: ids[i]!,
    run: 1,
    receivedAt,
    bytes: raw,
    ...(http && { http }),
    ...(opened && { opened }),
  }));
  return (await translateAll(items, endpoint, ports)).map((one, i) => ({ ...one, incoming: incoming[i]! }));
}

/** Stores messages with their decisions in one commit; an answer each. Rejects when the journal is away or the lane another node's: then nothing was stored. */
export async function admitArrivals(made: readonly DecidedArrival[], ports: InboundPorts, lease?: LaneLease): Promise<readonly Admitted[]> {
  if (made.length === 0) return [];
  const write = async (some: readonly DecidedArrival[]): Promise<readonly Admitted[]> => {
    const results = await ports.journal.admit(
      some.map((one) => ({ message: one.incoming, decision: one.decision })),
      lease,
    );
    return some.map((one, i) => admittedOf(one, results[i]!));
  };
  return oneByOne(made, write, async ({ incoming: one }) => {
    const [result] = await ports.journal.receive([one]);
    return result!.duplicate ? { duplicateOf: result!.message } : { stored: storedOf(one, result!) };
  });
}

export const storedOf = ({ receivedAt, raw, http }: IncomingMessage, { message, controlIdReused }: ReceiveResult): StoredMessage => ({
  message,
  run: 1,
  receivedAt,
  bytes: raw,
  ...(http && { http }),
  ...(controlIdReused && { controlIdReused }),
});

type Assessed = {
  readonly item: StoredMessage;
  readonly decision: MessageDecision;
  readonly reply?: Reply;
  readonly identities: ReadonlySet<string>;
};
/** A message that is not stored, with its decision. */
export type DecidedArrival = Assessed & { readonly incoming: IncomingMessage };

function admittedOf(one: DecidedArrival, result: AdmitResult): Admitted {
  if (result.deliveries) return { decided: decidedOf(one, result.deliveries, one.incoming.format) };
  return result.duplicate ? { duplicateOf: result.message } : { stored: storedOf(one.incoming, result) };
}

function decidedOf({ item, decision, reply, identities }: Assessed, deliveries: readonly QueuedDelivery[], format: string): DecidedMessage {
  return {
    message: decision.message,
    state: decision.state,
    decision: decision.decision as Reception['decision'],
    ack: item.answered ?? decision.ack ?? 'AA',
    identities,
    deliveries: freshDeliveries(decision, deliveries, format, item.bytes),
    ...(decision.error && { error: decision.error }),
    ...(reply && { reply }),
  };
}

/** Deliveries stand in the order of events and their destinations, each lane once. */
function freshDeliveries(
  { events, parts, decidedAt }: MessageDecision,
  deliveries: readonly QueuedDelivery[],
  format: string,
  raw: Uint8Array | undefined,
): FreshDelivery[] {
  let next = 0;
  return events.flatMap(({ event, destinations }) =>
    Array.from({ length: new Set(destinations.map(({ lane }) => lane)).size }, () => deliveries[next++]).flatMap((item) =>
      item ? [{ item, format, event, parts, queuedAt: decidedAt, ...(raw && parts.length > 0 && { raw }) }] : [],
    ),
  );
}

async function translateAll(batch: readonly StoredMessage[], endpoint: InboundEndpoint, ports: InboundPorts): Promise<readonly Assessed[]> {
  const now = iso(ports.now());
  const work = await Promise.all(batch.map((item) => decodeOne(item, endpoint, ports, now)));
  return work.map((w, i) => assess(batch[i]!, w, endpoint, ports, now));
}

/**
 * One write for all. When the journal refuses it for a reason of its own, one message is to blame: each is written alone, and the one that
 * cannot be is dead and waits for a person. The messages behind it do not wait with it.
 */
async function oneByOne<A extends Assessed, T>(
  made: readonly A[],
  write: (some: readonly A[]) => Promise<readonly T[]>,
  last: (one: A, error: PasserelleError) => Promise<T>,
): Promise<readonly T[]> {
  try {
    return await write(made);
  } catch (thrown) {
    own(thrown);
  }
  const alone: T[] = [];
  for (const one of made)
    alone.push(
      ...(await write([one])
        .catch((thrown: unknown) => write([{ ...one, ...deadOf(one, own(thrown)) }]))
        .catch(async (thrown: unknown) => [await last(one, own(thrown))])),
    );
  return alone;
}

/** What is not for want of a journal; that leaves everything as it is. */
function own(thrown: unknown): PasserelleError {
  const error = PasserelleError.from(thrown);
  if (error.entry.disposition === 'transient') throw error;
  return error;
}

const deadOf = ({ item, decision }: Assessed, error: PasserelleError): Omit<Assessed, 'item'> => ({
  decision: {
    message: decision.message,
    run: decision.run,
    state: 'dead',
    decidedAt: decision.decidedAt,
    decision: 'stored',
    error: error.toData(),
    warnings: [],
    parts: [],
    events: [],
    terms: [],
    ...(item.answered === undefined && { ack: 'AA' }),
  },
  identities: new Set(),
});

interface Decoded {
  readonly opened: OpenedMessage;
  readonly result: DecodeResult;
  readonly failed?: ErrorData;
  readonly acknowledgement?: OutgoingEnvelope | null;
}

async function decodeOne(item: StoredMessage, endpoint: InboundEndpoint, ports: InboundPorts, now: string): Promise<Decoded> {
  let opened = unopened(item.bytes ?? new Uint8Array(), endpoint.format, item.http);
  try {
    opened = item.opened ?? (await openItem(item, endpoint, ports));
    if (opened.error) return { opened, result: { decision: 'reject', events: [], warnings: [], error: opened.error.toData() } };
    const id = messageId(ports.journal.tag, item.message);
    const { result, acknowledgement } = await ports.connectors.call<HostDecode>(endpoint.connector, endpoint.connectorVersion, {
      operation: 'decode',
      envelope: opened.envelope,
      messageId: id,
      settings: endpoint.settings,
      now,
      seed: `${id}/${item.run}`,
    });
    return { opened, result: checkDecoded(result), ...(acknowledgement !== undefined && { acknowledgement }) };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (error.entry.disposition === 'transient') throw error;
    return { opened, result: { decision: 'accept', events: [], warnings: [] }, failed: error.toData() };
  }
}

async function openItem(item: StoredMessage, { format, settings }: InboundEndpoint, { codecs, journal }: InboundPorts): Promise<OpenedMessage> {
  return codecs.open(format, item.bytes ?? (await journal.raw(item.message)), settings.charsetFallback, item.http);
}

function assess(item: StoredMessage, work: Decoded, endpoint: InboundEndpoint, ports: InboundPorts, now: string): Assessed {
  const { opened, result } = work;
  const subject = (draft: DecodeResult['events'][number]): string | undefined => draft.keys[0] && ports.index.patient(draft.keys[0]);
  const origin = {
    messageId: messageId(ports.journal.tag, item.message),
    run: item.run,
    site: endpoint.settings.site,
    timeZone: endpoint.settings.timeZone,
    connector: endpoint.connector,
    connectorVersion: endpoint.connectorVersion,
    receivedAt: item.receivedAt,
  };
  const made = canonicalEvents(result.events, origin, subject);
  const routed = 'events' in made ? routeEvents(made.events, result, endpoint, ports) : { events: [], warnings: [] as Warning[] };
  const warnings = joinWarnings(joinWarnings(opened.envelope.warnings, result.warnings), [
    ...routed.warnings,
    ...(item.controlIdReused ? [{ code: 'control-id-reused' }] : []),
  ]);
  const outcome = outcomeOf(item, work, 'error' in made ? made.error : undefined, routed.error);
  const kept = outcome.state === 'decoded';
  const decision: MessageDecision = {
    message: item.message,
    run: item.run,
    state: outcome.state,
    decidedAt: now,
    decision: outcome.state === 'decoded' ? decisionWith(result.decision, warnings) : outcome.decision,
    warnings,
    parts: opened.refs,
    events: kept ? routed.events : [],
    terms: [...new Set([...(result.terms ?? []).map((t) => ports.index.term(t)), ...(kept ? routed.events.flatMap((e) => e.keys) : [])])],
    ...(outcome.error && { error: outcome.error }),
    ...(item.answered === undefined && { ack: outcome.ack }),
  };
  const asDecoded = outcome.ack === 'AA' && outcome.decision === result.decision && work.acknowledgement !== undefined && work.failed === undefined;
  const identities = new Set(kept ? routed.events.filter((e) => e.kind === 'identity').flatMap((e) => e.keys) : []);
  const reply = asDecoded ? replyOf(work.acknowledgement ?? null, ports, endpoint) : undefined;
  return { item, decision, identities, ...(reply && { reply }) };
}

function outcomeOf(
  item: StoredMessage,
  work: Decoded,
  schemaError: ErrorData | undefined,
  routeError: ErrorData | undefined,
): { state: MessageDecision['state']; decision: Reception['decision']; ack: AckCode; error?: ErrorData } {
  const defect = work.failed ?? schemaError;
  if (defect) return { state: 'dead', decision: 'stored', ack: 'AA', error: defect };
  if (routeError && STATES[work.result.decision] === 'decoded') return { state: 'quarantined', decision: 'quarantine', ack: 'AA', error: routeError };
  const { decision, error } = work.result;
  // The sender was told AA before this was known: it is ours now, a person has to see it.
  if (decision === 'reject' && item.answered === 'AA') return { state: 'quarantined', decision: 'quarantine', ack: 'AA', ...(error && { error }) };
  return { state: STATES[decision], decision, ack: refusalAck(decision, error), ...(error && { error }) };
}

function routeEvents(
  events: readonly CanonicalEvent[],
  result: DecodeResult,
  endpoint: InboundEndpoint,
  ports: InboundPorts,
): { events: RoutedEvent[]; warnings: Warning[]; error?: ErrorData } {
  const drafts = result.events;
  const routes = route(
    events.map((event, i) => ({
      type: event.type,
      site: event.site,
      role: endpoint.role,
      ...(drafts[i]?.destinations && { destinations: drafts[i].destinations }),
      ...(drafts[i]?.within !== undefined && { within: drafts[i].within }),
    })),
    ports.destinations(),
  );
  const warnings: Warning[] = [];
  let error: ErrorData | undefined;
  const routed = events.map((event, i): RoutedEvent => {
    const draft = drafts[i];
    const { lanes, missing } = routes[i] ?? { lanes: [], missing: [] };
    for (const site of missing) warnings.push({ code: 'destination-not-connected', detail: site });
    const kind = kindOf(event.type);
    if (endpoint.role === 'record' && kind === 'document' && lanes.length === 0)
      error = new PasserelleError('ERR_NO_DESTINATION', { found: `${missing.length} named, none connected` }).toData();
    const setId = draft?.document?.setId ?? draft?.document?.id;
    return {
      event: event as unknown as RoutedEvent['event'],
      kind,
      keys: [...new Set((draft?.keys ?? []).map((k) => ports.index.patient(k)))],
      destinations: lanes.map((lane) => ({ lane })),
      ...(setId && { series: ports.index.series(event.site, setId) }),
    };
  });
  return { events: routed, warnings, ...(error && { error }) };
}

/** An answer that cannot be written is no reason not to decide: the plainest one is given later. */
function replyOf(acknowledgement: OutgoingEnvelope | null, ports: InboundPorts, endpoint: InboundEndpoint): Reply | undefined {
  if (!acknowledgement) return { bytes: null };
  try {
    const bytes = joined(ports.codec(endpoint.format).build(acknowledgement, () => new Uint8Array()));
    return { bytes, ...(acknowledgement.http && { http: acknowledgement.http }) };
  } catch {
    return undefined;
  }
}

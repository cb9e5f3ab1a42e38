/** Decides a batch of messages and commits what was decided: state, events, deliveries, index terms, notes, in one write; with the messages, when they are new. */
import { unopened, type OpenedMessage } from '../codecs/index.ts';
import {
  PasserelleError,
  type AckCode,
  type AdmitResult,
  type ErrorData,
  type HttpMeta,
  type IncomingMessage,
  type LaneLease,
  type MessageDecision,
  type QueuedDelivery,
  type ReceiveResult,
  type Reception,
  type Reply,
  type Warning,
} from '../contract/index.ts';
import { messageId } from '../journal/index.ts';
import { assessAll, caseOf, type Assessed, type Decoded, type HostDecode, type Prepared, type Translated } from './assess.ts';
import { checkDecoded } from './connector-results.ts';
import type { InboundEndpoint, InboundPorts } from './inbound-lane.ts';
import { iso, type FreshDelivery } from './ports.ts';
import { alsoRead } from './readers.ts';

/** A message that the journal holds without a decision. */
export interface StoredMessage {
  readonly message: number;
  readonly run: number;
  readonly receivedAt: string;
  /** How many bytes it has. */
  readonly size: number;
  /** Absent when it has to be read from the journal. */
  bytes?: Uint8Array;
  /** Absent when it has not been opened yet. */
  readonly opened?: OpenedMessage;
  readonly http?: HttpMeta;
  readonly controlId?: string;
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
  /** Dead deliveries that its own ones take the place of. */
  readonly insteadOf: readonly number[];
  /** A person had it decided again. */
  readonly isReplay: boolean;
}

/** What came of a message that was offered with its decision: the decision, or what the journal knows instead. */
export type Admitted = { readonly decided: DecidedMessage } | { readonly duplicateOf: number } | { readonly stored: StoredMessage };

/** What came of the first messages of a batch, in their order. Those after them are untouched. */
export interface Ended<T> {
  readonly ended: readonly T[];
  /** Why not all of them: the journal went away. Absent when all ended, or when the rest has to be judged again. */
  readonly failure?: PasserelleError;
}

/** Rejects when connector, mesh or journal are away, or the lane is another node's: then nothing was decided. */
export async function decideStored(
  batch: readonly StoredMessage[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
  lease?: LaneLease,
): Promise<Ended<DecidedMessage>> {
  const { made, release } = await translateAll(batch, endpoint, ports);
  const write = async (some: readonly Assessed[]): Promise<readonly DecidedMessage[]> => {
    const deliveries = await ports.journal.decide(
      some.map((m) => m.decision),
      lease,
    );
    return some.map((one, i) => decidedOf(one, deliveries[i] ?? [], endpoint.format));
  };
  let isStored = true;
  const last = async (one: Assessed, error: PasserelleError): Promise<DecidedMessage> => {
    isStored = false;
    ports.log('error', 'decision refused by the journal', { message: one.decision.message, code: error.code });
    return decidedOf({ ...one, decision: { ...one.decision, events: [] }, identities: new Set() }, [], endpoint.format); // somebody decided already
  };
  const isAsMade = ({ state }: DecidedMessage, one: Assessed): boolean => isStored && state === one.decision.state;
  return writeAll(made, { write, last, isAsMade, release });
}

/** A message that is not stored, with its decision. */
export type DecidedArrival = Assessed & { readonly incoming: IncomingMessage };

/** Messages that are not stored, with their decisions; as `Translated`. */
export interface DecidedArrivals {
  readonly made: readonly DecidedArrival[];
  /** To be called once, by `admitArrivals` or instead of it: others wait for what these messages change. */
  readonly release: (isStored: boolean) => void;
}

/**
 * Takes a message that is not stored as far as it goes alone, while those before it are judged. Rejects as `decideStored` does: then it cannot be
 * decided now.
 */
export async function decodeArrival(incoming: OpenedIncoming, message: number, endpoint: InboundEndpoint, ports: InboundPorts): Promise<Prepared> {
  const { opened } = incoming;
  return prepare({ ...storedOf(incoming, { message }), ...(opened && { opened }) }, endpoint, ports);
}

/** Decides messages that are not stored yet. Rejects when one of them could not be decoded: then nothing was decided. */
export async function decideArrivals(
  arrivals: readonly { readonly incoming: OpenedIncoming; readonly decoding: Promise<Prepared> }[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
): Promise<DecidedArrivals> {
  const { made, release } = await assessAll(await Promise.all(arrivals.map(({ decoding }) => decoding)), endpoint, ports);
  return { made: made.map((one, i) => ({ ...one, incoming: arrivals[i]!.incoming })), release };
}

/** Of what was judged apart, in its order: to be stored in one commit. */
export const together = (all: readonly DecidedArrivals[]): DecidedArrivals => ({
  made: all.flatMap(({ made }) => made),
  release: (isStored) => all.forEach(({ release }) => release(isStored)),
});

/** Stores messages with their decisions in one commit; an answer each. Rejects when the journal is away or the lane another node's: then nothing was stored. */
export async function admitArrivals({ made, release }: DecidedArrivals, ports: InboundPorts, lease?: LaneLease): Promise<Ended<Admitted>> {
  const write = async (some: readonly DecidedArrival[]): Promise<readonly Admitted[]> => {
    const results = await ports.journal.admit(
      some.map((one) => ({ message: one.incoming, decision: one.decision })),
      lease,
    );
    return some.map((one, i) => admittedOf(one, results[i]!));
  };
  const last = async ({ incoming: one, decision }: DecidedArrival): Promise<Admitted> => {
    const [result] = await ports.journal.receive([{ ...one, id: decision.message }]);
    return result!.duplicate ? { duplicateOf: result!.message } : { stored: storedOf(one, result!) };
  };
  const isAsMade = (result: Admitted, one: DecidedArrival): boolean => 'decided' in result && result.decided.state === one.decision.state;
  return writeAll(made, { write, last, isAsMade, release });
}

export const storedOf = ({ receivedAt, raw, http, controlId }: IncomingMessage, { message, controlIdReused }: ReceiveResult): StoredMessage => ({
  message,
  run: 1,
  receivedAt,
  size: raw.length,
  bytes: raw,
  ...(http && { http }),
  ...(controlId !== undefined && { controlId }),
  ...(controlIdReused && { controlIdReused }),
});

function admittedOf(one: DecidedArrival, result: AdmitResult): Admitted {
  if (result.deliveries) return { decided: decidedOf(one, result.deliveries, one.incoming.format) };
  return result.duplicate ? { duplicateOf: result.message } : { stored: storedOf(one.incoming, result) };
}

function decidedOf(
  { item, decision, reply, identities, insteadOf = [] }: Assessed,
  deliveries: readonly QueuedDelivery[],
  format: string,
): DecidedMessage {
  return {
    message: decision.message,
    state: decision.state,
    decision: decision.decision as Reception['decision'],
    ack: item.answered ?? decision.ack ?? 'AA',
    identities,
    insteadOf,
    isReplay: item.run > 1,
    deliveries: freshDeliveries(decision, deliveries, format, item),
    ...(decision.error && { error: decision.error }),
    ...(reply && { reply }),
  };
}

/** Deliveries stand in the order of events and their destinations, each lane once. */
function freshDeliveries(
  { events, parts, decidedAt }: MessageDecision,
  deliveries: readonly QueuedDelivery[],
  format: string,
  { controlId, bytes: raw }: StoredMessage,
): FreshDelivery[] {
  let next = 0;
  const fresh = events.flatMap(({ event, destinations }) =>
    Array.from({ length: new Set(destinations.map(({ lane }) => lane)).size }, () => deliveries[next++]).flatMap((item) =>
      item
        ? [
            {
              item,
              format,
              ...(controlId !== undefined && { controlId }),
              event,
              parts,
              queuedAt: decidedAt,
              ...(raw && parts.length > 0 && { raw }),
            },
          ]
        : [],
    ),
  );
  for (const one of fresh) if (one.raw) alsoRead(one.raw);
  return fresh;
}

async function translateAll(batch: readonly StoredMessage[], endpoint: InboundEndpoint, ports: InboundPorts): Promise<Translated> {
  return assessAll(await Promise.all(batch.map((item) => prepare(item, endpoint, ports))), endpoint, ports);
}

/** Decodes it, and has what is known of its patients and documents read. */
async function prepare(item: StoredMessage, endpoint: InboundEndpoint, ports: InboundPorts): Promise<Prepared> {
  const now = iso(ports.now());
  const prepared = caseOf(item, await decodeOne(item, endpoint, ports, now), endpoint, ports, now);
  ports.knowledge.readAhead(prepared.cases);
  return prepared;
}

interface Writing<A, T> {
  readonly write: (some: readonly A[]) => Promise<readonly T[]>;
  /** For one that cannot even be written dead. */
  readonly last: (one: A, error: PasserelleError) => Promise<T>;
  /** It is stored as it was judged. */
  readonly isAsMade: (result: T, one: A) => boolean;
  readonly release: (isStored: boolean) => void;
}

/** Releases what was judged, whatever happens. Rejects when nothing at all was written. */
async function writeAll<A extends Assessed, T>(made: readonly A[], writing: Writing<A, T>): Promise<Ended<T>> {
  let isStored = false;
  try {
    const result = await oneByOne(made, writing);
    isStored = result.ended.length === made.length && result.ended.every((one, i) => writing.isAsMade(one, made[i]!));
    return result;
  } finally {
    writing.release(isStored);
  }
}

/**
 * One write for all. When the journal refuses it for a reason of its own, one message is to blame: each is written alone, and the one that
 * cannot be is dead and waits for a person. The messages behind it do not wait with it, but are judged again: what it said may be in what was made of them.
 */
async function oneByOne<A extends Assessed, T>(made: readonly A[], { write, last, isAsMade }: Writing<A, T>): Promise<Ended<T>> {
  try {
    return { ended: await write(made) };
  } catch (thrown) {
    own(thrown);
  }
  const ended: T[] = [];
  try {
    for (const one of made) {
      const [result] = await write([one])
        .catch((thrown: unknown) => write([{ ...one, ...deadOf(one, own(thrown)) }]))
        .catch(async (thrown: unknown) => [await last(one, own(thrown))]);
      ended.push(result!);
      if (!isAsMade(result!, one)) break;
    }
  } catch (thrown) {
    if (ended.length === 0) throw thrown;
    return { ended, failure: PasserelleError.from(thrown) };
  }
  return { ended };
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

async function decodeOne(item: StoredMessage, endpoint: InboundEndpoint, ports: InboundPorts, now: string): Promise<Decoded> {
  let opened = unopened(item.bytes ?? new Uint8Array(), endpoint.format, item.http);
  try {
    opened = item.opened ?? (await openItem(item, endpoint, ports));
    if (opened.error) return { opened, result: { decision: 'reject', events: [], warnings: [], error: opened.error.toData() } };
    const asked = ports.checkBefore || ports.markedBefore ? (item.bytes ?? (await ports.journal.raw(item.message))) : undefined;
    if (asked && ports.checkBefore) opened = withWarnings(opened, await ports.checkBefore(item.message, opened, asked));
    const id = messageId(ports.journal.tag, item.message);
    const { result, acknowledgement } = await ports.connectors.call<HostDecode>(endpoint.connector, endpoint.connectorVersion, {
      operation: 'decode',
      envelope: opened.envelope,
      messageId: id,
      settings: (await ports.types?.settingsFor(endpoint.settings, id, item.run)) ?? endpoint.settings,
      now,
      seed: `${id}/${item.run}`,
    });
    const decoded = checkDecoded(result);
    const misnamed = asked && (await ports.markedBefore?.(decoded.events, item.message, opened, asked));
    return { opened, result: decoded, ...(acknowledgement !== undefined && { acknowledgement }), ...(misnamed && { misnamed }) };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (error.entry.disposition === 'transient') throw error;
    return { opened, result: { decision: 'accept', events: [], warnings: [] }, failed: error.toData() };
  }
}

const withWarnings = (opened: OpenedMessage, found: readonly Warning[]): OpenedMessage =>
  found.length === 0 ? opened : { ...opened, envelope: { ...opened.envelope, warnings: [...opened.envelope.warnings, ...found] } };

/** Its bytes stay with it: its deliveries take their parts out of them. */
async function openItem(item: StoredMessage, { format, settings }: InboundEndpoint, { codecs, journal }: InboundPorts): Promise<OpenedMessage> {
  item.bytes ??= await journal.raw(item.message);
  return codecs.open(format, item.bytes, settings.charsetFallback, item.http);
}

/** One attempt at one delivery: encode (once), commit, send, interpret. Says what happened; the lane decides what it means. */
import { openMessage, sha256Of, type Built, type Codecs } from '../codecs/index.ts';
import {
  PasserelleError,
  type DeliveryMaterial,
  type EncodedMessage,
  type ErrorData,
  type OutgoingEnvelope,
  type QueuedDelivery,
  type ReplyOutcome,
  type SendResult,
  type Settlement,
  type Sink,
} from '../contract/index.ts';
import type { Leave } from '../documents/index.ts';
import { reducedFor, type Capability } from '../model/index.ts';
import { checkEncoded, checkInterpreted } from './connector-results.ts';
import { iso, type LaneIdentity, type LanePorts, type OwnedLease } from './ports.ts';
import { endReading } from './readers.ts';

/** `encode`: nothing was sent, it is held, refused, or need not leave (`discard`). `reply`: the counterparty answered. `failure`: the transport threw. */
export type AttemptResult =
  | { readonly kind: 'encode'; readonly outcome: 'hold' | 'refuse' | 'discard'; readonly error: ErrorData }
  | ({ readonly kind: 'reply'; readonly reply: ReplyOutcome } & Begun)
  | ({ readonly kind: 'failure'; readonly error: ErrorData } & Begun)
  /** The engine itself could not (connector or journal away): the delivery is untouched. */
  | { readonly kind: 'unavailable'; readonly error: ErrorData };

/** Present when the begin of the attempt is not in the journal yet: its end brings it along. */
interface Begun {
  readonly begun?: Settlement['begun'];
}

export interface Dispatcher {
  readonly lane: LaneIdentity;
  readonly ports: LanePorts;
  readonly sink: Sink;
  readonly ackTimeoutMs: number;
  /** The receiver recognises what it gets twice: an attempt that a crash forgets does no harm, and one commit is enough for it. */
  readonly idempotent: boolean;
  /** What the receiver is not capable of as this event is written for it: it is told in the form of before. Absent = capable of everything. */
  readonly lacking?: (event: DeliveryMaterial['event']) => Promise<readonly Capability[]>;
  readonly lease?: OwnedLease;
}

/** What an attempt needs; with the raw bytes of the incoming message, when they are at hand. */
export type Material = DeliveryMaterial & { readonly raw?: Uint8Array };
/** With the patients of its delivery. */
export type Leaving = Material & Pick<QueuedDelivery, 'keys'>;

export async function attempt(given: Leaving, dispatcher: Dispatcher): Promise<AttemptResult> {
  let material = given;
  let encoded: EncodedMessage;
  let built: Pick<Built, 'pieces' | 'made'>;
  let begun: Settlement['begun'];
  const { lane, ports } = dispatcher;
  const to = { name: lane.name, site: lane.settings.site };
  try {
    // What is noted of a delivery as it leaves is for the node that works the lane.
    requireValid(dispatcher.lease);
    const leg = (await ports.legs?.before(material, to)) ?? material;
    if ('held' in leg) return { kind: 'encode', outcome: leg.ends ?? 'hold', error: leg.held };
    const { encoded: before, ...fresh } = { ...material, event: leg.event };
    const { restrictions, isTighter, knownAs, since } = 'keys' in leg ? {} : leg;
    material = before && !isTighter ? { ...fresh, encoded: before } : fresh;
    const outcome = material.encoded
      ? { outcome: 'message' as const, encoded: material.encoded }
      : await encode(material, dispatcher, {
          ...(restrictions && { restrictions }),
          ...(knownAs && { knownAs }),
          ...(since && { since }),
          isAgain: before !== undefined,
        });
    if (outcome.outcome !== 'message') {
      const instead = outcome.error.code === 'ERR_DOCUMENT_REWRITE' ? await ports.legs?.instead(material, to) : undefined;
      return { kind: 'encode', ...(instead ? { outcome: 'discard', error: instead } : { outcome: outcome.outcome, error: outcome.error }) };
    }
    encoded = outcome.encoded;
    const ids = encoded.envelope.document;
    const as = ids ? { ids } : {};
    const taken = await ports.legs?.with(material, to, { ...as, parts: encoded.envelope.parts ?? [] });
    if (taken) return { kind: 'encode', outcome: 'hold', error: taken };
    built = 'built' in outcome ? outcome.built : await rebuild(material, encoded, dispatcher);
    requireValid(dispatcher.lease);
    // Before it may be anywhere: what is sent after it names it by the ids that it left with, and an answer comes to what is known.
    if (encoded.controlId !== undefined) await ports.legs?.sent(material, to, encoded.controlId, { made: built.made, ...as });
    const start = { startedAt: iso(dispatcher.ports.now()), ...(!material.encoded && { encoded, ...(before && { replaces: true as const }) }) };
    if (dispatcher.idempotent) begun = start;
    else await dispatcher.ports.journal.begin([{ delivery: material.delivery, ...start }], dispatcher.lease);
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    // A defect of the connector or of a codec is this delivery's end; anything passing leaves it where it was.
    return error.entry.disposition === 'transient'
      ? { kind: 'unavailable', error: error.toData() }
      : { kind: 'encode', outcome: 'refuse', error: error.toData() };
  }
  const result = await send(material, encoded, built.pieces, dispatcher);
  return { ...result, ...(begun && { begun }) };
}

async function send(
  material: Material,
  encoded: EncodedMessage,
  pieces: readonly Uint8Array[],
  dispatcher: Dispatcher,
): Promise<Extract<AttemptResult, { kind: 'reply' | 'failure' }>> {
  const { raw } = material;
  let answer: SendResult;
  try {
    answer = await dispatcher.sink.send(pieces, {
      deadlineMs: dispatcher.ackTimeoutMs,
      mayBegin: () => {
        requireValid(dispatcher.lease);
        requireWhole(pieces, encoded.bytes);
      },
      ...(encoded.envelope.http && { http: encoded.envelope.http }),
      ...(raw && { written: () => endReading(raw) }),
    });
  } catch (thrown) {
    return { kind: 'failure', error: PasserelleError.from(thrown).toData() };
  }
  try {
    const { lane, ports } = dispatcher;
    const opened = openMessage(answer.bytes, ports.codec(encoded.envelope.format), [], lane.settings.charsetFallback, answer.http);
    if (opened.error)
      return {
        kind: 'reply',
        reply: { outcome: 'unreadable', error: new PasserelleError('ERR_ACK_UNREADABLE', { found: opened.error.code }).toData() },
      };
    const sent = { type: material.event.type, ...(encoded.controlId && { controlId: encoded.controlId }) };
    return {
      kind: 'reply',
      reply: checkInterpreted(
        await ports.connectors.call(lane.connector, lane.connectorVersion, { operation: 'interpret', reply: opened.envelope, sent }),
      ),
    };
  } catch (thrown) {
    // It was answered and we could not read the answer: ambiguous, never "failed".
    return { kind: 'reply', reply: { outcome: 'unreadable', error: PasserelleError.from(thrown).toData() } };
  }
}

/** What is on the wire cannot be called back: asked before an attempt, and again in the turn that writes it. */
function requireValid(lease: OwnedLease | undefined): void {
  if (lease && !lease.isValid()) throw new PasserelleError('ERR_LANE_LOST');
}

/** Memory that was given back while it is still to be sent reads as empty: a document would leave without its content. */
function requireWhole(pieces: readonly Uint8Array[], bytes: number): void {
  if (pieces.reduce((sum, { length }) => sum + length, 0) !== bytes)
    throw new PasserelleError('ERR_INVARIANT', { expected: 'the bytes as they were built', found: 'fewer of them' });
}

/** `isAgain`: the bytes of attempts that did not arrive are given up, and the control id with them: one id never stands for two contents. */
async function encode(
  material: Material,
  dispatcher: Dispatcher,
  { restrictions, knownAs, since, isAgain }: Pick<Leave, 'restrictions' | 'knownAs' | 'since'> & { readonly isAgain: boolean },
): Promise<{ outcome: 'message'; encoded: EncodedMessage; built: Built } | { outcome: 'hold' | 'refuse'; error: ErrorData }> {
  const { lane, ports } = dispatcher;
  const lacking = (await dispatcher.lacking?.(material.event)) ?? [];
  const answer = await ports.connectors.call(lane.connector, lane.connectorVersion, {
    operation: 'encode',
    input: {
      event: { ...material.event, data: reducedFor(lacking, material.event['data']) } as never,
      parts: material.parts.map(({ part, bytes, mime, sha256 }) => ({ part, bytes, mime, sha256 })),
      format: lane.format,
      ...(knownAs && { knownAs }),
      ...(since && { since }),
    },
    settings: lane.settings,
    now: material.queuedAt,
    seed: `${ports.journal.tag}/${material.event.id}/${lane.name}${isAgain ? `/${material.attempts}` : ''}`,
  });
  const result = checkEncoded(answer);
  if (result.outcome !== 'message') return { outcome: result.outcome, error: result.error };
  for (const { code } of result.warnings ?? []) ports.log('warn', 'written with a warning', { lane: lane.name, delivery: material.delivery, code });
  await ports.checks?.written(result.envelope);
  const built = await build(material, result.envelope, dispatcher);
  const { controlId } = result.envelope;
  const encoded = {
    envelope: result.envelope,
    ...(controlId && { controlId }),
    sha256: built.sha256,
    bytes: built.bytes,
    connector: lane.connector,
    connectorVersion: lane.connectorVersion,
    ...(restrictions && { restrictions }),
  };
  return { outcome: 'message', encoded, built };
}

/** A retry sends the very bytes of the first attempt; if they can no longer be built, nobody guesses. */
async function rebuild(material: Material, encoded: EncodedMessage, dispatcher: Dispatcher): Promise<Built> {
  const built = await build(material, encoded.envelope, dispatcher);
  // Journals of before hold the hash of the bytes alone.
  if (built.sha256 !== encoded.sha256 && sha256Of(built.pieces) !== encoded.sha256)
    throw new PasserelleError('ERR_INVARIANT', { expected: 'the bytes of the first attempt', found: 'other bytes' });
  return built;
}

/** The message that an envelope stands for, with the parts it places from the raw bytes of the incoming message. */
function build({ message, format, parts, raw }: Material, envelope: OutgoingEnvelope, { lane, ports }: Dispatcher): ReturnType<Codecs['build']> {
  return ports.codecs.build({
    envelope,
    format,
    charsetFallback: lane.settings.charsetFallback,
    parts,
    read: (from, to) => ports.journal.raw(message, from, to),
    ...(raw && { raw }),
  });
}

/** A translation without engine, journal or mesh (`passerelle translate`, conformance suites): the lane's own steps on loose bytes. */
import { createHash } from 'node:crypto';
import { openMessage } from '../codecs/index.ts';
import { readCall } from '../dialect/index.ts';
import {
  PasserelleError,
  type Connector,
  type ConnectorCall,
  type ConnectorContext,
  type DecodeResult,
  type DocumentCodec,
  type ErrorData,
  type HttpMeta,
  type MessageCodec,
  type OutgoingEnvelope,
  type Reception,
  type SiteSettings,
  type Warning,
} from '../contract/index.ts';
import type { CanonicalEvent } from '../model/index.ts';
import { canonicalEvents, type EventOrigin } from './events.ts';
import { decisionWith, joinWarnings, refusalAck } from './replies.ts';

export interface Translator {
  readonly id: string;
  readonly version: string;
  readonly connector: Connector;
  readonly codec: MessageCodec;
  readonly documents: readonly DocumentCodec[];
  /** The bytes are a contextual call of the product, not a message. */
  readonly call?: ConnectorCall;
  /** Of a call: whether its time is held against `now`. */
  readonly judgeTime?: boolean;
}

/** One line of `passerelle translate` (ARCHITECTURE section 7). */
export interface Translation {
  readonly decision: string;
  readonly events: readonly CanonicalEvent[];
  readonly warnings: readonly Warning[];
  /** What the sender is answered; `null` when it is never answered. */
  readonly acknowledgement: { readonly code: 'AA' | 'AE' | 'AR'; readonly text: string; readonly http?: HttpMeta } | null;
  readonly error?: ErrorData;
}

/** One translation per message that the bytes hold, in order. `now` is an ISO instant. Never throws for what the bytes hold. */
export function translate(bytes: Uint8Array, translator: Translator, settings: SiteSettings, now: string, http?: HttpMeta): readonly Translation[] {
  return translator.codec.split(bytes).map((message) => translateOne(message, translator, settings, now, http));
}

function translateOne(bytes: Uint8Array, translator: Translator, settings: SiteSettings, now: string, http?: HttpMeta): Translation {
  const id = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const context = countingContext(settings, now, id);
  if (translator.call) return translateCall(bytes, { ...translator, call: translator.call }, context, id, http);
  const opened = openMessage(bytes, translator.codec, translator.documents, settings.charsetFallback, http);
  const result: DecodeResult = opened.error ? refusal(opened.error) : decode(translator.connector, opened.envelope, context);
  const made = canonicalEvents(result.events, originOf(translator, settings, now, id), () => undefined);
  const error = 'error' in made ? made.error : result.error;
  const decision = 'error' in made ? 'dead' : result.decision;
  const warnings = joinWarnings(opened.envelope.warnings, result.warnings);
  const ack = refusalAck(decision, error);
  const reception: Reception = { decision: decision === 'dead' ? 'stored' : result.decision, ack, warnings, ...(error && { error }) };
  const reply = answer(translator.connector, reception, opened.envelope, context);
  return {
    decision: decisionWith(decision, warnings),
    events: 'error' in made ? [] : made.events,
    warnings,
    acknowledgement: reply && { code: ack, text: reply.text, ...(reply.http && { http: reply.http }) },
    ...(error && { error }),
  };
}

const originOf = ({ id: connector, version }: Translator, { site, timeZone }: SiteSettings, now: string, id: string): EventOrigin => ({
  messageId: id,
  run: 1,
  site,
  timeZone,
  connector,
  connectorVersion: version,
  receivedAt: now,
});

/** A call is answered by the engine itself, and not in the dialect of the product. */
function translateCall(
  bytes: Uint8Array,
  translator: Translator & { readonly call: ConnectorCall },
  context: ConnectorContext,
  id: string,
  http: HttpMeta | undefined,
): Translation {
  const { call, codec, connector, judgeTime = false } = translator;
  const { result, warnings: tolerated } = readCall({ bytes, call, codec, connector, context, judgeTime, ...(http && { http }) });
  const made = canonicalEvents(result.events, originOf(translator, context.settings, context.now, id), () => undefined);
  const warnings = joinWarnings(tolerated, result.warnings);
  const error = 'error' in made ? made.error : result.error;
  const decision = 'error' in made ? 'dead' : decisionWith(result.decision, warnings);
  return { decision, events: 'error' in made ? [] : made.events, warnings, acknowledgement: null, ...(error && { error }) };
}

const refusal = (error: PasserelleError): DecodeResult => ({ decision: 'reject', events: [], warnings: [], error: error.toData() });

function decode(connector: Connector, envelope: Parameters<Connector['decode']>[0], context: ConnectorContext): DecodeResult {
  try {
    return connector.decode(envelope, context);
  } catch (error) {
    return refusal(PasserelleError.from(error));
  }
}

function answer(
  connector: Connector,
  reception: Reception,
  envelope: Parameters<Connector['decode']>[0],
  context: ConnectorContext,
): OutgoingEnvelope | null {
  try {
    return connector.acknowledge(reception, envelope, context);
  } catch {
    return null; // nothing readable to answer to: the transport closes, the sender keeps its message
  }
}

function countingContext(settings: SiteSettings, now: string, seed: string): ConnectorContext {
  let count = 0;
  return { settings, now, newId: () => `${seed.slice(0, 12)}${(count += 1)}`.toUpperCase() };
}

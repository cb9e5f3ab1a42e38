/**
 * The record, as a contextual call asks it: through its own connector, over the sink of the endpoint that its settings name. Nothing of it is queued:
 * a person waits. What it answers is checked before anybody relies on it.
 */
import { openMessage, type Codecs } from '../codecs/index.ts';
import {
  PasserelleError,
  type EncodeResult,
  type MessageCodec,
  type RecordAnswer,
  type RecordCandidate,
  type ReplyOutcome,
  type Sink,
  type SiteSettings,
} from '../contract/index.ts';
import { checkEncoded, checkInterpreted, type ConnectorCaller } from '../lanes/index.ts';
import { dataSchemaUri, sourceUri, type CallContext, type CanonicalEvent, type EndedContext } from '../model/index.ts';

/** A person looks at a page that turns: past this they are told. */
const DEADLINE_MS = 5000;
const MAX_FIELDS = 10;
const MAX_FIELD_CHARACTERS = 8192;

export interface RecordParts {
  /** Of the record's site. */
  readonly connector: string;
  readonly connectorVersion: string;
  readonly format: string;
  readonly settings: SiteSettings;
  readonly sink: Sink;
  /** Where its pages are: a browser is sent nowhere else. */
  readonly origins: readonly string[];
  /** What a user agrees to before the first call, by paragraph; none = nothing is asked. */
  readonly terms: readonly string[];
  readonly connectors: ConnectorCaller;
  readonly codec: (format: string) => MessageCodec;
  readonly codecs: Codecs;
  readonly now: () => number;
}

/** Who asks. */
export interface Asking {
  readonly site: string;
  readonly connector: string;
  readonly connectorVersion: string;
  /** Unlike any other: what ids derive from. */
  readonly seed: string;
}

export type Ticket = Exclude<RecordAnswer, { readonly candidates: unknown }>;

/** All of them throw ERR_CALL_RECORD when the record cannot be asked or gives no sense, ERR_CALL_IDENTITY when the identity contradicts its own. */
export class CalledRecord {
  readonly #parts: RecordParts;

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  get origins(): readonly string[] {
    return this.#parts.origins;
  }

  get terms(): readonly string[] {
    return this.#parts.terms;
  }

  /** `closed`: of the tabs that the context names. */
  async search(
    context: CallContext,
    asking: Asking,
  ): Promise<{ readonly candidates: readonly RecordCandidate[]; readonly closed: readonly string[] }> {
    const { call } = await this.#ask('dcc.context.open', context, asking);
    if (!call || !('candidates' in call)) throw new PasserelleError('ERR_CALL_RECORD', { expected: 'candidates' });
    const { closedTabs = [] } = call;
    return { candidates: call.candidates.slice(0, 50).map(checkCandidate), closed: context.tabs?.filter((tab) => closedTabs.includes(tab)) ?? [] };
  }

  /** `context` names the tab and the choice. */
  async ticket(context: CallContext, asking: Asking): Promise<Ticket> {
    const { call } = await this.#ask('dcc.context.open', context, asking);
    if (!call || 'candidates' in call) throw new PasserelleError('ERR_CALL_RECORD', { expected: 'a ticket' });
    // Never another record than the chosen one, and no way out to another place (open redirect).
    const { recordId } = context.choice ?? {};
    if (recordId !== undefined && call.recordId !== recordId)
      throw new PasserelleError('ERR_CALL_RECORD', { expected: 'a ticket of the chosen record' });
    if (!this.origins.includes(URL.parse(call.url)?.origin ?? '')) throw new PasserelleError('ERR_CALL_RECORD', { expected: 'a page of the record' });
    const fields = Object.entries(call.fields);
    if (fields.length > MAX_FIELDS || fields.some(([name, value]) => !/^[A-Za-z][\w.-]{0,63}$/.test(name) || value.length > MAX_FIELD_CHARACTERS))
      throw new PasserelleError('ERR_CALL_RECORD', { expected: 'a few fields of a form' });
    return call;
  }

  async end(ended: EndedContext, asking: Asking): Promise<void> {
    await this.#ask('dcc.context.ended', ended, asking);
  }

  async stop(): Promise<void> {
    await this.#parts.sink.stop();
  }

  async #ask(type: 'dcc.context.open' | 'dcc.context.ended', data: CallContext | EndedContext, asking: Asking): Promise<ReplyOutcome> {
    let reply: ReplyOutcome;
    try {
      reply = await this.#exchange(type, data, asking);
    } catch (thrown) {
      throw new PasserelleError('ERR_CALL_RECORD', { found: PasserelleError.from(thrown).code, cause: thrown });
    }
    if (reply.outcome === 'delivered') return reply;
    if (reply.applicationCode === 904) throw new PasserelleError('ERR_CALL_IDENTITY', { found: reply.ack ?? 'a conflict' });
    throw new PasserelleError('ERR_CALL_RECORD', { found: reply.error?.code ?? reply.ack ?? reply.outcome });
  }

  async #exchange(type: 'dcc.context.open' | 'dcc.context.ended', data: CallContext | EndedContext, asking: Asking): Promise<ReplyOutcome> {
    const { connector, connectorVersion, format, settings, sink, connectors, codec, codecs, now } = this.#parts;
    const time = new Date(now()).toISOString();
    const event: CanonicalEvent = {
      specversion: '1.0',
      id: asking.seed,
      source: sourceUri(asking.site, asking.connector),
      type,
      time,
      datacontenttype: 'application/json',
      dataschema: dataSchemaUri(type),
      site: asking.site,
      connectorversion: asking.connectorVersion,
      data,
    };
    const call = { operation: 'encode', input: { event, parts: [], format }, settings, now: time, seed: asking.seed } as const;
    const encoded = checkEncoded(await connectors.call<EncodeResult>(connector, connectorVersion, call));
    if (encoded.outcome !== 'message') throw PasserelleError.fromData(encoded.error);
    const { envelope } = encoded;
    const { pieces } = await codecs.build({
      envelope,
      format,
      charsetFallback: settings.charsetFallback,
      parts: [],
      read: async () => new Uint8Array(),
    });
    const answer = await sink.send(pieces, { deadlineMs: DEADLINE_MS, ...(envelope.http && { http: envelope.http }) });
    const opened = openMessage(answer.bytes, codec(envelope.format), [], settings.charsetFallback, answer.http);
    if (opened.error) throw opened.error;
    const sent = { type, ...(envelope.controlId && { controlId: envelope.controlId }) };
    return checkInterpreted(await connectors.call(connector, connectorVersion, { operation: 'interpret', reply: opened.envelope, sent }));
  }
}

/** Somebody else's code said it: only what is asked for is kept, and only as text. */
function checkCandidate({ recordId, by, insDiffers, ippDiffers, traitsDiffer, shown }: RecordCandidate): RecordCandidate {
  if (typeof recordId !== 'string' || !['ins', 'ipp', 'traits'].includes(by))
    throw new PasserelleError('ERR_CALL_RECORD', { expected: 'a candidate' });
  const { birthName, usedName, givenNames, birthDate, sex } = shown;
  const texts = Object.entries({ birthName, usedName, givenNames, birthDate, sex }).filter(([, value]) => typeof value === 'string');
  return {
    recordId,
    by,
    insDiffers: insDiffers === true,
    ippDiffers: ippDiffers === true,
    traitsDiffer: traitsDiffer === true,
    shown: Object.fromEntries(texts),
  };
}

/** Bytes of a product's call to what its connector makes of them. Never throws for what the bytes hold: a refusal says why, and which code. */
import {
  PasserelleError,
  type Connector,
  type ConnectorCall,
  type ConnectorContext,
  type DecodeResult,
  type Envelope,
  type HttpMeta,
  type MessageCodec,
  type Warning,
} from '../contract/index.ts';
import type { CallContext } from '../model/index.ts';
import { asCapture } from './capture.ts';
import { checkSignature, isUnsigned } from './signature.ts';
import { checkTime, skewOf } from './time.ts';

export interface CallRequest {
  readonly bytes: Uint8Array;
  /** Absent: the bytes are a capture, or no request at all (a command line). */
  readonly http?: HttpMeta;
  readonly call: ConnectorCall;
  readonly codec: Pick<MessageCodec, 'open'>;
  readonly connector: Pick<Connector, 'decode'>;
  readonly context: ConnectorContext;
  /** False for a capture of some other day. */
  readonly judgeTime: boolean;
}

export interface CallReading {
  readonly result: DecodeResult;
  /** What the codec tolerated. */
  readonly warnings: readonly Warning[];
  /** Present once the codec could read the bytes. */
  readonly envelope?: Envelope;
}

export function readCall(request: CallRequest): CallReading {
  const { call, codec, connector, context, judgeTime } = request;
  const { settings, now } = context;
  let envelope: Envelope | undefined;
  const warnings: Warning[] = [];
  try {
    const captured = request.http ? undefined : asCapture(request.bytes);
    const [bytes, http] = captured ? [captured.body, captured.http] : [request.bytes, request.http];
    if (call.signature) {
      if (isUnsigned(http, call.signature)) warnings.push({ code: 'signature-missing' });
      checkSignature(bytes, http, call.signature, settings);
    }
    const said = call.charsetSetting === undefined ? undefined : settings.connector[call.charsetSetting];
    const charsetFallback = typeof said === 'string' ? said : settings.charsetFallback;
    envelope = codec.open(bytes, { charsetFallback, readDocument: () => undefined, ...(http && { http }) }).envelope;
    warnings.push(...envelope.warnings);
    const result = connector.decode(envelope, context);
    const [opening] = result.events;
    if (judgeTime && opening) checkTime(opening.data as CallContext, now, skewOf(settings.connector));
    return { result: result.error ? { ...result, events: [refusal(result.error.code)] } : result, warnings, envelope };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    const result: DecodeResult = { decision: 'reject', events: [refusal(error.code)], warnings: [], error: error.toData() };
    return { result, warnings, ...(envelope && { envelope }) };
  }
}

const refusal = (code: string): DecodeResult['events'][number] => ({ type: 'dcc.context.refused', data: { code }, keys: [] });

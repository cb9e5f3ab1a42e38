/** The codec thread (entry): loads the codecs, and only them, then performs one call after the other. */
import { parentPort } from 'node:worker_threads';
import { PasserelleError, type MessageCodec } from '../contract/index.ts';
import { loadPlugins } from '../registry/index.ts';
import { buildMessage } from './build-message.ts';
import type { Call, OpenedData, Result, Results } from './calls.ts';
import { examine } from './examine.ts';
import { openMessage, type OpenedMessage } from './open.ts';

const { codecs, documents } = await loadPlugins({ only: 'codec-' });

const codecOf = (format: string): MessageCodec => {
  const codec = codecs.get(format);
  if (!codec) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a codec among ${[...codecs.keys()].join(', ')}`, found: format });
  return codec;
};

const dataOf = ({ error, ...opened }: OpenedMessage): OpenedData => ({ ...opened, ...(error && { error: error.toData() }) });

function perform(call: Call): Results[keyof Results] {
  if (call.operation === 'build') return buildMessage(call.envelope, call.incoming, codecOf);
  const codec = codecOf(call.format);
  if (call.operation === 'open') return dataOf(openMessage(call.bytes, codec, documents, call.charsetFallback, call.http));
  const messages = examine(codec, documents, call.bytes, call.open).map(({ bytes, peek, opened }) => {
    const from = bytes.byteOffset - call.bytes.byteOffset;
    return { from, to: from + bytes.length, peek, ...(opened && { opened: dataOf(opened) }) };
  });
  return { frame: call.bytes, messages };
}

/** Bytes that own their memory go over as they are; the rest of what goes back is small and is copied. */
function given(value: Results[keyof Results]): ArrayBuffer[] {
  const bytes = 'frame' in value ? [value.frame] : 'pieces' in value ? value.pieces : [];
  const owned = bytes.filter((b) => b.buffer instanceof ArrayBuffer && b.length * 2 > b.buffer.byteLength).map((b) => b.buffer as ArrayBuffer);
  return [...new Set(owned)];
}

parentPort?.on('message', (call: Call) => {
  let result: Result;
  try {
    result = { value: perform(call) };
  } catch (error) {
    result = { error: PasserelleError.from(error).toData() };
  }
  parentPort?.postMessage(result, 'value' in result ? given(result.value) : []);
});
parentPort?.postMessage('ready');

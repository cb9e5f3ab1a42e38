/** Whether loose bytes are a call of a product that sends messages too: for tools that are given a file; an endpoint knows by its address. */
import type { ConnectorManifest } from '../contract/index.ts';

const HEAD_BYTES = 4096;

export function looksLikeCall(bytes: Uint8Array, { call, flows }: Pick<ConnectorManifest, 'call' | 'flows'>): boolean {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1');
  if (!call || /^[\v\s\xef\xbb\xbf]*(?:MSH|FHS|BHS)/.test(head)) return false;
  if (/^[A-Z]{3,10} \S+ HTTP\/1\.[01]\r?\n/.test(head) || flows.every(({ direction }) => direction === 'from-dcc')) return true;
  if (call.format === 'command-line') return /(?:^|[\s"])\/[a-z][\w.-]*:/i.test(head);
  return call.format === 'json' && /"typ"\s*:\s*"contexte-appel"/.test(head);
}

/** Builds the context of one call: a clock that stands still and ids that repeat on a replay of the same attempt. */
import { hash } from 'node:crypto';
import type { ConnectorContext } from '../contract/index.ts';
import type { HostCall } from './host.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function contextFor(call: Exclude<HostCall, { operation: 'interpret' }>): ConnectorContext {
  let count = 0;
  return { settings: call.settings, now: call.now, newId: () => deriveId(`${call.seed}#${(count += 1)}`) };
}

/** Twenty characters of base 32 from a hash: 100 bits, fits MSH-10 (ST 20 in HL7 2.5). */
function deriveId(seed: string): string {
  // A character a byte: a digest in a buffer of its own costs four times its hash.
  const digest = hash('sha256', seed, 'binary');
  let id = '';
  for (let i = 0; i < 20; i += 1) id += ALPHABET[digest.charCodeAt(i) & 31];
  return id;
}

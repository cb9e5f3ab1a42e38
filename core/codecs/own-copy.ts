/** A copy of bytes in memory of its own, made in steps: a hundred megabytes in one go would keep everybody waiting. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const STEP_BYTES = 4 * 1024 * 1024;

export async function ownCopy(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const copy = Buffer.allocUnsafeSlow(bytes.length) as Uint8Array<ArrayBuffer>;
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    if (at > 0) await nextTurn();
    copy.set(bytes.subarray(at, at + STEP_BYTES), at);
  }
  return copy;
}

/**
 * Who still reads the bytes of a message: the answer to its sender, its decision, each of its deliveries. The last one gives their memory back at once;
 * whoever fails on the way says nothing, and leaves it to the garbage collector.
 */
import { release } from '../contract/index.ts';

/** By the memory of the frame that they came in. */
const frames = new WeakMap<ArrayBufferLike, { readonly frame: Uint8Array; readers: number }>();

/** A frame that came in has one reader: whoever answers it. */
export function beginReading(frame: Uint8Array): void {
  frames.set(frame.buffer, { frame, readers: 1 });
}

export function alsoRead({ buffer }: Uint8Array): void {
  const of = frames.get(buffer);
  if (of) of.readers += 1;
}

export function endReading({ buffer }: Uint8Array): void {
  const of = frames.get(buffer);
  if (of && (of.readers -= 1) === 0) release(of.frame);
}

/** Positions as people write them: `PID-3[2].4.2`, `OBX[3]-5.5`. */
import { PasserelleError } from '../../core/contract/index.ts';

export interface SegmentPath {
  readonly field: number;
  readonly repetition: number;
  readonly component: number;
  readonly sub: number;
}

export interface MessagePath extends SegmentPath {
  readonly segment: string;
  readonly occurrence: number;
  /** Whether a component is written: `OBX-5` names the whole field, `OBX-5.1` its first component. */
  readonly whole: boolean;
}

const SHAPE = /^(?:([A-Z][A-Z\d]{2})(?:\[(\d{1,5})\])?-)?(\d{1,3})(?:\[(\d{1,5})\])?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?$/;
const known = new Map<string, MessagePath>();
/** Paths are written in the code of connectors, so few; computed ones must not grow the memory without end. */
const KNOWN_LIMIT = 4096;

/** Reads `PID-3[2].4.2`, or `3[2].4.2` inside a segment. Throws ERR_INVARIANT: a wrong path is a fault of the program, not of the message. */
export function readPath(path: string): MessagePath {
  const found = known.get(path);
  if (found) return found;
  const match = SHAPE.exec(path);
  const [, segment = '', occurrence = 1, field = 0, repetition = 1, component, sub = 1] = match ?? [];
  const read: MessagePath = {
    segment,
    occurrence: Number(occurrence),
    field: Number(field),
    repetition: Number(repetition),
    component: Number(component ?? 1),
    sub: Number(sub),
    whole: component === undefined,
  };
  if (!match || Math.min(read.occurrence, read.field, read.repetition, read.component, read.sub) < 1)
    throw new PasserelleError('ERR_INVARIANT', { expected: 'a position such as PID-3[2].4.2', found: path });
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(path, read);
  return read;
}

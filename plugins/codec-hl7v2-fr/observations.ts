/** OBX of a message as they are written, and the parts that stand in them. */
import type { OutgoingPart, PartSource } from '../../core/contract/index.ts';
import type { Hl7Value } from '../codec-hl7v2/index.ts';
import type { SegmentOut } from './write-header.ts';

/** OBX of one message, numbered over all of it, with the segments that follow each. */
export class Observations {
  readonly segments: SegmentOut[] = [];
  readonly parts: OutgoingPart[] = [];
  /** Coded values are CE in 2.5, CWE in 2.6. */
  readonly coded: string;
  private count = 0;

  constructor(message: 'MDM' | 'ORU') {
    this.coded = message === 'ORU' ? 'CE' : 'CWE';
  }

  add(type: string, code: Hl7Value, value: Hl7Value, result: string, from?: PartSource): void {
    this.count += 1;
    this.segments.push(['OBX', { 1: this.count, 2: type, 3: code, 5: value, 11: result }]);
    if (from) this.parts.push({ at: `OBX[${this.count}]-5.5`, encoding: 'base64', from });
  }
}

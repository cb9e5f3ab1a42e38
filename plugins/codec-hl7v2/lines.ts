/** Walks the lines of raw bytes, looking at each byte once. */

/** Bytes of a line looked at one by one: a native search costs more than that, and less than a long line. */
const NEAR = 32;

/** Ends of lines, asked for from left to right. */
export class LineEnds {
  private readonly bytes: Buffer;
  private readonly marks: readonly number[];
  private readonly highest: number;
  /** The next of each mark, kept: searched again at each line, one that is absent would make the walk quadratic. */
  private readonly next: number[];

  /** `marks`: the bytes that end a line. */
  constructor(bytes: Buffer, ...marks: readonly number[]) {
    this.bytes = bytes;
    this.marks = marks;
    this.highest = Math.max(...marks);
    this.next = marks.map(() => -1);
  }

  /** Offset of the first mark at `from` or after; the length of the bytes when there is none. `from` never goes back. */
  after(from: number): number {
    const { bytes, marks, highest, next } = this;
    const near = Math.min(from + NEAR, bytes.length);
    for (let at = from; at < near; at++) {
      const byte = bytes[at] as number;
      if (byte <= highest && marks.includes(byte)) return at;
    }
    let nearest = bytes.length;
    for (let i = 0; i < marks.length; i++) {
      let hit = next[i] as number;
      if (hit < near) {
        hit = bytes.indexOf(marks[i] as number, near);
        next[i] = hit = hit < 0 ? bytes.length : hit;
      }
      if (hit < nearest) nearest = hit;
    }
    return nearest;
  }
}

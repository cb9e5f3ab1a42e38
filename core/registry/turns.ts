/** What waits for one worker, taken in turns: each line gives one item, then the next line does. A long line keeps nobody else waiting. */
export class Turns<T> {
  /** Lines that have something, the next one first. */
  readonly #lines = new Map<unknown, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Items of one line keep their order. */
  push(line: unknown, item: T): void {
    const waiting = this.#lines.get(line);
    if (waiting) waiting.push(item);
    else this.#lines.set(line, [item]);
    this.#size += 1;
  }

  /** At most `count` items, and no more once they weigh `weight`; one at least when something waits. */
  take(count: number, weight: number, weigh: (item: T) => number): T[] {
    const taken: T[] = [];
    for (let sum = 0; taken.length < count && this.#size > 0 && (taken.length === 0 || sum < weight);) {
      const [line, waiting] = this.#lines.entries().next().value as [unknown, T[]];
      const item = waiting.shift() as T;
      this.#lines.delete(line);
      if (waiting.length > 0) this.#lines.set(line, waiting);
      this.#size -= 1;
      sum += weigh(item);
      taken.push(item);
    }
    return taken;
  }

  /** Everything, in no order between lines. */
  clear(): T[] {
    const all = [...this.#lines.values()].flat();
    this.#lines.clear();
    this.#size = 0;
    return all;
  }
}

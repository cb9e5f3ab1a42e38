/**
 * What was made of texts lately, by key: a message looks at its notes several times, and the next one of a patient comes soon. Two generations: when the
 * young one is full the old one goes, so that nothing has to be looked for. What is handed out is shared: nobody changes it.
 */
export class Recent<T> {
  /** Longer texts are made anew each time: a document of 2,000 recipients is rare, and a thousand of them would be memory without a bound. */
  static readonly LONGEST = 16 * 1024;

  readonly #half: number;
  #young = new Map<string, { readonly text: string; readonly made: T }>();
  #old = new Map<string, { readonly text: string; readonly made: T }>();

  /** @param most entries at once. */
  constructor(most: number) {
    this.#half = most / 2;
  }

  keep(key: string, text: string, made: T): T {
    if (text.length > Recent.LONGEST) return made;
    this.#young.set(key, { text, made });
    if (this.#young.size > this.#half) [this.#old, this.#young] = [this.#young, new Map()];
    return made;
  }

  /** What was made of this very text of that key, else what `make` makes of it now. */
  of(key: string, text: string, make: (text: string) => T): T {
    const young = this.#young.get(key);
    if (young?.text === text) return young.made;
    const old = this.#old.get(key);
    return this.keep(key, text, old?.text === text ? old.made : make(text));
  }
}

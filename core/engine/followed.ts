/** Messages whose sender is answered once all their deliveries are settled. Bounded: the oldest are let go, whose senders were answered long ago. */
export class Followed {
  readonly #messages = new Map<number, { left: number; done: PromiseWithResolvers<void> }>();
  readonly #most: number;

  /** @param most more than there can be senders waiting. */
  constructor(most = 10_000) {
    this.#most = most;
  }

  /** One more delivery of this message. */
  add(message: number): void {
    const known = this.#messages.get(message);
    if (known) {
      known.left += 1;
      return;
    }
    this.#messages.set(message, { left: 1, done: Promise.withResolvers() });
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > this.#most && oldest !== undefined) this.#end(oldest);
  }

  /** One of them is settled. */
  settled(message: number): void {
    const followed = this.#messages.get(message);
    if (followed && (followed.left -= 1) === 0) this.#end(message);
  }

  /** Resolves when all are; at once when the message is not followed. */
  until(message: number): Promise<void> {
    return this.#messages.get(message)?.done.promise ?? Promise.resolve();
  }

  #end(message: number): void {
    this.#messages.get(message)?.done.resolve();
    this.#messages.delete(message);
  }
}

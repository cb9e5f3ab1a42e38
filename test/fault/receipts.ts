/** What a receiver saw and did, in order of arrival: the independent half of the evidence. */
import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import { numberIn } from './traffic.ts';

export interface Receipt {
  readonly controlId: string;
  /** Number of the message of `traffic.ts`, read from the content. */
  readonly n: number;
  /** What kind of message it is there: one message may become several. */
  readonly type: string;
  readonly digest: string;
  /** The same without MSH-7, which is the time of writing and says nothing of the content (ARCHITECTURE section 3). */
  readonly content: string;
  /** It was taken, whatever was answered. */
  readonly taken: boolean;
  /** Milliseconds since 1970, and the sender's end of the connection: which engine it was. */
  readonly at: number;
  readonly port: number;
}

export class Receipts {
  readonly all: Receipt[] = [];
  /** Taken messages, each once. */
  readonly taken = new Map<string, Receipt>();
  readonly #waiting: { readonly holds: (receipt: Receipt) => boolean; readonly done: (receipt: Receipt) => void }[] = [];

  add(text: string, controlId: string, type: string, taken: boolean, { remotePort: port = 0 }: Socket): void {
    const content = text.replace(/^(MSH(?:\|[^|]*){5}\|)[^|]*/, '$1');
    const seen = { taken, at: Date.now(), port };
    const receipt: Receipt = { controlId, n: numberIn(text) ?? -1, type, digest: hash('sha256', text), content: hash('sha256', content), ...seen };
    this.all.push(receipt);
    if (taken && !this.taken.has(controlId)) this.taken.set(controlId, receipt);
    for (const waiting of this.#waiting.filter((w) => w.holds(receipt))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.done(receipt);
    }
  }

  /** The next receipt of which this holds, told in the turn in which it came. */
  next(holds: (receipt: Receipt) => boolean, done: (receipt: Receipt) => void): void {
    this.#waiting.push({ holds, done });
  }
}

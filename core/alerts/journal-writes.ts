/** Notices whether the journal takes what lanes write: a disk or a database that became read-only still answers every question. */
import { PasserelleError, type ErrorCode, type JournalStore } from '../contract/index.ts';

const WRITES = ['receive', 'admit', 'decide', 'begin', 'settle'] as const;

export class JournalWrites {
  readonly #now: () => number;
  #refused: { readonly since: number; readonly code: ErrorCode } | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Since when (ms since 1970) every write was refused. */
  get refused(): { readonly since: number; readonly code: ErrorCode } | undefined {
    return this.#refused;
  }

  /** The same journal, looked at. */
  of(journal: JournalStore): JournalStore {
    const watched = Object.fromEntries(
      WRITES.map((name) => [
        name,
        (...args: unknown[]) => {
          const written = (journal[name] as (...given: unknown[]) => Promise<unknown>)(...args);
          written.then(
            () => (this.#refused = undefined),
            (thrown: unknown) => this.#note(PasserelleError.from(thrown).code),
          );
          return written;
        },
      ]),
    );
    return { ...journal, ...watched };
  }

  /** Any other error is about what was written. */
  #note(code: ErrorCode): void {
    if (code === 'ERR_JOURNAL_UNAVAILABLE') this.#refused = { since: this.#refused?.since ?? this.#now(), code };
  }
}

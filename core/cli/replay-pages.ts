/** A replay by filter, page after page: oldest first, at a pace, in bounded memory; a cursor says where to go on when it is interrupted. */
import { setTimeout as wait } from 'node:timers/promises';
import { PasserelleError, type MessageQuery, type MessageView, type ReplayPage } from '../contract/index.ts';
import { actor } from './context.ts';
import type { EngineClient } from './engine-client.ts';

export interface ReplayOptions {
  readonly query: Omit<MessageQuery, 'limit' | 'order'>;
  /** Messages in all. */
  readonly most: number;
  readonly dryRun: boolean;
  readonly perMinute?: number;
  readonly why?: string;
}

export interface ReplayResult {
  readonly done: number;
  readonly refused: number;
  readonly firstRefused: ReplayPage['refused'];
  readonly first: readonly MessageView[];
  /** Where the next page begins; absent at the end. */
  readonly next?: string;
}

/** Messages of one commit. */
const PAGE = 250;
/** Kept to be shown. */
const SHOWN = 10;
/** The engine is still deciding earlier pages: asked again after this. */
const BUSY_MS = 100;

/** Calls back after each page, with what was done until then. Rejects with what the engine refused; `progress` has the cursor of the page that failed. */
export async function replayPages(client: EngineClient, options: ReplayOptions, progress: (result: ReplayResult) => void): Promise<ReplayResult> {
  const { query, most, dryRun, perMinute, why } = options;
  const perPage = Math.min(PAGE, perMinute === undefined ? PAGE : Math.max(1, Math.ceil(perMinute / 60)));
  const begun = performance.now();
  let result: ReplayResult = { done: 0, refused: 0, firstRefused: [], first: [] };
  for (let after = query.after; ;) {
    const seen = result.done + result.refused;
    if (perMinute !== undefined && !dryRun) await wait(Math.max(0, begun + (seen * 60_000) / perMinute - performance.now()));
    const limit = Math.min(perPage, most - seen);
    const page = await patiently(() =>
      client.replay({ ...query, ...actor(), limit, ...(after !== undefined && { after }), ...(dryRun && { dryRun }), ...(why && { why }) }),
    );
    after = page.next;
    result = {
      done: result.done + page.messages.length,
      refused: result.refused + page.refused.length,
      firstRefused: [...result.firstRefused, ...page.refused].slice(0, SHOWN),
      first: [...result.first, ...page.messages].slice(0, SHOWN),
      ...(after !== undefined && { next: after }),
    };
    progress(result);
    if (after === undefined || result.done + result.refused >= most) return result;
  }
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PasserelleError && error.code === 'ERR_BACKPRESSURE')) throw error;
      await wait(BUSY_MS);
    }
  }
}

/** An alert watch on a clock, a disk, lanes and counts that a test sets. */
import type { DeliverySummary, JournalStore, LaneCounts, LaneOrder, LaneView, MessageSummary } from '../../../core/contract/index.ts';
import { AlertWatch, type AlertWatchParts, type WatchedRegion } from '../../../core/alerts/index.ts';
import { checkDocuments, parseDocuments, type RegionSettings } from '../../../core/settings/index.ts';
import { createMetrics } from '../../../core/telemetry/index.ts';
import { SITE, catalogue } from '../settings/catalogue.ts';

export const T0 = Date.parse('2026-10-12T08:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const iso = (ms: number): string => new Date(ms).toISOString();

export function settingsOf(more: string, engine = ''): RegionSettings {
  const documents = parseDocuments([{ file: 's.yaml', text: `${SITE.replace('port: 2575', `port: 2575${more}`)}---\nkind: engine\n${engine}` }]);
  const { issues, settings } = checkDocuments(documents, catalogue);
  if (!settings) throw new Error(JSON.stringify(issues));
  return settings;
}

export class AlertGround {
  now = T0;
  counts: Record<string, LaneCounts['counts']> = {};
  oldest: Record<string, number> = {};
  settings = settingsOf(', expectEvery: 2h');
  isOwner = true;
  status: Exclude<LaneView['status'], 'elsewhere'> = 'open';
  failing: { since: number; code?: 'ERR_CONNECTION_REFUSED' } | undefined;
  refused: { since: number; code: 'ERR_JOURNAL_UNAVAILABLE' } | undefined;
  free = 100 * 1024 ** 3;
  journalFails = false;
  /** What is in the journal from before the watch began. */
  messages: Partial<MessageSummary>[] = [];
  deliveries: Partial<DeliverySummary>[] = [];
  orders: LaneOrder[] = [];
  /** Reads of the journal besides its counts. */
  looks = 0;
  readonly logged: string[] = [];
  readonly metrics = createMetrics();
  readonly watch: AlertWatch;

  constructor(over: Partial<AlertWatchParts> = {}) {
    this.watch = new AlertWatch({
      journal: this.#journal(),
      writes: this.#refusals(),
      region: () => this.#region(),
      folders: ['.'],
      now: () => this.now,
      logger: { log: (level, what, fields = {}) => void this.logged.push(`${level} ${what} ${String(fields['code'])}`) },
      metrics: this.metrics,
      diskFree: async () => this.free,
      ...over,
    });
  }

  /** Codes of the alerts that are on, `ms` later. */
  async after(ms: number): Promise<string[]> {
    this.now += ms;
    return (await this.watch.list()).items.map(({ code }) => code);
  }

  /** Looks every 15 seconds, as the engine does. */
  async live(ms: number, each: () => void = () => undefined): Promise<string[]> {
    let codes: string[] = [];
    for (const end = this.now + ms; this.now < end;) {
      each();
      codes = await this.after(15_000);
    }
    return codes;
  }

  #region(): WatchedRegion {
    const lane = { status: this.status, failing: this.failing };
    return { settings: this.settings, isOwner: this.isOwner, outbound: new Map([['dx-out', lane]]) };
  }

  #refusals(): AlertWatchParts['writes'] {
    return Object.defineProperty({} as AlertWatchParts['writes'], 'refused', { get: () => this.refused });
  }

  #journal(): Pick<JournalStore, 'lanes' | 'messages' | 'deliveries' | 'orders'> {
    return {
      lanes: async () => {
        if (this.journalFails) throw new Error('away');
        return Object.entries(this.counts).map(([lane, counts]) => {
          const oldest = this.oldest[lane];
          return { lane, counts, ...(oldest !== undefined && { oldest: iso(oldest) }) };
        });
      },
      orders: async () => this.orders,
      messages: async ({ since = '' }) => {
        this.looks += 1;
        return { items: this.messages.filter(({ receivedAt = '' }) => receivedAt >= since) as MessageSummary[] };
      },
      deliveries: async () => {
        this.looks += 1;
        return { items: this.deliveries as DeliverySummary[] };
      },
    };
  }
}

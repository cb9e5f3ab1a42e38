/** Looks at everything, again and again: what is wrong goes to the log and to the counters once, and to whoever asks. */
import {
  ALERTS,
  PasserelleError,
  type AlertCode,
  type AlertList,
  type AlertView,
  type JournalStore,
  type LaneCounts,
  type LaneOrder,
} from '../contract/index.ts';
import type { DeliveryLane } from '../lanes/index.ts';
import { durationMs, type RegionSettings } from '../settings/index.ts';
import type { Counter, Logger, Metrics } from '../telemetry/index.ts';
import { Board, type Change, type Sight } from './board.ts';
import type { JournalWrites } from './journal-writes.ts';
import { LaneMemory } from './lane-memory.ts';
import { certificateExpiry, diskBytesFree } from './machine.ts';
import { diskCondition, laneConditions, type Bounds, type Condition, type LaneSeen } from './rules.ts';

/** One look costs the journal its counts. */
const EVERY_MS = 15_000;
/** A journal that has not answered by then does not answer. */
const JOURNAL_MS = 10_000;

/** Of no lane: what stands in notes. */
const NOTED: ReadonlySet<AlertCode> = new Set([
  'ALERT_CALL_LINK_REUSED',
  'ALERT_CALL_OTHER_USER',
  'ALERT_DOCUMENT_OTHER_PATIENT',
  'ALERT_MERGE_UNDONE_TOLD',
]);

export interface WatchedRegion {
  readonly settings: RegionSettings;
  /** Works the lanes: alerts of lanes are told by that node only. */
  readonly isOwner: boolean;
  readonly outbound: ReadonlyMap<string, Pick<DeliveryLane, 'status' | 'failing'>>;
}

export interface AlertWatchParts {
  readonly journal: Pick<JournalStore, 'lanes' | 'messages' | 'deliveries' | 'orders'>;
  readonly writes: Pick<JournalWrites, 'refused'>;
  /** Undefined while no settings are applied. */
  readonly region: () => WatchedRegion | undefined;
  /** Of contextual calls and documents, from notes; rejects when the journal does not answer. */
  readonly noted?: () => Promise<readonly Condition[]>;
  /** Folders whose disk must have room. */
  readonly folders: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'log'>;
  readonly metrics: Metrics;
  readonly diskFree?: typeof diskBytesFree;
}

interface WatchedLane extends Pick<LaneSeen, 'lane' | 'site' | 'direction' | 'certificateExpires'> {
  readonly longestSilence?: number;
  /** Delivery lanes to the same product of the same site: while that is down, it sends nothing either. */
  readonly back: readonly string[];
}
interface Plan {
  readonly settings: RegionSettings;
  readonly lanes: readonly WatchedLane[];
  readonly bounds: Bounds;
}

export class AlertWatch {
  readonly #parts: AlertWatchParts;
  readonly #board = new Board();
  readonly #raised: Counter;
  readonly #cleared: Counter;
  #memories = new Map<string, LaneMemory>();
  #plan: Plan | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = 0;

  constructor(parts: AlertWatchParts) {
    this.#parts = parts;
    const { metrics } = parts;
    this.#raised = metrics.counter('alerts_raised_total', 'Alerts raised, by code');
    this.#cleared = metrics.counter('alerts_cleared_total', 'Alerts cleared, by code');
    metrics.observe('alert', 'Alerts that are on: 1 each', () =>
      this.#board.raised.map(({ code, lane = '', site = '' }) => ({ labels: { code, severity: ALERTS[code].severity, lane, site }, value: 1 })),
    );
    metrics.observe('alerts_looked_timestamp_seconds', 'When alerts were last looked at', () => [{ labels: {}, value: this.#lookedAt / 1000 }]);
    metrics.observe('lanes_owner', '1 on the node that works the lanes', () => [{ labels: {}, value: parts.region()?.isOwner ? 1 : 0 }]);
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Looks now, or waits for the look that is under way. Never rejects. */
  async list(): Promise<AlertList> {
    await this.look();
    const items = this.#board.raised.map(viewOf);
    const rank = ({ severity }: AlertView): number => (severity === 'problem' ? 0 : 1);
    return {
      items: items.toSorted((a, b) => rank(a) - rank(b) || a.since.localeCompare(b.since)),
      elsewhere: this.#parts.region()?.isOwner === false,
    };
  }

  look(): Promise<void> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #look(): Promise<void> {
    const { now, region, writes, folders, diskFree = diskBytesFree } = this.#parts;
    const conditions: Condition[] = [];
    const { refused } = writes;
    let sightOfLanes: (lane: string) => Sight = () => 'unknown';
    let sightOfNotes: Sight = 'unknown';
    try {
      if (this.#parts.noted) conditions.push(...(await within(JOURNAL_MS, this.#parts.noted())));
      sightOfNotes = 'watched';
      sightOfLanes = await this.#lookAtLanes(region(), conditions);
      if (refused) conditions.push({ code: 'ALERT_JOURNAL_UNAVAILABLE', since: refused.since, error: refused.code });
    } catch (thrown) {
      conditions.push({ code: 'ALERT_JOURNAL_UNAVAILABLE', since: refused?.since ?? now(), error: PasserelleError.from(thrown).code });
    }
    const free = (await Promise.all(folders.map((folder) => diskFree(folder)))).filter((bytes) => bytes !== undefined);
    const disk = diskCondition(Math.min(...free), now());
    if (disk) conditions.push(disk);
    this.#lookedAt = now();
    const changes = this.#board.observe(conditions, this.#lookedAt, ({ code, lane }) => {
      if (NOTED.has(code)) return sightOfNotes;
      return lane === undefined ? 'watched' : sightOfLanes(lane);
    });
    for (const change of changes) this.#tell(change);
  }

  /** Throws when the journal does not answer: then nothing is known of lanes. */
  async #lookAtLanes(region: WatchedRegion | undefined, conditions: Condition[]): Promise<(lane: string) => Sight> {
    const { journal, now } = this.#parts;
    const counted = await within(JOURNAL_MS, journal.lanes());
    if (!region?.isOwner) {
      this.#memories.clear(); // the other node looks; what it did meanwhile is read when the lanes come back
      return () => (region ? 'elsewhere' : 'watched');
    }
    const { lanes, bounds } = this.#planOf(region.settings);
    const counts = new Map(counted.map((one) => [one.lane, one]));
    const memories = new Map<string, LaneMemory>();
    const orders = lanes.some(({ lane }) => !this.#memories.has(lane)) ? await journal.orders() : [];
    for (const lane of lanes) {
      const memory = this.#memories.get(lane.lane) ?? new LaneMemory(lane.lane, lane.direction, now(), downBefore(orders, lane.back, now()));
      memories.set(lane.lane, memory);
      const seen = await this.#see(lane, memory, counts.get(lane.lane), region);
      if (seen.status !== 'downtime') conditions.push(...laneConditions(seen, bounds, now()));
    }
    this.#memories = memories;
    return (lane) => (region.outbound.get(lane)?.status === 'downtime' ? 'downtime' : 'watched');
  }

  async #see(lane: WatchedLane, memory: LaneMemory, counted: LaneCounts | undefined, region: WatchedRegion): Promise<LaneSeen> {
    const { journal, now } = this.#parts;
    const { counts = {}, oldest } = counted ?? {};
    const { longestSilence: longest, back, ...known } = lane;
    const { status = 'open', failing } = region.outbound.get(lane.lane) ?? {};
    if (back.some((name) => region.outbound.get(name)?.status === 'downtime')) memory.downAt = now();
    await memory.follow(counts, now(), journal);
    const { refusals, mismatches, downAt } = memory;
    return {
      ...known,
      status,
      counts,
      mismatches,
      downAt,
      standing: (state) => memory.since(state),
      ...(oldest && { oldest: Date.parse(oldest) }),
      ...(failing && { failing }),
      ...(refusals && { refusals }),
      ...(longest !== undefined && { silence: { since: await memory.lastReceived(longest, now(), journal), longest } }),
    };
  }

  #planOf(settings: RegionSettings): Plan {
    if (this.#plan?.settings !== settings) this.#plan = { settings, lanes: [...lanesOf(settings)], bounds: boundsOf(settings) };
    return this.#plan;
  }

  #tell({ what, condition: { code, lane, site, count }, sight }: Change): void {
    const { severity } = ALERTS[code];
    const fields = { code, ...(lane && { lane }), ...(site && { site }), ...(count !== undefined && { count }) };
    if (what === 'raised') this.#parts.logger.log(severity === 'problem' ? 'error' : 'warn', 'alert raised', fields);
    else this.#parts.logger.log('info', `alert ${what}`, { ...fields, status: sight });
    if (what === 'raised') this.#raised.add({ code });
    else this.#cleared.add({ code });
  }
}

function* lanesOf({ sites }: RegionSettings): Generator<WatchedLane> {
  for (const { site, connectors } of sites)
    for (const { endpoint, endpoints } of connectors.flatMap(({ endpoints }) => endpoints.map((endpoint) => ({ endpoint, endpoints })))) {
      const expires = certificateExpiry(endpoint.transportSettings);
      const { name, direction } = endpoint;
      yield {
        lane: name,
        site,
        direction,
        back: direction === 'out' ? [name] : endpoints.filter((one) => one.direction === 'out').map((one) => one.name),
        ...(expires !== undefined && { certificateExpires: expires }),
        ...(endpoint.direction === 'in' && endpoint.expectEvery && { longestSilence: durationMs(endpoint.expectEvery) }),
      };
    }
}

/** End of the last planned downtime of these lanes that has begun (ms since 1970), also of one before this start. */
const downBefore = (orders: readonly LaneOrder[], lanes: readonly string[], now: number): number =>
  Math.max(
    0,
    ...orders.flatMap((order) =>
      order.kind === 'downtime' && lanes.includes(order.lane) && Date.parse(order.from) <= now ? [Math.min(now, Date.parse(order.until))] : [],
    ),
  );

const boundsOf = ({ engine: { alerts } }: RegionSettings): Bounds => ({
  failingMs: durationMs(alerts.failingAfter),
  waitingMs: durationMs(alerts.waitingAfter),
});

function viewOf({ code, since, lane, site, count, error, expires }: Condition): AlertView {
  const { severity, fr, en, fix } = ALERTS[code];
  const named = (text: string): string => text.replaceAll('{lane}', lane ?? '');
  return {
    code,
    severity,
    since: new Date(since).toISOString(),
    ...(lane && { lane }),
    ...(site && { site }),
    ...(count !== undefined && { count }),
    ...(error && { error }),
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
    fr,
    en,
    fix: { fr: named(fix.fr), en: named(fix.en) },
  };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: `no answer in ${ms} ms` })), ms);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

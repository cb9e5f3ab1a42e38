/** One engine node: journal, mesh, region, applications. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AlertWatch, JournalWrites } from '../alerts/index.ts';
import { Codecs, CodecThread } from '../codecs/index.ts';
import {
  PasserelleError,
  SettingsRefused,
  type EngineFace,
  type JournalStore,
  type MessageCodec,
  type SettingsPlan,
  type StorePlugin,
} from '../contract/index.ts';
import { Calls, callSettings, Handover } from '../call/index.ts';
import { TASK } from '../identity/index.ts';
import { BlindIndex, journalAddress, loadIndexKey } from '../journal/index.ts';
import type { CounterName, LanePorts } from '../lanes/index.ts';
import { createMesh, type Mesh } from '../mesh/index.ts';
import { loadConnectors, loadPlugins, type ConnectorSet, type PluginSet } from '../registry/index.ts';
import {
  checkDocuments,
  overrideFromEnvironment,
  parseDocuments,
  makeIssue,
  planChange,
  same,
  say,
  resolveSecrets,
  storedDocuments,
  type Catalogue,
  type OutboundEndpoint,
  type RegionSettings,
  type SettingsFile,
} from '../settings/index.ts';
import { Retention } from '../retention/index.ts';
import type { Counter, Logger, Metrics } from '../telemetry/index.ts';
import { suspectCalls } from './call-alerts.ts';
import { misnamedDocuments } from './misnamed.ts';
import { untoldReceivers } from './untold.ts';
import { faceOf } from './face.ts';
import { forgetClosedTasks, keptMs } from './forgotten.ts';
import { holdNode, type HeldNode } from './node.ts';
import { Region } from './region.ts';

export interface EngineOptions {
  readonly version: string;
  /** Data directory: journal, keys, tokens. Made with mode 0700. */
  readonly data: string;
  /** Applied as the first revision when the journal is empty; else only compared (D10). */
  readonly documents?: readonly SettingsFile[];
  /** Folder that relative secret files start from. */
  readonly secretsFolder: string;
  readonly transporter?: string;
  /** Address of the journal, see `journalAddress`; absent = the data directory. */
  readonly journal?: string;
  /** False when other nodes run the connectors. */
  readonly hostsConnectors?: boolean;
  /** Other settings run now: what stands beside the engine follows. */
  readonly changed?: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The circumstances a person should hear about at start. */
export interface StartReport {
  /** One printed line per listening address. */
  readonly addresses: readonly string[];
  readonly revision: number;
  /** Files differ from the active revision, which runs. */
  readonly drift: readonly string[];
}

interface Parts {
  readonly node: HeldNode;
  /** Of this start of the node. */
  readonly name: string;
  readonly index: BlindIndex;
  readonly journal: JournalStore;
  readonly plugins: PluginSet;
  readonly connectors: ConnectorSet;
  readonly mesh: Mesh;
}

export class Engine {
  readonly version: string;
  readonly data: string;
  readonly journal: JournalStore;
  readonly index: BlindIndex;
  readonly plugins: PluginSet;
  readonly connectors: ConnectorSet;
  readonly metrics: Metrics;
  readonly face: EngineFace;
  readonly alerts: AlertWatch;
  readonly calls: Calls;
  readonly handover: Handover;
  /** Rejects with ERR_JOURNAL_UNAVAILABLE when the journal is gone for good; then the engine is to be stopped and started again. */
  readonly ended: Promise<void>;
  region: Region | undefined;
  readonly #options: EngineOptions;
  readonly #held: HeldNode;
  readonly #node: string;
  readonly #mesh: Mesh;
  readonly #codecs: Codecs;
  readonly #writes = new JournalWrites(Date.now);
  readonly #retention: Retention;
  #changing: Promise<unknown> = Promise.resolve();
  #stopped = false;

  private constructor(options: EngineOptions, { node, name, index, journal, plugins, connectors, mesh }: Parts) {
    this.version = options.version;
    this.data = options.data;
    this.journal = journal;
    this.plugins = plugins;
    this.connectors = connectors;
    this.metrics = options.metrics;
    this.index = index;
    this.#options = options;
    this.#held = node;
    this.#node = name;
    this.#mesh = mesh;
    this.#codecs = new Codecs((format) => this.#codec(format), plugins.documents, new CodecThread());
    const { logger, metrics, data } = options;
    const { store, address } = journalAddress(options.journal, data);
    const folders = store === 'sqlite' ? [...new Set([path.resolve(data), address])] : [data];
    this.alerts = new AlertWatch({
      journal,
      writes: this.#writes,
      region: () => this.region,
      noted: async () => [...(await suspectCalls(journal, Date.now())), ...(await misnamedDocuments(journal)), ...(await untoldReceivers(journal))],
      folders,
      now: Date.now,
      logger,
      metrics,
    });
    this.#retention = this.#makeRetention();
    this.calls = this.#makeCalls();
    this.handover = new Handover({
      room: this.calls.desk,
      journal,
      record: () => this.region?.called,
      policy: (site) => this.region?.settings.sites.find((one) => one.site === site)?.contextualCall,
      userProof: this.calls.desk.userProof,
      now: Date.now,
      secret: () => randomBytes(32).toString('base64url'),
    });
    this.face = faceOf(this);
    this.ended = (journal.failed ?? Promise.withResolvers<void>().promise).then(() => {
      throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a journal that ended' });
    });
    this.ended.catch(() => options.logger.error('the journal ended', { code: 'ERR_JOURNAL_UNAVAILABLE' }));
  }

  /** Takes the data directory and opens the journal. Throws ERR_JOURNAL_LOCKED, ERR_JOURNAL_VERSION, ERR_SECRET_MISSING. */
  static async open(options: EngineOptions): Promise<Engine> {
    mkdirSync(options.data, { recursive: true, mode: 0o700 });
    const { stores } = await loadPlugins({ only: 'store-' });
    const { store: id, address } = journalAddress(options.journal, options.data);
    const store = stores.get(id);
    if (!store) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a journal store among ${[...stores.keys()].join(', ')}`, found: id });
    const node = holdNode(options.data);
    let journal: Promise<JournalStore> | undefined;
    try {
      const index = new BlindIndex(loadIndexKey(options.data));
      // It opens in a thread or a process of its own, while this one loads the rest.
      journal = openWithKey(store, address, index);
      journal.catch(() => undefined);
      const plugins = await loadPlugins();
      const connectors = await loadConnectors();
      const name = `${node.name}/${randomUUID().slice(0, 8)}`;
      const mesh = createMesh({ nodeId: name.replace('/', '-'), ...(options.transporter && { transporter: options.transporter }) });
      return new Engine(options, { node, name, index, journal: await journal, plugins, connectors, mesh });
    } catch (error) {
      await journal?.then(
        (open) => open.close(),
        () => undefined,
      );
      node.release();
      throw error;
    }
  }

  get catalogue(): Catalogue {
    return { connectors: this.connectors.all.map((c) => c.definition), transports: [...this.plugins.transports.values()] };
  }

  /** Runs the active revision; on an empty journal the given documents become revision 1. Throws SettingsRefused with the code of the first issue. */
  async start(): Promise<StartReport> {
    const { documents = [] } = this.#options;
    let active = await this.journal.settings();
    if (!active && documents.length > 0) {
      const parsed = parseDocuments(documents);
      refuseIssues(checkDocuments(parsed, this.catalogue).issues);
      await this.journal.saveSettings({ at: new Date().toISOString(), who: 'start', why: 'first start', documents: parsed.map((d) => d.value) });
      active = await this.journal.settings();
    }
    await this.#mesh.start();
    const stored = active?.documents ?? [];
    const drift = documents.length === 0 ? [] : planChange(storedDocuments(stored), parseDocuments(documents)).map((c) => `${c.action} ${c.what}`);
    const addresses = active ? await this.#run(this.#check(stored), active.revision) : [];
    this.alerts.start();
    this.#retention.start();
    return { addresses, revision: active?.revision ?? 0, drift };
  }

  /** Applies documents as a new revision and runs it; when it cannot start, the one before runs on and nothing is kept. */
  apply(documents: readonly SettingsFile[], who: string, why?: string): Promise<{ revision: number; plan: SettingsPlan }> {
    const change = this.#changing.then(() => this.#apply(documents, who, why));
    this.#changing = change.catch(() => undefined);
    return change;
  }

  /** What applying documents would change, or what forbids it; changes nothing. */
  async plan(documents: readonly SettingsFile[]): Promise<SettingsPlan> {
    const active = await this.journal.settings();
    const parsed = parseDocuments(documents);
    const { issues: found, settings } = checkDocuments(parsed, this.catalogue);
    const dropped = (settings && (await this.region?.capable.dropped(outboundOf(settings)))) ?? [];
    const withheld = dropped.map(({ lane, capability, expected, patients }) =>
      makeIssue(
        'ERR_CONFIG_WITHHELD',
        { path: `${lane}/capabilities/${capability}` },
        {
          expected: same(expected),
          found: say(`${patients} patients dont tout ne lui a pas été dit`, `${patients} patients of whom it was not told everything`),
        },
      ),
    );
    const issues = [...found, ...withheld];
    return {
      issues,
      changes: issues.length > 0 ? [] : planChange(storedDocuments(active?.documents ?? []), parsed),
      base: active?.revision ?? 0,
    };
  }

  async health(): Promise<{ ready: boolean; problems: readonly string[] }> {
    const problems: string[] = [];
    const journal = await this.journal.settings().then(
      () => true,
      () => false,
    );
    if (!journal) problems.push('journal');
    if (!this.region) problems.push('no settings are applied');
    for (const [name, lane] of this.region?.outbound ?? []) if (lane.status === 'tripped') problems.push(`lane ${name} cannot reach its endpoint`);
    return { ready: journal && this.region !== undefined, problems };
  }

  /** Legal twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#changing;
    this.calls.stop();
    this.handover.watch(false);
    await this.#retention.stop();
    await this.alerts.stop();
    await this.region?.stop();
    this.region = undefined;
    await this.#mesh.stop();
    await this.#codecs.stop();
    await this.journal.close();
    this.#held.release();
  }

  async #apply(documents: readonly SettingsFile[], who: string, why: string | undefined): Promise<{ revision: number; plan: SettingsPlan }> {
    const plan = await this.plan(documents);
    const values = parseDocuments(documents).map((d) => d.value);
    if (plan.issues.length > 0 || plan.changes.length === 0) return { revision: plan.base, plan };
    const running = this.region;
    try {
      await this.#run(this.#check(values), plan.base + 1);
      const revision = await this.journal.saveSettings({ at: new Date().toISOString(), who, documents: values, ...(why && { why }) });
      await this.#options.changed?.();
      return { revision, plan };
    } catch (error) {
      const failed = this.region;
      if (failed !== running) await this.#runActive().catch((thrown: unknown) => this.#later(failed, thrown));
      throw error;
    }
  }

  #check(documents: readonly unknown[]): RegionSettings {
    const { issues, settings } = checkDocuments(storedDocuments(overrideFromEnvironment(documents, process.env)), this.catalogue);
    refuseIssues(issues);
    return settings as RegionSettings;
  }

  async #run(settings: RegionSettings, revision: number): Promise<readonly string[]> {
    const next = new Region(settings, {
      plugins: this.plugins,
      connectors: this.connectors,
      journal: this.journal,
      mesh: this.#mesh,
      ports: this.#lanePorts(),
      secretsFolder: this.#options.secretsFolder,
      hostsConnectors: this.#options.hostsConnectors ?? true,
      node: this.#node,
      revision,
      ended: () => this.#replace(next),
    });
    await this.region?.stop(true);
    this.region = next;
    try {
      const addresses = await next.start();
      await this.calls.use(callSettings(settings, (value) => resolveSecrets(value, this.#options.secretsFolder)));
      this.handover.watch(next.called !== undefined);
      return addresses;
    } catch (error) {
      await next.stop();
      this.region = undefined;
      throw error;
    }
  }

  async #runActive(): Promise<void> {
    const active = await this.journal.settings();
    if (!active) return;
    await this.#run(this.#check(active.documents), active.revision);
    this.#options.logger.info('the active settings run', { revision: active.revision });
    await this.#options.changed?.();
  }

  /** A region that is over, because of its lanes or its settings, gives way to one that runs the active settings and waits for the lanes. */
  #replace(region: Region | undefined): void {
    const change = this.#changing.then(async () => {
      // Unless a person was faster.
      if (!this.#stopped && (this.region === region || !this.region)) await this.#runActive();
    });
    this.#changing = change.catch((thrown: unknown) => this.#later(region, thrown));
  }

  #later(region: Region | undefined, thrown: unknown): void {
    this.#options.logger.error('the active settings cannot be run', { code: PasserelleError.from(thrown).code });
    setTimeout(() => this.#replace(region), AGAIN_MS).unref();
  }

  #codec(format: string): MessageCodec {
    const codec = this.plugins.codecs.get(format);
    if (!codec)
      throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a codec among ${[...this.plugins.codecs.keys()].join(', ')}`, found: format });
    return codec;
  }

  #makeRetention(): Retention {
    const { metrics, logger } = this.#options;
    const counter = metrics.counter('notes_forgotten_total', 'Notes that had their time, by kind');
    const days = (): number | undefined => (this.region?.isOwner ? this.region.settings.engine.retention.traceDays : undefined);
    return new Retention({
      journal: this.journal,
      kept: () => {
        const traceDays = days();
        return traceDays === undefined ? undefined : keptMs(traceDays);
      },
      more: {
        kind: TASK,
        forget: async (signal) => {
          const [traceDays, region] = [days(), this.region];
          return traceDays === undefined || !region ? 0 : forgetClosedTasks(region, traceDays, Date.now(), signal);
        },
      },
      now: Date.now,
      count: (kind, forgotten) => counter.add({ kind }, forgotten),
      log: (what, fields) => logger.warn(what, fields),
    });
  }

  #makeCalls(): Calls {
    const { metrics, data } = this.#options;
    const counter = metrics.counter('calls_total', 'Contextual calls, by outcome, code and site');
    return new Calls(data, {
      journal: this.journal,
      index: this.index,
      connectors: this.#mesh,
      codec: (format) => this.#codec(format),
      callOf: (connector, version) => this.connectors.get(connector, version).manifest.call,
      now: Date.now,
      count: (outcome, code, site) => counter.add({ outcome, code, site }),
    });
  }

  #lanePorts(): LanePorts {
    const { metrics, logger } = this.#options;
    const counters = mapCounters((name, help) => metrics.counter(name, help));
    return {
      journal: this.#writes.of(this.journal),
      connectors: this.#mesh,
      index: this.index,
      codec: (format) => this.#codec(format),
      codecs: this.#codecs,
      now: Date.now,
      random: Math.random,
      count: (name, labels, by) => counters[name].add(labels, by),
      log: (level, what, fields) => logger[level](what, fields),
    };
  }
}

/** Until the active settings are tried again: the journal was away, an address is not free yet. */
const AGAIN_MS = 2000;

const COUNTERS: Readonly<Record<CounterName, string>> = {
  messages_received_total: 'Messages that a counterparty sent',
  messages_decided_total: 'Messages decided, by state',
  deliveries_settled_total: 'Deliveries that an attempt settled or put off, by state',
  retransmissions_total: 'Messages received again and not stored twice',
  protocol_faults_total: 'Broken framing or authentication, by code',
  lane_trips_total: 'Times a lane found its endpoint unreachable',
};

const mapCounters = (make: (name: string, help: string) => Counter): Record<CounterName, Counter> =>
  Object.fromEntries(Object.entries(COUNTERS).map(([name, help]) => [name, make(name, help)])) as Record<CounterName, Counter>;

const outboundOf = ({ sites }: RegionSettings): readonly OutboundEndpoint[] =>
  sites
    .flatMap(({ connectors }) => connectors.flatMap(({ endpoints }) => endpoints))
    .flatMap((endpoint) => (endpoint.direction === 'out' ? [endpoint] : []));

function refuseIssues(issues: SettingsPlan['issues']): void {
  const [first] = issues;
  if (first) throw new SettingsRefused(first, issues);
}

/** With another key every patient would be a new one, and no order and no search would hold (SAFETY D4). */
async function openWithKey(store: StorePlugin, address: string, index: BlindIndex): Promise<JournalStore> {
  const journal = await store.open(address);
  const fingerprint = await journal.fact('index-key', index.fingerprint);
  if (fingerprint === index.fingerprint) return journal;
  await journal.close();
  throw new PasserelleError('ERR_SECRET_MISSING', {
    location: { file: 'index.key' },
    expected: 'the key that this journal was begun with',
    found: 'another key',
  });
}

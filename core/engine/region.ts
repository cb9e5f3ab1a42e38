/** A region at work: the hosts, lanes and transports that one settings revision asks for. Replaced as a whole when settings change. */
import {
  PasserelleError,
  type Acted,
  type ErrorCode,
  type JournalStore,
  type OperatorAction,
  type MessageCodec,
  type ProtocolFault,
  type Received,
  type Reply,
  type SiteSettings,
  type Source,
  type TransportPlugin,
} from '../contract/index.ts';
import {
  DeliveryLane,
  InboundLane,
  Intake,
  type DecidedMessage,
  type DeliveryEndpoint,
  type FreshDelivery,
  type InboundEndpoint,
  type LanePorts,
  type OwnedLease,
} from '../lanes/index.ts';
import { DocumentChecks, type MisnamedDocument } from '../checks/index.ts';
import { documentJudge, DocumentTypes, Legs } from '../documents/index.ts';
import { identityJudge, type SendersOf } from '../identity/index.ts';
import { messageId } from '../journal/index.ts';
import { Knowledge } from '../knowledge/index.ts';
import type { Mesh } from '../mesh/index.ts';
import { ConnectorHost, type ConnectorSet, type PluginSet } from '../registry/index.ts';
import { answersTaken, type Capability } from '../model/index.ts';
import type { Destination } from '../routing/index.ts';
import { resolveSecrets, siteSettingsOf, type ConnectorEntry, type Endpoint, type RegionSettings, type SiteEntry } from '../settings/index.ts';
import type { CalledRecord } from '../call/index.ts';
import { calledRecord } from './called.ts';
import { Capable } from './capable.ts';
import { Ownership, fenced } from './ownership.ts';
import { ownsDomain, sendersOf } from './senders.ts';
import { undoneMerge } from './undone-merge.ts';
import { Followed } from './followed.ts';
import { tellMisnamed } from './misnamed.ts';

export interface RegionParts {
  readonly plugins: PluginSet;
  readonly connectors: ConnectorSet;
  readonly journal: JournalStore;
  readonly mesh: Mesh;
  /** Names this node among those that have the journal open. */
  readonly node: string;
  /** Of the settings. */
  readonly revision: number;
  /** The lanes went to another node, or other settings are active: this region is to be replaced by one that runs those. */
  readonly ended: () => void;
  readonly ports: LanePorts;
  /** Where secret files named by a relative path are. */
  readonly secretsFolder: string;
  /** `false` when other nodes of the mesh run the connectors. */
  readonly hostsConnectors: boolean;
}

const REMOTE_HOST_DEADLINE_MS = 30_000;
/** How long a node that vanished keeps its lanes, besides the longest send. */
const LEASE_MS = 9000;
const LEAST_GRACE_MS = 1000;
/** Deliveries that all lanes together keep in memory, and one lane at least and at most; the rest waits in the journal. */
const WINDOW = { all: 60_000, least: 500, most: 20_000 } as const;

export class Region {
  readonly settings: RegionSettings;
  readonly inbound = new Map<string, InboundLane>();
  readonly outbound = new Map<string, DeliveryLane>();
  readonly #parts: RegionParts;
  readonly #sources: Source[] = [];
  readonly destinations: Destination[] = [];
  readonly #hosts: ConnectorHost[] = [];
  readonly #intake = new Intake();
  /** What earlier messages say, for all lanes: a patient is the same wherever one is spoken of. */
  readonly knowledge: Knowledge;
  readonly #legs: Legs;
  readonly checks: DocumentChecks;
  /** What people decided of codes of documents. */
  readonly types: DocumentTypes;
  /** What contextual calls open; undefined when no record is called. */
  called: CalledRecord | undefined;
  /** Destinations that are not told everything yet. */
  readonly capable: Capable;
  /** As this node may write it: what the region itself keeps proves that it still works the lanes (decision 0016). */
  readonly journal: JournalStore;
  /** One of those of its lanes: a node works all of them or none. */
  #lease: OwnedLease | undefined;
  readonly #window: number;
  /** Deliveries not settled yet, for endpoints that answer once delivered. */
  readonly #followed = new Followed();
  #ownership: Ownership | undefined;
  #unwatch: (() => void) | undefined;

  /** Checks everything that can be checked without opening anything. Throws ERR_CONNECTOR_UNKNOWN, ERR_SECRET_MISSING, ERR_CONFIG_*. */
  constructor(settings: RegionSettings, parts: RegionParts) {
    this.settings = settings;
    this.#parts = parts;
    this.journal = fenced(parts.journal, () => this.#lease);
    const ofDomain: SendersOf = (domain) => sendersOf(settings, domain);
    this.knowledge = new Knowledge(parts.journal, [
      identityJudge(ofDomain, (site, domain) => ownsDomain(settings, site, domain)),
      documentJudge(parts.ports.index, ofDomain),
    ]);
    this.capable = new Capable({
      journal: this.journal,
      knowledge: this.knowledge,
      lanes: capabilitiesOf(settings),
      sendersOf: ofDomain,
      now: () => new Date(parts.ports.now()),
      queued: (deliveries) => this.queued(deliveries, false),
      log: (what, fields) => parts.ports.log('info', what, fields),
    });
    this.types = new DocumentTypes({ journal: this.journal, index: parts.ports.index });
    this.#legs = new Legs({
      journal: this.journal,
      knowledge: this.knowledge,
      index: parts.ports.index,
      sendersOf: ofDomain,
      destinations: this.destinations,
      now: parts.ports.now,
    });
    const { plugins, ports } = parts;
    const { journal } = this;
    const { index, codec, now, log } = ports;
    const { documents, viewers } = plugins;
    const site = (finess: string): SiteEntry | undefined => settings.sites.find((one) => one.site === finess);
    const misnamed = (document: MisnamedDocument): Promise<void> => tellMisnamed(document, journal, this.knowledge);
    this.checks = new DocumentChecks(settings.engine.documents, { journal, index, codec, documents, viewers, now, log, site, misnamed });
    const out = settings.sites.flatMap((s) => s.connectors.flatMap((c) => c.endpoints)).filter((e) => e.direction === 'out').length;
    this.#window = Math.max(WINDOW.least, Math.min(WINDOW.most, Math.floor(WINDOW.all / Math.max(1, out))));
    for (const site of settings.sites)
      for (const connector of site.connectors) for (const endpoint of connector.endpoints) this.#addEndpoint(site, connector, endpoint);
  }

  /** Hosts, then lanes with their backlog, then listeners. Answers one printed line per listening address. */
  async start(): Promise<readonly string[]> {
    await this.#startHosts();
    const { journal } = this.#parts;
    if (journal.watch) await this.#startOwned(journal.watch);
    else await this.#startLanes();
    const addresses: string[] = [];
    for (const source of this.#sources) addresses.push(await source.start());
    return addresses;
  }

  /** What was decided may be hours old: asked before anything leaves. */
  readonly #leaving: Pick<Legs, 'before' | 'with' | 'sent' | 'instead' | 'diedBeside' | 'isInDoubt'> = {
    before: async (leaving, to) => {
      const held = await undoneMerge(leaving.event, this.knowledge, this.#parts.ports.index);
      return held ? { held } : this.#legs.before(leaving, to);
    },
    with: async (...as) => this.#legs.with(...as),
    sent: async (...sent) => this.#legs.sent(...sent),
    instead: async (leaving, to) => this.#legs.instead(leaving, to),
    diedBeside: async (leaving, to) => this.#legs.diedBeside(leaving, to),
    isInDoubt: async (item, to) => this.#legs.isInDoubt(item, to),
  };

  /** This node works the lanes; always, when no other node can have the journal. */
  get isOwner(): boolean {
    return this.#ownership ? this.#ownership.isOwner : !this.#parts.journal.watch;
  }

  /** What a person ordered holds over changes of settings, restarts and nodes. */
  async #startLanes(leases: ReadonlyMap<string, OwnedLease> = new Map()): Promise<void> {
    const { journal } = this.#parts;
    [this.#lease] = leases.values();
    await this.types.load(this.settings.sites.map(({ site }) => site));
    const paused = new Set(await journal.paused());
    const orders = await journal.orders();
    // At once: what a person orders from now on is newer.
    for (const [name, lane] of this.outbound) lane.obey(orders.filter((order) => order.lane === name));
    await this.capable.start();
    for (const [name, lane] of this.outbound) await lane.start(paused.has(name), leases.get(name));
    for (const [name, lane] of this.inbound) await lane.start(leases.get(name));
    this.checks.start();
  }

  async #startOwned(watch: NonNullable<JournalStore['watch']>): Promise<void> {
    const { journal, node, revision, ports, ended } = this.#parts;
    this.#unwatch = watch((lane) => this.isOwner && this.inbound.get(lane)?.look());
    this.#ownership = new Ownership({
      journal,
      node,
      lanes: [...this.inbound.keys(), ...this.outbound.keys()],
      revision,
      ttlMs: LEASE_MS,
      graceMs: Math.max(LEAST_GRACE_MS, ...[...this.outbound.values()].map((lane) => lane.endpoint.ackTimeoutMs)),
      taken: async (leases) => {
        ports.log('info', 'this node works the lanes', { lanes: leases.size });
        await this.#startLanes(leases).catch((thrown: unknown) => {
          ports.log('error', 'the lanes could not be started', { code: PasserelleError.from(thrown).code });
          ended();
        });
      },
      ended: (why) => {
        if (why === 'lost') ports.log('warn', 'another node works the lanes', { lanes: this.inbound.size + this.outbound.size });
        ended();
      },
    });
    await this.#ownership.start();
  }

  /**
   * Listeners first, so that nothing new comes; then what is on the wire. Legal twice and after a start that failed half-way.
   * @param isReplaced the next region of this node follows: it gets the lanes, no other node.
   */
  async stop(isReplaced = false): Promise<void> {
    await Promise.all(this.#sources.map((s) => s.stop()));
    await Promise.all([...this.inbound.values()].map((l) => l.stop()));
    await this.capable.stop();
    await this.called?.stop();
    await Promise.all([...this.outbound.values()].map((l) => l.stop()));
    await this.checks.stop();
    await this.#ownership?.stop(isReplaced);
    this.#unwatch?.();
    await Promise.all(this.#hosts.map((h) => h.stop()));
  }

  #addEndpoint(site: SiteEntry, connector: ConnectorEntry, endpoint: Endpoint): void {
    const { plugins, connectors, ports, secretsFolder } = this.#parts;
    const { manifest } = connectors.get(connector.id, connector.version);
    const transport = plugins.transports.get(endpoint.transport);
    if (!transport)
      throw new PasserelleError('ERR_CONFIG_INVALID', {
        expected: `a transport among ${[...plugins.transports.keys()].join(', ')}`,
        found: endpoint.transport,
      });
    const settings: SiteSettings = siteSettingsOf(site, { settings: resolveSecrets(connector.settings, secretsFolder) });
    const own = { ...publicListener(this.settings, transport, endpoint), ...resolveSecrets(endpoint.transportSettings, secretsFolder) };
    const identity = {
      name: endpoint.name,
      connector: connector.id,
      connectorVersion: connector.version,
      format: manifest.formats[endpoint.transport] ?? 'hl7v2',
      settings,
      role: site.role,
    };
    if (endpoint.direction === 'out') {
      this.called ??= calledRecord(site, connector, endpoint, { transport, own, format: identity.format, settings, ports });
      const lane: DeliveryEndpoint = {
        ...identity,
        order: endpoint.order,
        onDead: endpoint.onDead,
        ackTimeoutMs: endpoint.ackTimeoutMs,
        lacking: (event) => this.capable.leaving(endpoint.name, event),
        address: addressOf(endpoint.transport, own),
        policy: {
          idempotent: endpoint.idempotent,
          duplicates: endpoint.duplicates ?? 'review',
          resendAfterMs: endpoint.resendAfterMs,
          ...endpoint.retry,
        },
      };
      this.outbound.set(
        endpoint.name,
        new DeliveryLane(
          lane,
          transport.sink(own),
          { ...ports, legs: this.#leaving, checks: this.checks },
          (item, to) => {
            if (to === 'delivered') this.checks.delivered(item);
            if (to !== 'queued') this.#followed.settled(item.message);
          },
          this.#window,
        ),
      );
      const { legalEntity } = site;
      const answers = answersTaken(manifest, endpoint.transport, site.role);
      const destination = { lane: endpoint.name, site: site.site, role: site.role, sends: endpoint.sends, answers };
      this.destinations.push({ ...destination, ...(legalEntity !== undefined && { legalEntity }) });
      return;
    }
    const address: InboundEndpoint = {
      ...identity,
      reply: endpoint.reply,
      replyWithinMs: endpoint.replyWithinMs,
      address: addressOf(endpoint.transport, own),
    };
    const lane = new InboundLane(address, {
      ...ports,
      knowledge: this.knowledge,
      types: this.types,
      destinations: () => this.destinations,
      queued: (deliveries, follow) => this.queued(deliveries, follow),
      ...(site.documentChecks === 'before' && {
        checkBefore: (message, opened, raw) => this.checks.before(message, opened, raw, identity.format, settings.charsetFallback),
        markedBefore: (events, message, opened, raw) =>
          this.checks.marked(site.site, events, message, opened, raw, identity.format, settings.charsetFallback),
      }),
      identified: (keys) => this.#lookAgain(keys),
      answered: () => this.answered(),
      replaced: (by, earlier) => void this.#replace(by, earlier),
      deliveredOf: (message) => this.#followed.until(message),
    });
    this.inbound.set(endpoint.name, lane);
    const fault: ProtocolFault = async ({ code, head }) => {
      ports.count('protocol_faults_total', { lane: endpoint.name, code });
      return (head && plainRefusal(code as ErrorCode, head, ports.codec(identity.format))) ?? { bytes: null };
    };
    const receive = async (received: Received): Promise<Reply> => {
      const reply = await this.#intake.within(received.bytes.length, () => lane.receive(received));
      if (reply) return reply;
      ports.count('protocol_faults_total', { lane: endpoint.name, code: 'ERR_BACKPRESSURE' });
      return plainRefusal('ERR_BACKPRESSURE', received.bytes, ports.codec(identity.format)) ?? { bytes: null, close: true };
    };
    this.#sources.push(transport.source(own, { receive, fault }));
  }

  async #startHosts(): Promise<void> {
    const { connectors, mesh, hostsConnectors } = this.#parts;
    const pins = [...new Map(this.settings.sites.flatMap((s) => s.connectors).map((c) => [`${c.id}@${c.version}`, c])).values()];
    const start = async ({ id, version }: ConnectorEntry): Promise<void> => {
      const host = new ConnectorHost(connectors.get(id, version).module, 'thread');
      this.#hosts.push(host);
      await host.start();
      mesh.host(id, version, host);
    };
    if (hostsConnectors) await Promise.all(pins.map(start));
    for (const { id, version } of pins) await mesh.waitFor(id, version, REMOTE_HOST_DEADLINE_MS);
  }

  /** Hands deliveries to their lanes; those of an endpoint that is gone stay in the journal until it comes back. */
  queued(deliveries: readonly FreshDelivery[], follow: boolean): void {
    if (follow) for (const { item } of deliveries) this.#followed.add(item.message);
    for (const [lane, items] of Map.groupBy(deliveries, ({ item }) => item.lane)) this.outbound.get(lane)?.offer(items);
  }

  /** SAFETY B6: what was held as unknown there is looked at again at each identity event, wherever it came from. */
  #lookAgain(keys: ReadonlySet<string>): void {
    for (const lane of this.outbound.values()) void lane.lookAgain(keys);
  }

  /** A person said who a patient is: what waited for that is asked again (decision 0033). */
  answered(): void {
    for (const lane of this.outbound.values()) void lane.answered();
  }

  /**
   * What a person sent in corrected, or replayed, is the decision about what is dead of the same: the lane goes on with it. Never rejects: what is not put
   * away is seen to stand before it.
   */
  async #replace({ message, deliveries, insteadOf }: DecidedMessage, earlier: number | undefined): Promise<void> {
    const { journal, ports } = this.#parts;
    const lanes = new Set(deliveries.map(({ item }) => item.lane));
    const why = `remplacée par / replaced by ${messageId(journal.tag, message)}`;
    try {
      const found = earlier === undefined ? [] : ((await journal.message(earlier))?.deliveries ?? []);
      const corrected = found.filter(({ lane, state }) => state === 'dead' && lanes.has(lane)).map(({ delivery }) => delivery);
      for (const delivery of new Set([...insteadOf, ...corrected]))
        this.acted(await journal.act([{ verb: 'discard', delivery, who: 'passerelle', why, at: new Date(ports.now()).toISOString() }]));
    } catch (thrown) {
      ports.log('warn', 'what was replaced could not be put away', { message, code: PasserelleError.from(thrown).code });
    }
  }

  /** A person is about to act: of what that is about nothing leaves until the answer is called. Throws ERR_TRANSITION of what is on its way. */
  still(actions: readonly OperatorAction[]): () => void {
    const messages = new Set(actions.map(({ message }) => message));
    const deliveries = new Set(actions.map(({ delivery }) => delivery));
    const waiting: (() => void)[] = [];
    const goOn = (): void => waiting.forEach((each) => each());
    try {
      for (const lane of this.outbound.values())
        waiting.push(lane.still(({ message, delivery }) => deliveries.has(delivery) || messages.has(message)));
    } catch (thrown) {
      goOn();
      throw thrown;
    }
    return goOn;
  }

  /** A person acted: lanes follow. */
  acted(changes: readonly Acted[]): void {
    for (const { message, deliveries, again } of changes) {
      for (const item of deliveries) {
        const lane = this.outbound.get(item.lane);
        if (item.state === 'delivered') this.checks.delivered(item);
        if (item.state === 'discarded') lane?.forget(item.delivery);
        else lane?.update(item);
      }
      if (again) this.inbound.get(again.lane)?.again(message, again);
    }
  }
}

/** What a sender is told of something that was not taken, when the catalogue has an answer for it and its first bytes say whom to answer. */
function plainRefusal(code: ErrorCode, head: Uint8Array, codec: MessageCodec): Reply | undefined {
  const error = new PasserelleError(code);
  const { ack } = error.entry;
  const now = new Date().toISOString();
  return ack && codec.plainReply(head, { ack, now, id: now.replaceAll(/\D/g, ''), error: error.toData() });
}

/** What the settings say that destinations are capable of, by lane. */
const capabilitiesOf = ({ sites }: RegionSettings): ReadonlyMap<string, Readonly<Partial<Record<Capability, boolean>>>> =>
  new Map(
    sites
      .flatMap(({ connectors }) => connectors.flatMap(({ endpoints }) => endpoints))
      .flatMap((endpoint) => (endpoint.direction === 'out' && endpoint.capabilities ? [[endpoint.name, endpoint.capabilities]] : [])),
  );

/** An inbound endpoint that is a path shares the engine's public listener unless it names its own. */
function publicListener(settings: RegionSettings, transport: TransportPlugin, endpoint: Endpoint): { host?: string; port?: number } {
  const { properties = {} } = transport.settingsSchema.in as { properties?: object };
  return endpoint.direction === 'in' && 'path' in properties ? settings.engine.public : {};
}

function addressOf(transport: string, own: Record<string, unknown>): string {
  if (typeof own['baseUrl'] === 'string') return own['baseUrl'];
  const text = (name: string): string => (typeof own[name] === 'string' || typeof own[name] === 'number' ? String(own[name]) : '');
  // `https` without TLS listens in clear, `mllp` with it does not: the address says what is true.
  const scheme = `${transport.replace(/s$/, '')}${own['tls'] ? 's' : ''}`;
  return `${scheme}://${text('host') || '127.0.0.1'}${text('port') && `:${text('port')}`}${text('path')}`;
}

/** What lanes are given: journal, mesh, clock, codecs. Small on purpose, so that tests can give them something else. */
import type { Codecs } from '../codecs/index.ts';
import type {
  JournalStore,
  LaneLease,
  MessageCodec,
  OutgoingEnvelope,
  PartRef,
  QueuedDelivery,
  RoutedEvent,
  SiteSettings,
} from '../contract/index.ts';
import type { Legs } from '../documents/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { HostCall } from '../registry/index.ts';

export interface ConnectorCaller {
  /** Rejects with a PasserelleError. */
  readonly call: <T>(id: string, version: string, call: HostCall) => Promise<T>;
}

export interface LanePorts {
  readonly journal: JournalStore;
  readonly connectors: ConnectorCaller;
  readonly index: BlindIndex;
  readonly codec: (format: string) => MessageCodec;
  /** Takes apart, opens and builds, with no regard to size. */
  readonly codecs: Codecs;
  /** What is known of the documents that leave; absent where nothing is known. */
  readonly legs?: Pick<Legs, 'before' | 'with' | 'sent' | 'instead' | 'diedBeside' | 'isInDoubt'>;
  /** Holds a CDA that we wrote to its schema; absent where nobody does. Throws ERR_DOCUMENT_INVALID. */
  readonly checks?: { readonly written: (envelope: OutgoingEnvelope) => Promise<void> };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1): jitter only. */
  readonly random: () => number;
  readonly count: (name: CounterName, labels: Readonly<Record<string, string>>, by?: number) => void;
  /** Something a person should see that no message carries: a lane that trips, a journal that is away. */
  readonly log: (level: 'info' | 'warn' | 'error', what: string, fields: Readonly<Record<string, string | number>>) => void;
}

export type CounterName =
  | 'messages_received_total'
  | 'messages_decided_total'
  | 'deliveries_settled_total'
  | 'retransmissions_total'
  | 'protocol_faults_total'
  | 'lane_trips_total';

/** A delivery just committed, with what its first attempt needs: the journal need not be read for it. */
export interface FreshDelivery {
  readonly item: QueuedDelivery;
  /** Codec and control id of the incoming message. */
  readonly format: string;
  readonly controlId?: string;
  readonly event: RoutedEvent['event'];
  readonly parts: readonly PartRef[];
  readonly queuedAt: string;
  /** Raw bytes of the incoming message, when it has parts; to be read once (readers.ts). */
  readonly raw?: Uint8Array;
}

/** A lease while it is ours; `isValid` by the clock of this node, without asking anybody. */
export interface OwnedLease extends LaneLease {
  readonly isValid: () => boolean;
}

/** The part of an endpoint that every lane needs. */
export interface LaneIdentity {
  /** Endpoint name, which names the lane. */
  readonly name: string;
  readonly connector: string;
  readonly connectorVersion: string;
  /** Codec id of its messages. */
  readonly format: string;
  readonly settings: SiteSettings;
  readonly role: 'establishment' | 'record';
}

let lastMs = 0;
let lastIso = new Date(0).toISOString();

/** Many rows of one turn have the same time. */
export function iso(ms: number): string {
  if (ms !== lastMs) [lastMs, lastIso] = [ms, new Date(ms).toISOString()];
  return lastIso;
}

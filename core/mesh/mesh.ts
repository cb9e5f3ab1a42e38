/** One node of the mesh: a Moleculer broker, the connector services it hosts, and the way to call those of others. */
import { createRequire } from 'node:module';
import type Moleculer from 'moleculer';
import type { ServiceSchema } from 'moleculer';
import { PasserelleError } from '../contract/index.ts';
import type { HostCall } from '../registry/index.ts';

// Imported, it brings its program that runs services from files: 7 MB and a tenth of a start.
const load = createRequire(import.meta.url);

export interface MeshOptions {
  readonly nodeId: string;
  /** `nats://127.0.0.1:4222`; absent = everything in this process. */
  readonly transporter?: string;
}

/** What answers the calls of one connector version on this node. */
export interface ConnectorBackend {
  readonly call: (call: HostCall) => Promise<{ readonly value: unknown } | { readonly error: unknown }>;
}

export interface Mesh {
  /** Offers a connector version on this node. Offering it again replaces what answers. */
  readonly host: (id: string, version: string, backend: ConnectorBackend) => void;
  /** Starts the node; throws ERR_MESH_UNREACHABLE when the bus does not answer within ten seconds. */
  readonly start: () => Promise<void>;
  /** Waits until some node offers this connector version. Throws ERR_CONNECTOR_UNKNOWN after the deadline. */
  readonly waitFor: (id: string, version: string, deadlineMs: number) => Promise<void>;
  /** Value of the call, or a PasserelleError: the connector's own, or ERR_HOST_UNAVAILABLE when nobody answers. */
  readonly call: <T>(id: string, version: string, call: HostCall) => Promise<T>;
  readonly stop: () => Promise<void>;
}

/** Bad credentials or a bus that is away make the broker's start hang: it is bounded here. */
const START_DEADLINE_MS = 10_000;
const CALL_DEADLINE_MS = 25_000;

export function createMesh(options: MeshOptions): Mesh {
  // Not with this module: a command on a running engine has no mesh, and a start has the time while its journal opens.
  const { ServiceBroker } = load('moleculer') as typeof Moleculer;
  const broker = new ServiceBroker({
    nodeID: options.nodeId,
    logger: false,
    namespace: 'passerelle',
    ...(options.transporter && {
      transporter: { type: 'NATS' as const, options: { url: options.transporter } },
      heartbeatInterval: 3,
      heartbeatTimeout: 10,
    }),
    requestTimeout: CALL_DEADLINE_MS,
    tracking: { enabled: true, shutdownTimeout: 5000 },
    registry: { preferLocal: true, strategy: 'RoundRobin' },
    circuitBreaker: { enabled: Boolean(options.transporter), threshold: 0.5, minRequestCount: 20, windowTime: 60, halfOpenTime: 5000 },
  });
  const name = (id: string): string => `connector-${id}`;
  const backends = new Map<string, ConnectorBackend>();
  return {
    host: (id, version, backend) => {
      const key = `${id}@${version}`;
      if (!backends.has(key)) broker.createService(connectorService(name(id), version, () => backends.get(key)));
      backends.set(key, backend);
    },
    start: () => bounded(broker.start(), START_DEADLINE_MS),
    waitFor: async (id, version, deadlineMs) => {
      // The broker would look again in a moment.
      if (backends.has(`${id}@${version}`)) return;
      await broker.waitForServices({ name: name(id), version }, deadlineMs, 50).catch((cause: unknown) => {
        throw new PasserelleError('ERR_CONNECTOR_UNKNOWN', { found: `${id}@${version}`, cause });
      });
    },
    call: async <T>(id: string, version: string, call: HostCall): Promise<T> => {
      // What this node hosts is preferred to other nodes, and answers without the broker: three calls a message.
      const own = backends.get(`${id}@${version}`);
      const answer = (await (own?.call(call) ??
        broker.call<{ value: T } | { error: unknown }, HostCall>(`${version}.${name(id)}.call`, call).catch((cause: unknown) => {
          throw new PasserelleError('ERR_HOST_UNAVAILABLE', { cause });
        }))) as { value: T } | { error: unknown };
      if ('error' in answer) throw PasserelleError.fromData(answer.error as ReturnType<PasserelleError['toData']>);
      return answer.value;
    },
    stop: () => broker.stop(),
  };
}

function connectorService(name: string, version: string, backend: () => ConnectorBackend | undefined): ServiceSchema {
  return { name, version, actions: { call: { handler: (ctx) => backend()?.call(ctx.params as HostCall) } } } as ServiceSchema;
}

async function bounded(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PasserelleError('ERR_MESH_UNREACHABLE')), ms);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs one peer: sockets, queue, memory and misbehaviour around the script of a connector. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Misbehaviour, PeerCounts, PeerDefinition, PeerIncoming, PeerReply, PeerWorld } from '../../core/contract/index.ts';
import { openControl } from './control.ts';
import { httpLine, listenHttp } from './http.ts';
import { openKit } from './kit.ts';
import { listenPages } from './pages.ts';
import { listenMllp, mllpLine } from './mllp.ts';
import { Outbox, type Pace, type Sent, type Waiting } from './outbox.ts';
import { makeWorld, type WorldState } from './world.ts';
import type { Line, Listening } from './wire.ts';

export interface PeerOptions {
  /** `mllp://127.0.0.1:7001` or `http://127.0.0.1:7002/base`; port 0 takes a free one. */
  readonly listen?: string;
  /** `http://127.0.0.1:7202`: where a browser finds its pages; loopback only, port 0 takes a free one. */
  readonly pages?: string;
  /** Folder of the unpacked kit of its site. */
  readonly kit?: string;
  /** The engine's inbound endpoint, same form. */
  readonly sendsTo?: string;
  /** Bearer token that it presents and asks for. */
  readonly token?: string;
  /** `127.0.0.1:7101`, for the control API; absent = none. */
  readonly control?: string;
  /** Called when the control API is asked to stop it. */
  readonly end?: () => void;
  /** Folder of its memory; absent = none is kept. */
  readonly state?: string;
  readonly seed?: number;
  readonly pace?: Partial<Pace>;
  readonly now?: () => Date;
}

export interface MisbehaveRequest {
  readonly how: Misbehaviour;
  /** How many messages; default 1. */
  readonly count?: number;
  /** `slow` only. */
  readonly ms?: number;
}

export interface PeerHandle {
  readonly id: string;
  /** Does what people make it do; waits up to `waitMs` (default 15 s) for the answers. */
  readonly act: (action: string, args?: Readonly<Record<string, unknown>>, waitMs?: number) => Promise<readonly Sent[]>;
  readonly counts: () => Promise<PeerCounts & { readonly waiting: number }>;
  readonly misbehave: (request: MisbehaveRequest) => Promise<void>;
}

export interface RunningPeer extends PeerHandle {
  /** Every address it listens on, control last. */
  readonly addresses: readonly string[];
  readonly stop: () => Promise<void>;
}

interface Memory<State> {
  world: WorldState;
  peer: State;
  outbox: Waiting[];
}

const DEFAULT_WAIT_MS = 15_000;

/** Opens what the options name. Rejects when an address is taken. */
export async function startPeer<State>(definition: PeerDefinition<State>, options: PeerOptions): Promise<RunningPeer> {
  const keeper = new Keeper<State>(options.state);
  const memory = keeper.load(() => ({ world: bornNow(definition.id, options), peer: definition.init(), outbox: [] }));
  let pages = '';
  const kit = options.kit === undefined ? undefined : await openKit(options.kit);
  const call: PeerWorld['call'] = async (asked, login) => {
    if (!kit) throw new Error('this peer has no kit (--kit)');
    return kit.call(asked, login);
  };
  const world = makeWorld(memory.world, options.now ?? (() => new Date()), () => pages, call);
  const changed = (): void => keeper.save(memory);
  const pending: MisbehaveRequest[] = [];

  const take = (message: PeerIncoming): PeerReply => {
    const reply = definition.onMessage(message, memory.peer, world);
    changed();
    return reply;
  };
  const handle = async (message: PeerIncoming): Promise<PeerReply | 'nothing' | 'cut'> => {
    const bad = pending.shift();
    if (!bad) return take(message);
    if (bad.how === 'silent') return 'nothing';
    if (bad.how === 'refuse' || bad.how === 'later') return definition.misanswer(bad.how, message, world);
    const reply = take(message);
    if (bad.how === 'cut') return 'cut';
    if (bad.how === 'lose-ack') return 'nothing';
    if (bad.how === 'wrong-ack-id') return definition.misanswer('wrong-ack-id', message, world);
    await new Promise((resolve) => setTimeout(resolve, bad.ms ?? 1000));
    return reply;
  };

  const opened: Listening[] = [];
  if (options.listen) opened.push(await openListener(new URL(options.listen), options.token, handle));
  const { onPage } = definition;
  if (options.pages && onPage) {
    const shown = await listenPages(new URL(options.pages), async (request) => {
      const reply = await onPage(request, memory.peer, world);
      changed();
      return reply;
    });
    pages = shown.address;
    opened.push({ ...shown, address: `${pages}/ (pages)` });
  }
  const pace = { ackTimeoutMs: 10_000, retryMs: 250, ...options.pace };
  const outbox = options.sendsTo
    ? new Outbox(memory.outbox, openLine(new URL(options.sendsTo), options.token), definition.judge, pace, changed)
    : undefined;
  const peer: PeerHandle = {
    id: definition.id,
    act: async (name, args = {}, waitMs = DEFAULT_WAIT_MS) => {
      const action = Object.hasOwn(definition.actions, name) ? definition.actions[name] : undefined;
      if (!action) throw new Error(`no such action; there are: ${Object.keys(definition.actions).join(', ')}`);
      if (!outbox) throw new Error('this peer sends to nobody (--sends-to)');
      return outbox.send(action(args, memory.peer, world), waitMs);
    },
    counts: async () => ({ ...definition.counts(memory.peer), waiting: memory.outbox.length }),
    misbehave: async (request) => void pending.push(...Array.from({ length: request.count ?? 1 }, () => request)),
  };
  if (options.control) opened.push(await openControl(options.control, peer, options.end));
  return {
    ...peer,
    addresses: opened.map(({ address }) => address),
    stop: async () => {
      await outbox?.stop();
      await kit?.stop();
      await Promise.all(opened.map(({ close }) => close()));
      keeper.flush(memory);
    },
  };
}

function openListener(url: URL, token: string | undefined, handle: Parameters<typeof listenMllp>[2]): Promise<Listening> {
  const port = Number(url.port);
  return url.protocol === 'mllp:'
    ? listenMllp(url.hostname, port, handle)
    : listenHttp(url.hostname, port, url.pathname.replace(/\/$/, ''), token, handle);
}

const openLine = (url: URL, token: string | undefined): Line =>
  url.protocol === 'mllp:' ? mllpLine(url.hostname, Number(url.port)) : httpLine(url, token);

const bornNow = (id: string, { seed = 1, now = () => new Date() }: PeerOptions): WorldState => ({
  born: `${id
    .replace(/[^a-z]/gi, '')
    .slice(0, 2)
    .toUpperCase()}${now().getTime().toString(36).toUpperCase()}`,
  ids: 1,
  seed,
});

/** The peer's file: written whole beside, then renamed; several changes in one turn are one writing. */
class Keeper<State> {
  readonly #file: string | undefined;
  #due: NodeJS.Timeout | undefined;

  constructor(folder: string | undefined) {
    if (folder) mkdirSync(folder, { recursive: true });
    this.#file = folder && path.join(folder, 'peer.json');
  }

  load(fresh: () => Memory<State>): Memory<State> {
    if (!this.#file) return fresh();
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Memory<State>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fresh();
      throw error;
    }
  }

  save(memory: Memory<State>): void {
    if (this.#file) this.#due ??= setTimeout(() => this.flush(memory), 50);
  }

  flush(memory: Memory<State>): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    if (!this.#file) return;
    writeFileSync(`${this.#file}.new`, JSON.stringify(memory));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

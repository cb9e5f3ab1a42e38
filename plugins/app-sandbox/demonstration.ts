/** The demonstration region around a running engine: each peer in its own process, services that prove people in ours, the day they play, and a table of what became of it. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { EngineFace } from '../../core/contract/index.ts';
import { remotePeer } from './control.ts';
import { setUpKit, type WantedKit } from './kit-setup.ts';
import { playDay, type DayOutcome, type DayStep } from './day.ts';
import { startPsc, type PscOptions } from './psc.ts';
import { startSmartDpi, type SmartDpiOptions } from './smart-dpi.ts';
import { summaryLines } from './summary.ts';
import type { Listening } from './wire.ts';

export interface DemonstrationOptions {
  /** `demo-day.yaml`. */
  readonly day: string;
  /** Where the peers keep their memory. */
  readonly state: string;
  readonly print: (line: string) => void;
}

interface DayFile {
  readonly peers: Readonly<
    Record<
      string,
      {
        readonly connector: string;
        /** Absent: it only shows pages. */
        readonly listen?: string;
        readonly sendsTo?: string;
        readonly control: string;
        readonly pages?: string;
        /** The kit of its site, set up as a DSI does. */
        readonly kit?: WantedKit;
      }
    >
  >;
  readonly standIns: { readonly smartDpi: SmartDpiOptions; readonly psc: PscOptions };
  /** Of the demonstration only; a literal test value. */
  readonly token: string;
  readonly steps: readonly DayStep[];
}

const START_DEADLINE_MS = 15_000;
const DRAIN_DEADLINE_MS = 30_000;

export class Demonstration {
  readonly #engine: EngineFace;
  readonly #options: DemonstrationOptions;
  /** Peers that a killed engine left at work; like the real ones, they outlive it. */
  readonly #adopted: ReturnType<typeof remotePeer>[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #standIns: Listening[] = [];
  #stopped = false;

  constructor(engine: EngineFace, options: DemonstrationOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Starts the peers and answers their addresses; the day is played after that, beside the engine. */
  async start(): Promise<readonly string[]> {
    const file = parse(readFileSync(this.#options.day, 'utf8')) as DayFile;
    const addresses = await Promise.all(Object.entries(file.peers).map(([name, peer]) => this.#spawn(name, peer, file.token)));
    const { smartDpi, psc } = file.standIns;
    this.#standIns.push(await startSmartDpi(smartDpi), await startPsc(psc));
    addresses.push([`smart-dpi ${smartDpi.pages}/ (pages)`, `pro-sante-connect ${psc.pages}/auth`]);
    setImmediate(
      () => void this.#play(file).catch((error: unknown) => this.#options.print(`La journée s'est arrêtée : ${(error as Error).message}`)),
    );
    return addresses.flat();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#standIns.splice(0).map((one) => one.close()));
    await Promise.all(this.#adopted.splice(0).map((peer) => peer.end().catch(() => undefined)));
    await Promise.all(
      this.#children.splice(0).map(async (child) => {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        if (child.exitCode === null && child.kill('SIGTERM')) await gone;
      }),
    );
  }

  async #spawn(name: string, peer: DayFile['peers'][string], token: string): Promise<readonly string[]> {
    const running = remotePeer(name, peer.control);
    const alive = await running.counts().catch(() => undefined);
    if ((alive as { id?: string } | undefined)?.id === peer.connector) {
      this.#adopted.push(running);
      return [peer.listen, peer.pages].filter(Boolean).map((address) => `${name} ${address} (encore en marche / still running)`);
    }
    const kit = await this.#kitOf(name, peer);
    const args = [
      '--connector',
      peer.connector,
      ...(peer.listen ? ['--listen', peer.listen] : []),
      ...(peer.sendsTo ? ['--sends-to', peer.sendsTo] : []),
      '--control',
      peer.control,
      '--state',
      path.join(this.#options.state, name),
      ...(peer.pages ? ['--pages', peer.pages] : []),
      ...(kit ? ['--kit', kit] : []),
    ];
    const child = fork(path.join(import.meta.dirname, 'run.js'), args, {
      env: { PASSERELLE_PEER_TOKEN: token },
      execArgv: [], // those of the engine are for its load
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#children.push(child);
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const lines: string[] = [];
    const timer = setTimeout(() => reject(new Error(`the peer ${name} did not start`)), START_DEADLINE_MS);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter(Boolean));
      if (lines.some((l) => l.includes(peer.control))) resolve(lines);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => !this.#stopped && this.#options.print(`${name}: ${text.trimEnd()}`));
    child.once('exit', () => reject(new Error(`the peer ${name} ended`)));
    return promise.finally(() => clearTimeout(timer));
  }

  /** Folder of the kit, set up; without it the peer works, and its calls do not. */
  async #kitOf(name: string, { connector, kit }: DayFile['peers'][string]): Promise<string | undefined> {
    if (!kit) return undefined;
    const folder = path.join(this.#options.state, name, 'kit');
    try {
      await setUpKit(this.#engine, connector, kit, folder);
      return folder;
    } catch (error) {
      this.#options.print(`${name} : kit non installé / kit not set up: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #play(file: DayFile): Promise<void> {
    const { print } = this.#options;
    const known = await this.#engine.messages({ limit: 1 });
    if (known.items.length > 0)
      print('\nLe journal est celui de la fois précédente : la journée ne sera pas rejouée.\nSame journal as before; the day is not played again.');
    else {
      print('\nLa journée de démonstration / the day of the demonstration');
      const peers = Object.fromEntries(Object.entries(file.peers).map(([name, { control }]) => [name, remotePeer(name, control)]));
      // A step begins when the one before has arrived everywhere: a sheet made between a merge and its arrival would name the absorbed number.
      for (const step of file.steps) {
        await playDay([step], peers, (outcome) => print(told(outcome)));
        await this.#drained();
      }
    }
    await this.#drained();
    if (this.#stopped) return;
    for (const line of await summaryLines(this.#engine)) print(line);
  }

  /** Waits until nothing is on its way; what cannot leave is in the table anyway. */
  async #drained(): Promise<void> {
    for (const deadline = Date.now() + DRAIN_DEADLINE_MS; Date.now() < deadline && !this.#stopped; await new Promise((r) => setTimeout(r, 100))) {
      const lanes = await this.#engine.lanes();
      if (lanes.every(({ counts }) => !counts.received && !counts.queued && !counts.sending)) return;
    }
  }
}

function told(outcome: DayOutcome): string {
  const last = outcome.sent.at(-1);
  const answer = outcome.error ?? last?.ack ?? 'sans réponse';
  return `  ${outcome.asExpected ? '✓' : '✗'} ${(outcome.title ?? outcome.action).padEnd(72)} ${answer}`;
}

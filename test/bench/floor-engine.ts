/**
 * The steps of a message with no work in them: what Node, its threads, its sockets and SQLite cost before an engine has read anything. In by MLLP; to the thread of a connector and back
 * (decode); one group commit; acknowledged; to that thread and back (encode); commit of the attempt; sent; there and back (interpret); commit of the outcome. Nothing is
 * parsed, checked, judged or routed. Started with the ports and a folder, as JSON.
 */
import net from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';
import { frameReader, segment } from './frames.ts';

// As the engine does.
setFlagsFromString('--initial-old-space-size=0');

export interface FloorPlan {
  readonly port: number;
  readonly receiverPort: number;
  readonly folder: string;
}

/** As the bench site has. */
const CONNECTIONS = 16;

type Write = readonly [state: 'received' | 'sending' | 'delivered', id: number, frame?: Uint8Array];

/** Answers a list of questions by the list of answers, in their order. */
function serve(answer: (questions: never) => readonly unknown[]): void {
  parentPort!.on('message', (questions) => parentPort!.postMessage(answer(questions as never)));
}

function store(folder: string): void {
  const db = new DatabaseSync(path.join(folder, 'floor.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE');
  db.exec('CREATE TABLE message (id INTEGER PRIMARY KEY, frame BLOB) STRICT; CREATE TABLE delivery (id INTEGER PRIMARY KEY, state TEXT) STRICT');
  const receive = db.prepare('INSERT INTO message VALUES (?, ?)');
  const put = db.prepare('INSERT OR REPLACE INTO delivery VALUES (?, ?)');
  serve((writes: readonly Write[]) => {
    db.exec('BEGIN');
    for (const [state, id, frame] of writes) {
      if (frame) receive.run(id, frame);
      put.run(id, state);
    }
    db.exec('COMMIT');
    return writes.map(() => true);
  });
}

/** A thread that is asked in groups: what comes while it is busy goes together, next. */
class Thread<Q, A> {
  readonly #worker: Worker;
  #waiting: [question: Q, done: (answer: A) => void][] = [];
  #asked: ((answer: A) => void)[] = [];

  constructor(role: string, folder: string) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { role, folder }, execArgv: [] });
    this.#worker.on('message', (answers: readonly A[]) => {
      const asked = this.#asked;
      this.#asked = [];
      for (const [i, done] of asked.entries()) done(answers[i]!);
      this.#send();
    });
  }

  ask(question: Q): Promise<A> {
    const { promise, resolve } = Promise.withResolvers<A>();
    this.#waiting.push([question, resolve]);
    if (this.#waiting.length === 1 && this.#asked.length === 0) setImmediate(() => this.#send());
    return promise;
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#asked.length > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#asked = waiting.map(([, done]) => done);
    this.#worker.postMessage(waiting.map(([question]) => question));
  }
}

/** One message in flight on each connection, and each patient on one of them. */
class Out {
  readonly #port: number;
  #socket: net.Socket | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #answered: (() => void) | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  inTurn(work: (send: (frame: string) => Promise<void>) => Promise<void>): void {
    this.#last = this.#last.then(() =>
      work((frame) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#answered = resolve;
        this.#socket ??= this.#connect();
        this.#socket.write(frame, 'latin1');
        return promise;
      }),
    );
  }

  #connect = (): net.Socket =>
    net.connect({ port: this.#port, host: '127.0.0.1', noDelay: true }).on(
      'data',
      frameReader(() => this.#answered?.()),
    );
}

function run({ port, receiverPort, folder }: FloorPlan): void {
  const connector = new Thread<string, string>('connector', folder);
  const journal = new Thread<Write, boolean>('store', folder);
  const out = Array.from({ length: CONNECTIONS }, () => new Out(receiverPort));
  let last = 0;
  const take = async (socket: net.Socket, frame: Uint8Array, text: string): Promise<void> => {
    const id = (last += 1);
    const decoded = await connector.ask(text);
    await journal.ask(['received', id, frame]);
    const patient = segment(decoded, 'PID')[3] ?? '';
    const controlId = segment(decoded, 'MSH')[9];
    socket.write(`\x0bMSH|^~\\&|||||||ACK|${id}|T|2.5\rMSA|AA|${controlId}\r\x1c\r`);
    out[crc32(patient) % CONNECTIONS]!.inTurn(async (send) => {
      const encoded = await connector.ask(text);
      await journal.ask(['sending', id]);
      await send(`\x0b${encoded}\x1c\r`);
      await connector.ask('AA');
      await journal.ask(['delivered', id]);
    });
  };
  net
    .createServer({ noDelay: true }, (socket) =>
      socket
        .on('error', () => undefined)
        .on(
          'data',
          frameReader((frame) => void take(socket, Uint8Array.from(frame), frame.toString('latin1'))),
        ),
    )
    .listen(port, '127.0.0.1', () => process.send?.('listening'));
  process.on('disconnect', () => process.exit());
}

if (isMainThread) run(JSON.parse(process.argv[2] ?? '{}') as FloorPlan);
else {
  const { role, folder } = workerData as { readonly role: string; readonly folder: string };
  if (role === 'store') store(folder);
  else serve((texts: readonly string[]) => texts);
}

/**
 * The other end: a child process that takes messages over MLLP, answers AA, and judges what came: which numbers, twice, out of a patient's order,
 * documents damaged or under the wrong patient. It is started with a port, then answers each `ReceiverOrder`.
 */
import net from 'node:net';
import { crc32 } from 'node:zlib';
import { frameReader, segment } from './frames.ts';
import { DOCUMENT_ROOT, LAST_NUMBER, numberOf } from './numbering.ts';

export interface ReceiverOrder {
  /** Answer once this many different messages are in, or when nothing has come for `patienceMs`. */
  readonly expect: number;
  readonly patienceMs: number;
  /** Forget everything first. */
  readonly reset?: boolean;
}

export interface Judgement {
  readonly distinct: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Messages without number or patient, documents that are not what was sent. */
  readonly wrong: number;
  /** Of the last new message, ms since 1970. */
  readonly lastAt: number;
  /** Of this process since it started. */
  readonly cpuMs: number;
  /** The first thing that was not as it should be. */
  readonly problem?: string;
}

/** Of a message, the part that holds everything but documents. */
const HEAD_BYTES = 6000;
/** Every document is seen to be itself and its patient's; the body of one in five is compared, so that the judge does not take the engine's processor. */
const BODY_EVERY = 5;
/** Characters that hold the header of a CDA of ours. */
const HEADER_BASE64 = 8000;
/** Before the document in OBX-5, and before its body in the document. */
const [BASE64, BODY] = ['^Base64^', '<nonXMLBody><text'];

class Book {
  distinct = 0;
  doubled = 0;
  outOfOrder = 0;
  wrong = 0;
  lastAt = 0;
  problem: string | undefined;
  readonly #seen = new Uint8Array(LAST_NUMBER + 1);
  readonly #last = new Map<string, number>();

  note(frame: Buffer, head: string): void {
    const number = numberOf(segment(head, 'EVN')[2] ?? '');
    const ipp = (segment(head, 'PID')[3] ?? '')
      .split('~')
      .find((id) => id.split('^')[4] === 'PI')
      ?.split('^', 1)[0];
    if (number === undefined || !ipp) return this.#wrong(`no number or no patient: ${head.slice(0, 300)}`);
    if (this.#seen[number]) {
      this.doubled += 1;
      this.problem ??= `message ${number} again`;
      return;
    }
    this.#seen[number] = 1;
    this.distinct += 1;
    this.lastAt = Date.now();
    const before = this.#last.get(ipp) ?? 0;
    if (number < before) {
      this.outOfOrder += 1;
      this.problem ??= `message ${number} of patient ${ipp} after ${before}`;
    } else this.#last.set(ipp, number);
    if (head.includes('|MDM^')) {
      const problem = documentProblem(frame, head, number, ipp);
      if (problem) this.#wrong(`message ${number}: ${problem}`);
    }
  }

  #wrong(problem: string): void {
    this.wrong += 1;
    this.problem ??= problem;
  }
}

/** What is not as it was sent; undefined for a document that arrived whole, under its patient and its id. */
function documentProblem(frame: Buffer, head: string, number: number, ipp: string): string | undefined {
  const id = segment(head, 'TXA')[12] ?? '';
  const from = frame.indexOf(BASE64);
  const to = frame.indexOf('|', from);
  if (from < 0 || to < 0) return 'no document';
  const whole = number % BODY_EVERY === 0;
  const until = whole ? to : Math.min(to, from + BASE64.length + HEADER_BASE64);
  const cda = Buffer.from(frame.toString('latin1', from + BASE64.length, until), 'base64');
  const bodyFrom = cda.indexOf('>', cda.indexOf(BODY) + BODY.length) + 1;
  const header = cda.toString('utf8', 0, bodyFrom);
  if (!header.includes(`<id root="${id}"`)) return `TXA-12 ${id} is not the id of the document`;
  if (!header.includes(`extension="${ipp}"`)) return `a document of somebody else under patient ${ipp}`;
  if (!whole) return undefined;
  const expected = `${DOCUMENT_ROOT}.${crc32(Buffer.from(cda.toString('latin1', bodyFrom, cda.indexOf('<', bodyFrom)), 'base64'))}.${number}`;
  return id === expected ? undefined : `the body is not the one of document ${id}`;
}

let book = new Book();

function answer(head: string): string {
  const msh = segment(head, 'MSH');
  const trigger = msh[8]?.split('^')[1] ?? '';
  return `\x0bMSH|^~\\&|DOSSIER-FICTIF|DCC|${msh[2]}|${msh[3]}|${msh[6]}||ACK^${trigger}^ACK|A${msh[9]}|${msh[10]}|${msh[11]}||||||${msh[17] ?? ''}\rMSA|AA|${msh[9]}\r\x1c\r`;
}

net
  .createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on(
      'data',
      frameReader((frame) => {
        const head = frame.toString('latin1', 0, HEAD_BYTES);
        book.note(frame, head);
        socket.write(answer(head));
      }),
    );
  })
  .listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('listening'));

async function judge({ expect, patienceMs, reset }: ReceiverOrder): Promise<Judgement> {
  if (reset) book = new Book();
  let [seen, quietSince] = [-1, Date.now()];
  while (book.distinct < expect && Date.now() - quietSince < patienceMs) {
    if (book.distinct !== seen) [seen, quietSince] = [book.distinct, Date.now()];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { user, system } = process.cpuUsage();
  const { distinct, doubled, outOfOrder, wrong, lastAt, problem } = book;
  return { distinct, doubled, outOfOrder, wrong, lastAt, cpuMs: (user + system) / 1000, ...(problem && { problem }) };
}

process.on('message', (order: ReceiverOrder) => void judge(order).then((judgement) => process.send?.(judgement)));
process.on('disconnect', () => process.exit());

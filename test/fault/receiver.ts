/** Receivers that do as they are told, each in this process: MLLP by a script, the record over HTTP. Neither is the engine's own code. */
import http from 'node:http';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Receipts } from './receipts.ts';

/** What it does with one message. `stray` answers with the acknowledgement of the message before, and takes nothing. */
export type Behaviour =
  | { readonly how: 'take' | 'silent' | 'cut' | 'wrong-id' | 'twice' | 'AE' | 'AR' | 'stray' | 'nonsense' }
  | { readonly how: 'slow'; readonly ms: number };

const FRAME = (text: string): string => `\x0b${text}\x1c\r`;
const ack = (code: string, id: string, error = ''): string =>
  FRAME(`MSH|^~\\&|RECORD||PASSERELLE||20261001||ACK|K${id}|T|2.5\rMSA|${code}|${id}\r${error}`);

export interface Scripted {
  readonly receipts: Receipts;
  port: number;
  /** Asked for each message; without an answer it takes it. */
  script: (controlId: string, text: string) => Behaviour | undefined;
  /** While true it takes connections and reads from none (half-open); those it had are cut. */
  readonly breakOff: (deaf: boolean) => void;
  readonly close: () => Promise<void>;
}

/** One that comes later may stand at a given port, and add to what another one got. */
export async function startReceiver(at = 0, receipts = new Receipts()): Promise<Scripted> {
  const sockets = new Set<net.Socket>();
  let last = '';
  let isDeaf = false;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let text = '';
    let turn = Promise.resolve();
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    if (isDeaf) return void socket.pause();
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\x1c\r'); end >= 0; end = text.indexOf('\x1c\r')) {
        const one = text.slice(text.indexOf('\x0b') + 1, end);
        text = text.slice(end + 2);
        turn = turn.then(() => take(one, socket));
      }
    });
  });
  async function take(text: string, socket: net.Socket): Promise<void> {
    const fields = text.slice(0, text.indexOf('\r')).split('|');
    const id = fields[9] ?? '';
    const does = receiver.script(id, text) ?? { how: 'take' };
    const say = (reply: string): void => void (socket.writable && socket.write(reply));
    const refused = ['AE', 'AR', 'silent', 'stray', 'nonsense'].includes(does.how);
    receipts.add(text, id, fields[8] ?? '', !refused, socket);
    const before = last;
    if (!refused) last = id;
    if (does.how === 'slow') await wait(does.ms);
    if (does.how === 'cut') socket.destroy();
    else if (does.how === 'stray') say(ack('AA', before));
    else if (does.how === 'nonsense') say(FRAME('OUI'));
    else if (does.how === 'wrong-id') say(ack('AA', `${id}X`));
    else if (does.how === 'AE') say(ack('AE', id, 'ERR|||207^Application error^HL70357|E\r'));
    else if (does.how === 'AR') say(ack('AR', id, 'ERR|||200^Unsupported message type^HL70357|E\r'));
    else if (does.how !== 'silent') {
      // In one write: a second one that comes only after the next message is `stray`.
      say(does.how === 'twice' ? ack('AA', id).repeat(2) : ack('AA', id));
    }
  }
  const receiver: Scripted = {
    receipts,
    port: 0,
    script: () => undefined,
    breakOff: (deaf) => {
      isDeaf = deaf;
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  receiver.port = await listen(server, at);
  return receiver;
}

export interface RecordServer {
  readonly receipts: Receipts;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** The record by its contract (`connectors/k-process/openapi.yaml`), as far as these tests need it. */
export async function startRecord(): Promise<RecordServer> {
  const receipts = new Receipts();
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'HEAD') return void response.writeHead(204).end();
      const text = Buffer.concat(chunks).toString();
      const { messageId, type } = JSON.parse(text) as { messageId: string; type: string };
      receipts.add(text, messageId, type, true, request.socket);
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ messageId, recordId: 'R1', status: 'filed' }));
    });
  });
  const port = await listen(server);
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { receipts, port, close };
}

async function listen(server: net.Server, at = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

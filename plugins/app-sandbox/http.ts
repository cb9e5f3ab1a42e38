/** HTTP as a foreign product speaks it, both ways, and the few lines that control and API servers share. */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { PeerReply } from '../../core/contract/index.ts';
import type { Handle, Line, Listening } from './wire.ts';

/** Protects the sandbox from an endless body. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

export async function readAll(stream: IncomingMessage, most = MAX_BODY_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Opens a server on loopback or wherever it is told; resolves with its real address. */
export function serve(
  host: string,
  port: number,
  respond: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Listening> {
  const server = createServer((incoming, response) => {
    respond(incoming, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const bound = server.address();
      resolve({
        address: `http://${host}:${typeof bound === 'object' && bound ? bound.port : port}`,
        close: () => {
          server.closeAllConnections();
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
  });
}

export async function listenHttp(host: string, port: number, base: string, token: string | undefined, handle: Handle): Promise<Listening> {
  const listening = await serve(host, port, async (incoming, response) => {
    if (token !== undefined && incoming.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"title":"unauthenticated","status":401}');
      return;
    }
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    if (incoming.method === 'HEAD') return void response.writeHead(204).end();
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    const http = { method: incoming.method ?? '', path: path.startsWith(base) ? path.slice(base.length) : path, headers };
    const answer = await handle({ bytes: await readAll(incoming), http });
    if (answer === 'cut') incoming.socket.destroy();
    else if (answer !== 'nothing') response.writeHead(answer.http?.status ?? 200, answer.http?.headers ?? {}).end(answer.bytes);
  });
  return { ...listening, address: `${listening.address}${base}` };
}

export function httpLine(target: URL, token: string | undefined): Line {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    exchange: (message, accept, timeoutMs) =>
      new Promise((resolve, reject) => {
        const headers = { ...message.http?.headers, 'content-length': message.bytes.length, ...(token && { authorization: `Bearer ${token}` }) };
        const url = new URL(target.pathname.replace(/\/$/, '') + (message.http?.path ?? '/'), target);
        const sent = request(url, { method: message.http?.method ?? 'POST', headers, agent, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
          readAll(response).then((bytes) => {
            const reply: PeerReply = { bytes, http: { method: '', path: '', status: response.statusCode ?? 0 } };
            if (accept(reply)) resolve(reply);
            else reject(new Error('an answer to another message'));
          }, reject);
        });
        sent.on('error', reject);
        sent.end(message.bytes);
      }),
    close: async () => agent.destroy(),
  };
}

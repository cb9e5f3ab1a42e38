/** The control API of a peer, on loopback: its counts, its actions, its misbehaviour; and the same as a client. */
import type { PeerCounts } from '../../core/contract/index.ts';
import { PeerNotYet } from '../../core/contract/index.ts';
import { readAll, serve } from './http.ts';
import type { Sent } from './outbox.ts';
import type { MisbehaveRequest, PeerHandle } from './peer-host.ts';
import type { Listening } from './wire.ts';

/** `GET /state`, `POST /actions/<name>`, `POST /misbehave`, and `POST /stop` when `end` is given. Only a loopback address is taken. */
export async function openControl(address: string, peer: PeerHandle, end?: () => void): Promise<Listening> {
  const { hostname, port } = new URL(`http://${address}`);
  if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(hostname)) throw new Error('the control API listens on loopback only');
  const listening = await serve(hostname, Number(port), async (request, response) => {
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    // A page in a browser may not drive the demonstration.
    if (request.headers.origin !== undefined) return answer(403, { error: 'not for browsers' });
    const path = new URL(request.url ?? '/', 'http://control').pathname;
    try {
      if (request.method === 'GET' && path === '/state') return answer(200, { id: peer.id, ...(await peer.counts()) });
      if (request.method !== 'POST') return answer(405, { error: 'POST' });
      const body = JSON.parse((await readAll(request)).toString() || '{}') as Record<string, unknown>;
      if (path === '/misbehave') return answer(200, { done: (await peer.misbehave(body as unknown as MisbehaveRequest)) ?? true });
      if (path === '/stop' && end) {
        setImmediate(end);
        return answer(200, { done: true });
      }
      const name = /^\/actions\/([\w-]+)$/.exec(path)?.[1];
      if (!name) return answer(404, { error: 'GET /state, POST /actions/<name>, POST /misbehave' });
      return answer(200, { sent: await peer.act(name, body) });
    } catch (error) {
      return answer(error instanceof PeerNotYet ? 409 : 400, { error: (error as Error).message });
    }
  });
  return { ...listening, address: listening.address.replace('http:', 'control:') };
}

/** A peer of another process, through its control address (`127.0.0.1:7101`). `end` asks its process to stop. */
export function remotePeer(id: string, address: string): PeerHandle & { readonly end: () => Promise<void> } {
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://${address}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.status === 409) throw new PeerNotYet(String(answer['error']));
    if (!response.ok) throw new Error(String(answer['error']));
    return answer;
  };
  return {
    id,
    act: async (name, args = {}) => (await call('POST', `/actions/${name}`, args))['sent'] as readonly Sent[],
    counts: async () => (await call('GET', '/state')) as unknown as PeerCounts & { waiting: number },
    misbehave: async (request) => void (await call('POST', '/misbehave', request)),
    end: async () => void (await call('POST', '/stop', {})),
  };
}

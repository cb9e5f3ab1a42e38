/** A server that answers as a vector says, over real TLS with a certificate of its own authority; each vector has its own base address. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { AnswerCase, Reply } from '../../plugins/app-contextual-call/vectors/answer-cases.ts';

export interface FakeEngine {
  readonly port: number;
  readonly origin: string;
  /** Bodies posted to `v1/calls` of one base address, and any other address that was asked. */
  readonly posted: Map<string, string[]>;
  readonly strays: string[];
  /** Every address that was asked. */
  readonly asked: string[];
  answer(base: string, answers: readonly Reply[]): void;
  /** What it says that its links begin with; an engine of before says nothing. */
  linksTo(origin: string): void;
  stop(): void;
}

/** Certificate files: `authority` signs `localhost`, and `other` for a name that nobody calls; `unknown` is for localhost, signed by itself. */
export function certificates(folder: string): { authority: string; localhost: string; other: string; unknown: string } {
  const run = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  run(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'authority.key',
    '-out',
    'authority.pem',
    '-subj',
    '/CN=authority of the tests',
    '-addext',
    'keyUsage=critical,keyCertSign',
  );
  for (const name of ['localhost', 'other']) {
    writeFileSync(
      path.join(folder, `${name}.ext`),
      `subjectAltName=DNS:${name === 'localhost' ? name : 'other.invalid'}\nextendedKeyUsage=serverAuth\n`,
    );
    run('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'authority.pem',
      '-CAkey',
      'authority.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  }
  run('req', '-x509', ...key, '-keyout', 'unknown.key', '-out', 'unknown.pem', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost');
  const [localhost, other, unknown] = ['localhost', 'other', 'unknown'].map((name) => path.join(folder, name)) as [string, string, string];
  return { authority: path.join(folder, 'authority.pem'), localhost, other, unknown };
}

/** @param certificate - path without extension, or none: in clear, on 127.0.0.1; @param jwks - body of `v1/keys` of every base address */
export async function fakeEngine(certificate: string | undefined, jwks: object): Promise<FakeEngine> {
  const waiting = new Map<string, Reply[]>();
  const posted = new Map<string, string[]>();
  const strays: string[] = [];
  const asked: string[] = [];
  let links: string | undefined;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.url ?? '');
    const [, base = '', address = ''] = /^\/([^/]+)\/appel-contextuel\/(.*)$/.exec(request.url ?? '') ?? [];
    if (address === 'v1/keys') return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...jwks, origin: links }));
    if (address !== 'v1/calls' || request.method !== 'POST' || request.headers['content-type'] !== 'application/jose') {
      strays.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      return void response.writeHead(404).end();
    }
    void body(request).then((text) => {
      posted.set(base, [...(posted.get(base) ?? []), text]);
      serve(waiting.get(base)?.shift() ?? { status: 500 }, origin(), request, response);
    });
  };
  const server = certificate
    ? createServer({ key: readFileSync(`${certificate}.key`), cert: readFileSync(`${certificate}.pem`) }, handle)
    : createPlainServer(handle);
  const [scheme, host] = certificate ? ['https', 'localhost'] : ['http', '127.0.0.1'];
  const origin = (): string => `${scheme}://${host}:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    origin: origin(),
    posted,
    strays,
    asked,
    answer: (base, answers) => void waiting.set(base, [...answers]),
    linksTo: (said) => void (links = said),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

function serve(reply: Reply, origin: string, request: IncomingMessage, response: ServerResponse): void {
  if (reply.hang) return;
  if (reply.drop) return void request.socket.destroy();
  const fill = (text: string): string =>
    text
      .replaceAll('{origin}', origin)
      .replace(/\{now([+-]\d+)?\}/g, (_all, seconds = '0') => new Date(Date.now() + Number(seconds) * 1000).toISOString());
  const headers = Object.fromEntries(Object.entries(reply.headers ?? {}).map(([name, text]) => [name, fill(text)]));
  response.writeHead(reply.status, { 'content-type': 'application/json', ...headers });
  if (reply.bytes) return void response.end(Buffer.alloc(reply.bytes, 'x'));
  response.end(reply.body === undefined ? '' : fill(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)));
}

export type { AnswerCase };

/**
 * The relay of a site (SAFETY C1): holds the site's key so that no workstation does, knows who asks, refuses a user who is not theirs, signs, calls the engine and
 * returns the link alone. Also the local service of a web product (C6). Nothing of a patient is kept or logged.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { Passerelle, PasserelleCallError, type Call } from '../clients/javascript/passerelle.ts';
import { accountOf, callOf, personOf, personOfLogin, type Person } from './accounts.ts';
import type { Dialect, DialectReading } from './dialect.ts';
import { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';
import type { Identify, RelaySettings } from './settings.ts';

const ADDRESS = '/kit/v1/appel';
const LARGEST = 16_384;
/** What a page cannot send without asking first (CORS), and an answer is never given to it. */
const FROM_PROGRAM = 'application/vnd.passerelle.appel';
const FIELDS = 'application/vnd.passerelle.champs+json';

export interface Relay {
  readonly server: Server;
  stop(): void;
}

export function startRelay(settings: RelaySettings, dialect: Dialect | undefined): Relay {
  const client = Passerelle.fromFile(settings.client);
  const secret = settings.forms && readFileSync(settings.forms.secretFile, 'utf8').trim();
  // The same for every user: it says that a page is of the product, not whose it is. Alone it is taken in test, or by a recorded weakness.
  const takesStatic = Boolean(settings.identify) || client.settings.environment === 'test' || settings.forms?.weakStaticSecret === true;
  const limits = new Limits(settings.perAccountPerMinute);
  const { certificate, key, clientAuthority } = settings.listen;
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response).catch((error: unknown) => console.error(`relais : ${(error as Error).name}`));
  const server = certificate
    ? createServer(
        {
          cert: readFileSync(certificate),
          key: readFileSync(key!),
          minVersion: 'TLSv1.2',
          ...(clientAuthority && { ca: readFileSync(clientAuthority), requestCert: true, rejectUnauthorized: true }),
        },
        handle,
      )
    : createPlainServer(handle);
  server.requestTimeout = 10_000;
  server.headersTimeout = 5000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!settings.hosts.includes(request.headers.host ?? '')) throw new Refusal('ERR_KIT_FORBIDDEN');
      if (request.url !== ADDRESS || !['POST', 'OPTIONS'].includes(request.method ?? '')) return void response.writeHead(404).end();
      const page = request.headers.origin;
      if (page !== undefined) allow(page, response);
      if (request.method === 'OPTIONS') return void (page === undefined ? response.writeHead(404) : response.writeHead(204)).end();
      const call = page === undefined ? await fromProgram(request) : await fromPage(request);
      const { link, reference } = await client.open(call);
      log(reference, '201');
      send(response, 201, { link, reference });
    } catch (error) {
      refuse(response, error);
    }
  }

  /** Throws for a page that the site does not know: it is not told anything by its browser either. */
  function allow(page: string, response: ServerResponse): void {
    if (!settings.forms?.origins.includes(page)) throw new Refusal('ERR_KIT_FORBIDDEN');
    response.setHeader('Access-Control-Allow-Origin', page);
    response.setHeader('Access-Control-Allow-Headers', 'X-Kit-Local, Content-Type');
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
    // The account of whoever is at the page comes with the request: Kerberos at the proxy, or a certificate.
    if (settings.identify) response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Vary', 'Origin');
  }

  async function fromProgram(request: IncomingMessage): Promise<Call> {
    const account = accountOf(request, settings.identify, new Date());
    if (!limits.allows(account.name)) throw new Refusal('ERR_KIT_RATE');
    const person = personOf(settings.accounts!, account.name);
    const type = request.headers['content-type'];
    if (type !== FROM_PROGRAM && type !== FIELDS) throw new Refusal('ERR_KIT_INPUT');
    const bytes = await body(request);
    const said = type === FIELDS ? fields(bytes) : read(dialect?.({ bytes }));
    return callOf(said, person, { method: 'os-account', time: account.since });
  }

  async function fromPage(request: IncomingMessage): Promise<Call> {
    const given = typeof request.headers['x-kit-local'] === 'string' ? request.headers['x-kit-local'] : '';
    const isStatic = takesStatic && Boolean(secret) && same(given, secret!);
    if (!secret || !(isStatic || /^[0-9a-f]{64}$/.test(given))) throw new Refusal('ERR_KIT_FORBIDDEN');
    if (!limits.allows(`page ${request.socket.remoteAddress}`)) throw new Refusal('ERR_KIT_RATE');
    const headers = Object.fromEntries(Object.entries(request.headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    // The decoder of a product knows the secret alone: what is bound to a login is judged here, once the login is read.
    const http = { method: 'POST', path: ADDRESS, headers: { ...headers, 'x-kit-local': secret } };
    const said = read(dialect?.({ bytes: await body(request), http }));
    if (!isStatic && !isBound(given, secret, said.login)) throw new Refusal('ERR_KIT_FORBIDDEN');
    const person = settings.identify ? identified(request, settings.identify) : personOfLogin(settings.accounts!, said.login);
    return callOf(said, person, { method: settings.forms.authenticationMethod, time: new Date().toISOString() });
  }

  /** A page is no way around the account: who asks is who the site says, whatever the form says. */
  function identified(request: IncomingMessage, identify: Identify): Person {
    const { name } = accountOf(request, identify, new Date());
    if (!limits.allows(name)) throw new Refusal('ERR_KIT_RATE');
    return personOf(settings.accounts!, name);
  }

  function read(reading: DialectReading | undefined): Call {
    if (reading?.call) return reading.call;
    const { code = '', detail, place } = reading?.error ?? {};
    throw new Refusal('ERR_KIT_INPUT', detail && (place ? `${detail} (champ : ${place})` : detail), [code, place].filter(Boolean).join(' '));
  }

  function refuse(response: ServerResponse, error: unknown): void {
    if (error instanceof PasserelleCallError) {
      log(error.reference, error.code, error.reason ?? '');
      return send(response, error.code === 'ERR_KIT_UNREACHABLE' ? 503 : 422, { code: error.code, detail: error.detail, reference: error.reference });
    }
    const { status, code, detail } =
      error instanceof Refusal ? error : { status: 500, code: 'ERR_KIT_DEFECT', detail: 'Panne du relais : prévenez votre service informatique.' };
    const reference = `KIT-${randomBytes(4).toString('hex').toUpperCase()}`;
    log(reference, code, error instanceof Refusal ? error.reason : (error as Error).name);
    send(response, status, { code, detail, reference });
  }

  function log(...words: string[]): void {
    if (!settings.log) return;
    const line = [new Date().toISOString(), 'relais', ...words].join(' ').trim();
    try {
      appendFileSync(settings.log, `${line}\n`, { mode: 0o600 });
    } catch (error) {
      // A full disk stops no call: who runs the relay sees it in the log of the service.
      console.error(`relais : journal : ${(error as { code?: string }).code} : ${line}`);
    }
  }

  server.listen(settings.listen.port, settings.listen.address);
  return {
    server,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** HMAC-SHA-256 of `login LF minute`, of this minute or the one before, in hexadecimal: made by the server of the product for one user's page. */
function isBound(given: string, secret: string, login: string | undefined): boolean {
  const minute = Math.floor(Date.now() / 60_000);
  const made = (at: number): string => createHmac('sha256', secret).update(`${login}\n${at}`).digest('hex');
  return login !== undefined && [made(minute), made(minute - 1)].filter((one) => same(given, one)).length > 0;
}

function fields(bytes: Uint8Array): Call {
  try {
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof said === 'object' && said !== null && !Array.isArray(said)) return said;
  } catch {}
  throw new Refusal('ERR_KIT_INPUT');
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  response.end(JSON.stringify(json));
}

async function body(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST) throw new Refusal('ERR_KIT_TOO_LARGE');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

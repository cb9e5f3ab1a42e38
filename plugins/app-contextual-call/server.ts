/** The routes of PROTOCOL.md: calls and keys from programs, the page and its questions from browsers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  PasserelleError,
  CallRefusal,
  type CallAnswer,
  type CallBrowser,
  type CallKind,
  type CallLink,
  type CallSessionsFace,
  type CallsFace,
} from '../../core/contract/index.ts';
import { pageHeaders, send, sendJson, sendProblem } from './answer.ts';
import { Failures } from './failures.ts';
import { FILES, page } from './files.ts';
import { COOKIE, addressOf, awayCookies, awayOf, backCookie, cookieOf, mediaType, metaOf, readBody } from './request.ts';
import { told } from './told.ts';

type Calls = Pick<CallsFace, 'receive' | 'launch' | 'clientKeys' | 'jwks' | 'enrol' | 'rotate'>;
type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const CALL_BYTES = 16 * 1024;
/** A token, as a field of a form. */
const FORM_BYTES = CALL_BYTES + 1024;
const QUESTION_BYTES = 2048;
/** What other servers put into addresses: some put whole tokens there. */
const RETURN_BYTES = 8 * 1024;
const MOST_PARAMETERS = 20;
/** A browser that a care record sends, and one that comes back from where we sent it. */
const LAUNCH = /^\/smart\/([0-9AB]{9})\/lancer$/;
const RETURN = /^\/retour\/([a-z0-9AB][a-z0-9-]{0,40})$/;
/** In work at once, bodies read: each holds a body and a connection to the record at most. Pages and files are not counted. */
const MOST_AT_ONCE = 200;
/** Bodies that one address sends at once: a body that drips takes the time of its sender alone. Behind one address may be a whole hospital. */
const BODIES_OF_ADDRESS = 50;
const CODE = /^[A-Za-z0-9_-]{43}$/;

export class CallServer {
  readonly #calls: Calls;
  readonly #sessions: CallSessionsFace;
  readonly #origin: string;
  readonly #failures = new Failures(Date.now);
  readonly #routes: Readonly<Record<string, Route>>;
  #atOnce = 0;
  readonly #reading = new Map<string, number>();

  /** @param origin scheme, host and port of the public address. */
  constructor(calls: Calls, sessions: CallSessionsFace, origin: string) {
    this.#calls = calls;
    this.#sessions = sessions;
    this.#origin = origin;
    this.#routes = {
      'GET /ouvrir': async (request, response) => this.#page(request, response, 200),
      'GET /v1/keys': async (request, response) => sendJson(request, response, 200, { ...(await calls.jwks()), origin }),
      'POST /v1/calls': (request, response) => this.#receive('token', request, response),
      'POST /v1/calls/hmac': (request, response) => this.#receive('hmac', request, response),
      'POST /v1/form': (request, response) => this.#form(request, response),
      'POST /v1/enrolments': (request, response) => this.#key(request, response, (body) => calls.enrol(body, addressOf(request))),
      'POST /v1/rotations': (request, response) => this.#key(request, response, (body) => calls.rotate(body, addressOf(request))),
      'POST /v1/links': (request, response) => this.#question(request, response, (from) => sessions.redeem(from)),
      'POST /v1/choices': (request, response) =>
        this.#question(request, response, (from, { candidate }) => {
          if (candidate !== 'none' && !(Number.isInteger(candidate) && Number(candidate) >= 0)) throw new PasserelleError('ERR_REQUEST_INVALID');
          return sessions.choose(from, candidate as number | 'none');
        }),
      'POST /v1/confirmations': (request, response) =>
        this.#question(request, response, (from, { agreed }) => sessions.confirm(from, agreed === true)),
      'GET /v1/client-keys': async (request, response) => sendJson(request, response, 200, await calls.clientKeys()),
      'POST /v1/launches': (request, response) => this.#launch(request, response),
      'POST /v1/returns': (request, response) => this.#return(request, response),
      'POST /v1/agreements': (request, response) => this.#question(request, response, (from, { agreed }) => sessions.agree(from, agreed === true)),
    };
  }

  handle = (request: IncomingMessage, response: ServerResponse, below: string): void =>
    this.#run(request, response, async () => {
      const isGet = request.method === 'GET' || request.method === 'HEAD';
      const file = isGet ? FILES[below] : undefined;
      if (file) return send(request, response, { status: 200, ...file });
      // As the page of a link: whoever fetches them, nothing is used up.
      const [, site] = LAUNCH.exec(below) ?? [];
      const [, at] = RETURN.exec(below) ?? [];
      if (isGet && site !== undefined) return this.#page(request, response, 200, { site });
      if (isGet && at !== undefined) return this.#page(request, response, 200, { at });
      const route = this.#routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${below}`];
      if (route) return route(request, response);
      const isKnown = Object.keys(this.#routes).some((name) => name.endsWith(` ${below}`));
      return sendProblem(request, response, new PasserelleError(isKnown ? 'ERR_REQUEST_INVALID' : 'ERR_NOT_FOUND'), isKnown ? 405 : 404);
    });

  /** A product's own bytes, at the address that its connector declares. */
  handleDialect = (connector: string, request: IncomingMessage, response: ServerResponse, below: string): void =>
    this.#run(request, response, async () => {
      if (below !== '/') throw new PasserelleError('ERR_NOT_FOUND');
      if (request.method !== 'POST') return sendProblem(request, response, new PasserelleError('ERR_REQUEST_INVALID'), 405);
      return this.#receive('dialect', request, response, connector);
    });

  #run(request: IncomingMessage, response: ServerResponse, work: () => Promise<void>): void {
    // Said again by whoever wants the body.
    if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
    work().catch((thrown: unknown) => sendProblem(request, response, thrown));
  }

  /** What comes after the body. Throws ERR_BACKPRESSURE. */
  async #counted<T>(work: () => Promise<T>): Promise<T> {
    if (this.#atOnce >= MOST_AT_ONCE) throw new PasserelleError('ERR_BACKPRESSURE');
    this.#atOnce += 1;
    return work().finally(() => (this.#atOnce -= 1));
  }

  /** Throws ERR_BACKPRESSURE, and what readBody throws. */
  async #body(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
    const address = addressOf(request);
    const reading = this.#reading.get(address) ?? 0;
    if (reading >= BODIES_OF_ADDRESS) throw new PasserelleError('ERR_BACKPRESSURE');
    this.#reading.set(address, reading + 1);
    return readBody(request, maxBytes).finally(() => {
      const left = (this.#reading.get(address) ?? 1) - 1;
      if (left > 0) this.#reading.set(address, left);
      else this.#reading.delete(address);
    });
  }

  async #receive(kind: Exclude<CallKind, 'form'>, request: IncomingMessage, response: ServerResponse, connector?: string): Promise<void> {
    const bytes = await this.#programBody(request);
    const call = { kind, bytes, http: metaOf(request), address: addressOf(request), ...(connector && { connector }) };
    const link = await this.#counted(() => this.#calls.receive(call));
    const { reference, expiresAt, warnings } = link;
    sendJson(request, response, 201, { link: link.link, reference, expiresAt, warnings });
  }

  async #key(request: IncomingMessage, response: ServerResponse, ask: (body: Uint8Array) => Promise<object>): Promise<void> {
    const body = await this.#programBody(request);
    sendJson(request, response, 202, await this.#counted(() => ask(body)));
  }

  /** A program has no Origin: this would be a page in somebody's browser. */
  async #programBody(request: IncomingMessage): Promise<Uint8Array> {
    if (request.headers.origin !== undefined) throw new PasserelleError('ERR_CALL_ORIGIN');
    return this.#body(request, CALL_BYTES);
  }

  /** SAFETY C6: signed by the server of the DPI, posted by its page. Its origin is held to the site's by the call itself. */
  async #form(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (mediaType(request) !== 'application/x-www-form-urlencoded') throw new PasserelleError('ERR_CALL_MEDIA_TYPE');
      // A navigation by a form, not a script, an image or a frame.
      if (request.headers.origin === undefined || !/^(document)?$/.test(request.headers['sec-fetch-dest'] ?? ''))
        throw new PasserelleError('ERR_CALL_ORIGIN');
      const fields = new URLSearchParams(Buffer.from(await this.#body(request, FORM_BYTES)).toString('utf8'));
      const tokens = fields.getAll('token');
      if (tokens.length !== 1 || fields.size !== 1) throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'one field: token' });
      const bytes = Buffer.from(tokens[0] ?? '');
      const call = { kind: 'form', bytes, http: metaOf(request), address: addressOf(request) } as const;
      const { code }: CallLink = await this.#counted(() => this.#calls.receive(call));
      this.#page(request, response, 200, { code });
    } catch (thrown) {
      const { code, entry } = PasserelleError.from(thrown);
      const reference = thrown instanceof CallRefusal ? thrown.reference : '';
      this.#page(request, response, entry.http, { step: told({ reference, outcome: 'refused', code }) });
    }
  }

  #page(request: IncomingMessage, response: ServerResponse, status: number, start: object = {}): void {
    send(request, response, { status, type: 'text/html; charset=utf-8', body: page(start), headers: pageHeaders(this.#sessions.origins()) });
  }

  /** What the page of a link asks: of this origin only, by the browser that the link is bound to. */
  async #question(
    request: IncomingMessage,
    response: ServerResponse,
    ask: (from: CallBrowser, body: Readonly<Record<string, unknown>>) => Promise<CallAnswer>,
  ): Promise<void> {
    const body = await this.#fromPage(request, QUESTION_BYTES);
    const { code } = body;
    if (typeof code !== 'string' || !CODE.test(code)) {
      this.#failures.add(addressOf(request));
      throw new CallRefusal('ERR_CALL_LINK', '');
    }
    await this.#step(request, response, code, (from) => ask(from, body));
  }

  /** A care record sent this browser (SMART App Launch): it goes on there. */
  async #launch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { site, iss, launch } = await this.#fromPage(request, RETURN_BYTES);
    if (typeof site !== 'string' || typeof iss !== 'string' || typeof launch !== 'string') throw new PasserelleError('ERR_REQUEST_INVALID');
    const { url, secret } = await this.#counted(() => this.#calls.launch({ site, iss, launch, address: addressOf(request) }));
    sendJson(request, response, 200, { outcome: 'leave', url }, { 'set-cookie': awayCookies(request, url, secret) });
  }

  /** This browser comes back: from a care record with a call, or from Pro Santé Connect in the middle of one. */
  async #return(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { at, answer } = await this.#fromPage(request, RETURN_BYTES);
    if (typeof at !== 'string' || !isParameters(answer)) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'where from, and with what' });
    const state = answer['state'] ?? '';
    const secret = awayOf(request, state) ?? '';
    if (at === 'psc') {
      if (!CODE.test(secret)) throw new CallRefusal('ERR_CALL_SESSION', '');
      return this.#step(request, response, secret, (from) => this.#sessions.authenticated(from, answer), state);
    }
    const call = {
      kind: 'smart',
      bytes: Buffer.from(JSON.stringify({ at, secret, answer })),
      http: metaOf(request),
      address: addressOf(request),
    } as const;
    const { code, reference } = await this.#counted(() => this.#calls.receive(call));
    sendJson(request, response, 200, { outcome: 'link', tab: code, reference }, { 'set-cookie': backCookie(state) });
  }

  /** A body of our own page. Throws ERR_CALL_ORIGIN, ERR_CALL_MEDIA_TYPE, ERR_CALL_RATE, and what #body throws. */
  async #fromPage(request: IncomingMessage, maxBytes: number): Promise<Readonly<Record<string, unknown>>> {
    const { origin, 'sec-fetch-site': site = 'same-origin' } = request.headers;
    if (origin !== this.#origin || site !== 'same-origin') throw new PasserelleError('ERR_CALL_ORIGIN');
    if (mediaType(request) !== 'application/json') throw new PasserelleError('ERR_CALL_MEDIA_TYPE');
    const retryAfter = this.#failures.waits(addressOf(request));
    if (retryAfter !== undefined) throw new CallRefusal('ERR_CALL_RATE', '', { retryAfter });
    return parse(await this.#body(request, maxBytes));
  }

  /** `back`: the state that it came back with. */
  async #step(
    request: IncomingMessage,
    response: ServerResponse,
    code: string,
    ask: (from: CallBrowser) => Promise<CallAnswer>,
    back?: string,
  ): Promise<void> {
    const address = addressOf(request);
    const browser = cookieOf(request);
    const answer = await this.#counted(() => ask({ code, address, ...(browser !== undefined && { browser }) }));
    const { step } = answer;
    if (step.outcome === 'refused' && ['ERR_CALL_LINK', 'ERR_CALL_LINK_USED', 'ERR_CALL_SESSION'].includes(step.code)) this.#failures.add(address);
    const cookies = [
      ...(answer.browser ? [`${COOKIE}=${answer.browser}; Path=/; Secure; HttpOnly; SameSite=Strict`] : []),
      // The tab is known by its code, which this page forgets when it leaves.
      ...(step.outcome === 'authenticate' ? awayCookies(request, step.url, code) : []),
      ...(back === undefined ? [] : [backCookie(back)]),
    ];
    const body = { ...told(step), ...(back !== undefined && { tab: code }) };
    sendJson(request, response, 200, body, cookies.length > 0 ? { 'set-cookie': cookies } : undefined);
  }
}

const isParameters = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length <= MOST_PARAMETERS &&
  Object.values(value).every((one) => typeof one === 'string');

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  } catch {
    // Its message would quote the body.
  }
  throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a JSON object' });
}

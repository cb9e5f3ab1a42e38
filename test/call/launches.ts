/** A desk of calls behind its routes, and a stand-in of a web care record that launches it: what browsers do, without one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallServer } from '../../plugins/app-contextual-call/server.ts';
import { IPP_SYSTEM, startSmartDpi, type SmartDpi } from '../../plugins/app-sandbox/index.ts';
import { fakeSessions } from '../unit/cli/fake-calls.ts';
import { CALL, Ground, SITE, settingsOf } from './ground.ts';

export const CLIENT = 'passerelle-test';
export const PATIENT = 'K-0090001';

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly code?: string;
    readonly reference?: string;
    readonly url?: string;
    readonly tab?: string;
  };
}

/** Cookies of one browser, by name. */
export class FakeBrowser {
  readonly cookies = new Map<string, string>();
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async post(road: string, body: object): Promise<Answered> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${this.#origin}/appel-contextuel/v1/${road}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#origin, ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
    for (const said of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = said.split(';')[0]?.split('=') ?? [];
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return { status: answer.status, body: (await answer.json()) as Answered['body'] };
  }

  /** The page of a launch address. */
  launch(address: string): Promise<Answered> {
    const { pathname, searchParams } = new URL(address);
    return this.post('launches', { site: /smart\/(\w+)\//.exec(pathname)?.[1], ...Object.fromEntries(searchParams) });
  }

  /** The page of a return address. */
  back(address: string): Promise<Answered> {
    const { pathname, searchParams } = new URL(address);
    return this.post('returns', { at: pathname.split('/').at(-1), answer: Object.fromEntries(searchParams) });
  }
}

/** Where a server sends a browser on to. */
export async function sentBack(address: string): Promise<string> {
  const answer = await fetch(address, { redirect: 'manual' });
  const to = answer.headers.get('location');
  if (!to) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
  return to;
}

export class Launches {
  readonly ground = new Ground();
  dpi!: SmartDpi;
  origin = '';
  #server: Server | undefined;

  async open(): Promise<void> {
    await this.ground.open();
    this.ground.now = Date.now();
    let handler: CallServer | undefined;
    const server = createServer((request, response) =>
      handler?.handle(request, response, (request.url ?? '').split('?')[0]?.replace('/appel-contextuel', '') ?? ''),
    );
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.dpi = await this.standIn();
    await this.use();
    const { face } = this.ground.calls;
    handler = new CallServer(face, fakeSessions, this.origin);
  }

  /** Another one, of the same or of another name. */
  standIn(name = 'dpi', site = SITE): Promise<SmartDpi> {
    return startSmartDpi({ pages: 'http://127.0.0.1:0', engine: `${this.origin}/appel-contextuel`, site, name, clientId: CLIENT });
  }

  issuerOf = (dpi: SmartDpi, over: object = {}): object => ({
    name: 'dpi',
    fhir: dpi.fhir,
    clientId: CLIENT,
    profile: 'MEDECIN',
    privateAddresses: true,
    ippSystems: { [IPP_SYSTEM]: 'DXCARE&1.2.250.1.999.10.1&ISO' },
    ...over,
  });

  /** Settings in which these care records may launch. */
  async use(issuers: readonly object[] = [this.issuerOf(this.dpi)], over: object = {}): Promise<void> {
    const call = { ...CALL, profiles: { ...CALL.profiles, smart: issuers }, ...over };
    await this.ground.calls.use(settingsOf(call, undefined, { publicUrl: this.origin }));
  }

  browser = (): FakeBrowser => new FakeBrowser(this.origin);

  /** From the click in the care record to what comes of it. */
  async click(patient = PATIENT, user = 'm-essai', browser = this.browser(), dpi = this.dpi): Promise<Answered> {
    const left = await browser.launch(dpi.launch(patient, user));
    if (!left.body.url) return left;
    return browser.back(await sentBack(left.body.url));
  }

  async close(): Promise<void> {
    await this.dpi.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
    await this.ground.close();
  }
}

/** A site for the tests of the kit: an engine that says yes, a relay as the kit ships it, in its own process, and who works there. */
import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { certificates, fakeEngine, type FakeEngine } from './fake-engine.ts';
import { opened } from './reference.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const RELAY = path.join(root, 'dist/plugins/app-contextual-call/kit/relay/relais.mjs');
export const PEOPLE = {
  'HOPITAL\\c.test': { login: 'testcamille', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', profile: 'MEDECIN' },
  'HOPITAL\\s.test': { login: 'tsec', profile: 'SECRETAIRE' },
};

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
}

export class KitSite {
  /** As it ships. */
  readonly program = RELAY;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'kit-'));
  readonly authority: string;
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #stops: (() => void)[] = [];
  readonly #certificate: string;
  engine!: FakeEngine;
  readonly #kid: string;

  constructor() {
    const { authority, localhost } = certificates(this.folder);
    [this.authority, this.#certificate] = [authority, localhost];
    this.#kid = thumbprint(this.#key.publicKey.export({ format: 'jwk' }));
    this.put('site.pem', readFileSync(path.join(root, 'plugins/app-contextual-call/vectors/site-test.pem'), 'utf8'), 0o600);
    this.put('comptes.json', JSON.stringify(PEOPLE));
    mkdirSync(path.join(this.folder, 'sessions'));
  }

  put(name: string, text: string, mode = 0o644): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  async startEngine(): Promise<void> {
    const jwk = this.#key.publicKey.export({ format: 'jwk' });
    const key: JsonWebKey = { ...jwk, use: 'enc', kid: this.#kid };
    this.engine = await fakeEngine(this.#certificate, { keys: [key] });
    this.#stops.push(() => this.engine.stop());
    const settings = {
      url: `${this.engine.origin}/site/appel-contextuel`,
      finess: '990001018',
      environment: 'test',
      keyFile: 'site.pem',
      profile: 'legacy',
      log: 'appels.log',
    };
    this.put('passerelle.json', JSON.stringify(settings));
    this.put('poste.json', JSON.stringify({ ...settings, workstation: true }));
  }

  /** The engine will say yes this many times. */
  allow(times: number): void {
    const body = {
      link: '{origin}/appel-contextuel/ouvrir#AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE',
      reference: 'AC-TEST2345',
      expiresAt: '{now+60}',
    };
    this.engine.answer(
      'site',
      Array.from({ length: times }, () => ({ status: 201, body })),
    );
  }

  /** What the engine was told since the last time. */
  told(): Record<string, unknown>[] {
    const site = createPublicKey(createPrivateKey(readFileSync(path.join(this.folder, 'site.pem'))));
    const tokens = this.engine.posted.get('site') ?? [];
    this.engine.posted.delete('site');
    return tokens.map(
      (token) =>
        JSON.parse(
          Buffer.from(opened(token, this.#key.privateKey, this.#kid, site, thumbprint(site.export({ format: 'jwk' }))).context).toString('utf8'),
        ) as Record<string, unknown>,
    );
  }

  /** Starts `relais.mjs` as it ships; gives its port, or what it says when it does not start. */
  async relay(settings: object, connector?: { readonly id: string; readonly site: object }): Promise<number> {
    const folder = mkdtempSync(path.join(this.folder, 'relais-'));
    cpSync(RELAY, path.join(folder, 'relais.mjs'));
    if (connector) {
      cpSync(path.join(root, `dist/connectors/${connector.id}/kit/dialecte.mjs`), path.join(folder, 'dialecte.mjs'));
      writeFileSync(path.join(folder, 'dialecte.json'), JSON.stringify(connector.site));
    } else writeFileSync(path.join(folder, 'dialecte.mjs'), DIALECT);
    const listen = { address: '127.0.0.1', port: 0 };
    const file = path.join(folder, 'relais.json');
    writeFileSync(
      file,
      JSON.stringify({
        listen,
        hosts: ['relais.test'],
        client: '../passerelle.json',
        accounts: '../comptes.json',
        log: '../relais.log',
        ...settings,
      }),
    );
    const child = spawn(process.execPath, [path.join(folder, 'relais.mjs'), file], { env: { ...process.env, NODE_EXTRA_CA_CERTS: this.authority } });
    this.#stops.push(() => child.kill());
    return new Promise((resolve, reject) => {
      let said = '';
      const hear = (text: Buffer): void => {
        said += String(text);
        const port = /relais : \S+:(\d+)\n/.exec(said)?.[1];
        if (port) resolve(Number(port));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('exit', () => reject(new Error(said)));
    });
  }

  stop(): void {
    for (const stop of this.#stops.reverse()) stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A dialect as the kit brings one, of a product that writes `/key:"value"`. */
const DIALECT = `export const openDialect = () => ({ bytes, http }) => {
  const text = new TextDecoder('utf-8').decode(bytes);
  const pairs = http ? [...new URLSearchParams(text)] : [...text.matchAll(/\\/(\\w+):"([^"]*)"/g)].map(([, key, value]) => [key, value]);
  if (pairs.length === 0) return { warnings: [], error: { code: 'ERR_CODEC_UNREADABLE', detail: 'Illisible.' } };
  const names = { nomnaiss: 'birthName', prenom: 'firstGivenName', ddn: 'birthDate', sexe: 'sex' };
  return { call: Object.fromEntries(pairs.map(([key, value]) => [names[key] ?? key, value])), warnings: [] };
};
`;

/** One request, with the headers as given: Host too. */
export function post(port: number, body: string | Uint8Array, headers: Record<string, string>, tls?: object, method = 'POST'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/kit/v1/appel', method, headers: { host: 'relais.test', ...headers }, agent: false, ...tls };
    const request = (tls ? tlsRequest : plainRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          text,
          json: text ? (JSON.parse(text) as Record<string, unknown>) : {},
          headers: response.headers,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

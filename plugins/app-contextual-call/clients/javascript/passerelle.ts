/** The client of the contextual call for Node.js 20 and later: signs a context, posts it to the engine, gives back the one-time link. */
import { createPrivateKey, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { contextOf, PasserelleCallError, refused, type Call, type Reason } from './context.ts';
import { keptKey } from './keys.ts';
import { request, type Answer } from './request.ts';
import { encrypted, signedContext, type Profile } from './token.ts';

export { FIELDS, fromWindows1252, PasserelleCallError, type Call } from './context.ts';

/** `passerelle.json`; relative paths are those of its folder. */
export interface Settings {
  /** `https://HOST/appel-contextuel`, as the engine writes it in its links. */
  readonly url: string;
  readonly finess: string;
  readonly environment: 'test' | 'production';
  /** PKCS#8 PEM, readable by its owner only. */
  readonly keyFile: string;
  readonly profile?: Profile;
  /** Of one attempt; 10 when it is not said. */
  readonly timeoutSeconds?: number;
  /** Where the engine's public keys are kept between two runs, for at most 24 hours; absent: in memory. */
  readonly keysCache?: string;
  /** One line for each call, without anything of the patient or the user. */
  readonly log?: string;
  /** The key is that of one workstation: no creation (SAFETY C1). */
  readonly workstation?: boolean;
}

/** What a product opens in the browser: nothing else is to be kept. */
export interface Opened {
  readonly link: string;
  readonly reference: string;
  readonly expiresAt: string;
}

/** Where time and chance come from: replaced in tests only. */
export interface Sources {
  readonly now: () => number;
  readonly jti: () => string;
}
const MACHINE: Sources = { now: () => Math.floor(Date.now() / 1000), jti: () => randomBytes(16).toString('hex') };

const NOT_NOW = 'Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.';
const STRANGE = 'Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique.';

export class Passerelle {
  readonly settings: Settings;
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #sources: Sources;

  /** @throws PasserelleCallError ERR_KIT_SETTINGS with its reason */
  constructor(settings: Settings, sources: Sources = MACHINE) {
    this.settings = checked(settings);
    this.#origin = /^https?:\/\/[^/]+/.exec(settings.url)![0];
    this.#key = privateKey(settings.keyFile);
    this.#sources = sources;
  }

  static fromFile(file: string, sources?: Sources): Passerelle {
    let settings: Settings;
    try {
      settings = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    } catch {
      throw refused('ERR_KIT_SETTINGS', 'bad-settings', path.basename(file));
    }
    const beside = (name?: string): string | undefined => (typeof name === 'string' ? path.resolve(path.dirname(file), name) : undefined);
    return new Passerelle(
      { ...settings, keyFile: beside(settings.keyFile)!, keysCache: beside(settings.keysCache), log: beside(settings.log) },
      sources,
    );
  }

  /** The context as it would be signed. Exact bytes. */
  context(call: Call, now: number, jti: string): string {
    return contextOf(this.settings, call, now, jti);
  }

  sign(context: string): string {
    return signedContext(context, this.#key);
  }

  encrypt(jws: string, key: JsonWebKey): string {
    return encrypted(jws, key, this.settings.profile ?? 'default');
  }

  /**
   * Opens a call. The link is good for 60 seconds, once.
   * @throws PasserelleCallError: show `detail` and `reference`, nothing else
   */
  async open(call: Call): Promise<Opened> {
    try {
      const opened = await this.#opened(call);
      this.#log(opened.reference, '201');
      return opened;
    } catch (error) {
      if (!(error instanceof PasserelleCallError)) throw error;
      error.reference ||= `KIT-${randomBytes(4).toString('hex').toUpperCase()}`;
      this.#log(error.reference, error.code, error.reason ?? '');
      throw error;
    }
  }

  async #opened(call: Call): Promise<Opened> {
    const { now, jti } = this.#sources;
    const context = contextOf(this.settings, call, now(), jti());
    const key = await keptKey(this.settings, now);
    const post = (text: string): Promise<Answer> =>
      request(this.settings, 'v1/calls', { type: 'application/jose', body: this.encrypt(this.sign(text), key) });
    let answer = await post(context);
    const drift = answer.status === 401 ? serverTime(answer) : undefined;
    if (answer.unreached) answer = await post(context);
    else if (answer.status === 429) {
      await setTimeout(Math.min(5, retryAfter(answer)) * 1000);
      answer = await post(context);
    } else if (drift !== undefined && Math.abs(drift - now()) > 30) answer = await post(contextOf(this.settings, call, drift, jti()));
    return this.#read(answer);
  }

  #read({ status, json, unreached }: Answer): Opened {
    const text = (name: string): string => (typeof json?.[name] === 'string' ? json[name] : '');
    if (status === 201) {
      const link = text('link');
      if (!link.startsWith(`${this.#origin}/`) || !/^[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}$/.test(link.slice(this.#origin.length + 1)))
        throw new PasserelleCallError('ERR_KIT_LINK', STRANGE);
      return { link, reference: text('reference'), expiresAt: text('expiresAt') };
    }
    if (!/^ERR_[A-Z_]{1,60}$/.test(text('code')))
      throw unreached ? new PasserelleCallError('ERR_KIT_UNREACHABLE', NOT_NOW, unreached) : new PasserelleCallError('ERR_KIT_ANSWER', STRANGE);
    const error = new PasserelleCallError(text('code'), text('detail').slice(0, 500) || STRANGE);
    error.reference = /^[A-Z0-9-]{1,40}$/.test(text('reference')) ? text('reference') : '';
    throw error;
  }

  #log(...words: string[]): void {
    if (!this.settings.log) return;
    const line = [new Date().toISOString(), ...words].join(' ').trim();
    try {
      appendFileSync(this.settings.log, `${line}\n`, { mode: 0o600 });
    } catch (error) {
      // The link is there: a log that cannot be written takes it from nobody.
      console.error(`passerelle : journal : ${(error as { code?: string }).code} : ${line}`);
    }
  }
}

const serverTime = ({ json }: Answer): number | undefined => {
  const at = typeof json?.['serverTime'] === 'string' ? Date.parse(json['serverTime']) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
};
const retryAfter = ({ retryAfter: text }: Answer): number => (/^[0-9]{1,9}$/.test(text) ? Number(text) : 5);

function checked(settings: Settings): Settings {
  const no = (reason: Reason, key: string): PasserelleCallError => refused('ERR_KIT_SETTINGS', reason, key);
  // In clear on this machine only, and in test: an engine that somebody tries out.
  const isTest = settings.environment === 'test' && /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(settings.url);
  if (
    typeof settings.url !== 'string' ||
    !/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~-]+)*\/?$/.test(settings.url) ||
    !(isTest || settings.url.startsWith('https:'))
  )
    throw no('bad-url', 'url');
  if (!/^[0-9][0-9AB][0-9]{7}$/.test(settings.finess)) throw no('bad-settings', 'finess');
  if (!['test', 'production'].includes(settings.environment)) throw no('bad-settings', 'environment');
  if (!['default', 'legacy', undefined].includes(settings.profile)) throw no('bad-settings', 'profile');
  const seconds = settings.timeoutSeconds ?? 10;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60) throw no('bad-settings', 'timeoutSeconds');
  if (typeof settings.keyFile !== 'string') throw no('bad-settings', 'keyFile');
  return settings;
}

function privateKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch {
    throw refused('ERR_KIT_SETTINGS', 'key-unreadable', 'keyFile');
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    throw refused('ERR_KIT_SETTINGS', 'key-unreadable', 'keyFile');
  // Windows has no such mode: there the guide sets the file's access list.
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) throw refused('ERR_KIT_SETTINGS', 'key-not-protected', 'keyFile');
  return key;
}

/** The contextual call of one node: the desk with its keys, kept fresh and swept, as applications and commands see it. */
import path from 'node:path';
import { CallRefusal, PasserelleError, type CallKey, type CallsFace, type ErrorCode } from '../contract/index.ts';
import { ClientKeys } from '../oidc/index.ts';
import type { CallSettings } from './call-settings.ts';
import { CallDesk, NONCE, type CallPorts } from './desk.ts';
import { EngineKeys, FOLDER } from './engine-keys.ts';
import { enrol, invite, REQUEST_BYTES, rotate } from './enrolment.ts';
import { newReference } from './ledger.ts';
import { LINK, TAKEN } from './links.ts';
import { verify } from './verify.ts';
import { isActive, REFRESH_MS, type StoredKey } from './site-keys.ts';

const HOUR_MS = 3_600_000;
/** How long notes are kept after their last change. A nonce: far longer than any call is good. */
export const CALL_KEPT_MS: Readonly<Record<string, number>> = {
  [NONCE]: 2 * HOUR_MS,
  [LINK]: HOUR_MS / 30,
  [TAKEN]: 24 * HOUR_MS,
  'call-code': 7 * 24 * HOUR_MS,
};

export class Calls {
  readonly desk: CallDesk;
  readonly engineKeys: EngineKeys;
  readonly #journal: CallPorts['journal'];
  readonly #now: () => number;
  readonly #timers: NodeJS.Timeout[] = [];

  /** `data`: where the engine's own keys are kept. */
  constructor(data: string, ports: Omit<CallPorts, 'engineKeys' | 'clientKeys'>) {
    this.engineKeys = new EngineKeys(data);
    this.desk = new CallDesk({ ...ports, engineKeys: this.engineKeys, clientKeys: new ClientKeys(path.join(data, FOLDER, 'client')) });
    this.#journal = ports.journal;
    this.#now = ports.now;
  }

  /** Whenever the region changes; keys and timers only where a site calls. */
  async use(settings: CallSettings): Promise<void> {
    if (settings.sites.size > 0) await this.engineKeys.open();
    await this.desk.use(settings);
    if (settings.sites.size === 0) return this.stop();
    if (this.#timers.length > 0) return;
    // What the journal does not answer now it is asked again later: until then keys are those of before, and no call can be granted anyhow.
    this.#timers.push(setInterval(() => void this.desk.keys.refresh().catch(() => undefined), REFRESH_MS).unref());
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  readonly face: CallsFace = {
    receive: (request) => this.desk.receive(request),
    launch: (launch) => this.desk.launch(launch),
    clientKeys: () => this.desk.ports.clientKeys.jwks(),
    dialects: () => this.#dialects(),
    jwks: async () => this.engineKeys.jwks(),
    enrol: (body, address) => this.#asked(body, address, async (now) => enrol(this.#journal, body, now)),
    rotate: (body, address) => this.#asked(body, address, async (now) => rotate(this.#journal, this.desk.keys, this.desk.settings, body, now)),
    verify: (request) => verify(this.desk, request),
    ledger: (filter, page) => this.desk.ledger.page(filter, page),
    entry: (reference) => this.desk.ledger.entry(reference),
    counts: (since) => this.desk.ledger.counts(since),
    keys: async (site) => {
      await this.desk.keys.refresh();
      return this.desk.keys.all(site).map(shown);
    },
    invite: (site, who, weak = false) => invite(this.#journal, this.desk.settings, { site, who, weak }, this.#now()),
    confirmKey: (kid, fingerprint, who) =>
      this.#change(kid, (key, at) => {
        if (key.state !== 'requested')
          throw new PasserelleError('ERR_TRANSITION', {
            expected: 'a key that waits for its confirmation',
            found: key.state === 'active' ? 'an active key' : 'a revoked key',
          });
        if (letters(fingerprint) !== letters(key.fingerprint)) throw new PasserelleError('ERR_CALL_FINGERPRINT');
        return { ...key, state: 'active', confirmed: { at, who } };
      }),
    revokeKey: async (kid, who, why) => {
      if (!why) throw new PasserelleError('ERR_REASON_MISSING');
      const revoke = (one: string): Promise<CallKey> => this.#change(one, (key, at) => ({ ...key, state: 'revoked', revoked: { at, who, why } }));
      const revoked = await revoke(kid);
      const alsoRevoked: string[] = [];
      // The chain is read anew after each change, which reads all keys again: nothing is signed for by a key that is over.
      for (const over = [kid]; over.length > 0;)
        for (const next of this.desk.keys.followersOf(over.shift()!)) {
          over.push(next.kid);
          if (next.state === 'revoked') continue;
          await revoke(next.kid);
          alsoRevoked.push(next.kid);
        }
      const stillActive = this.desk.keys.all(revoked.site).filter((key) => isActive(key, this.#now()));
      return { ...revoked, alsoRevoked, stillActive: stillActive.map(shown) };
    },
    rotateEngineKey: async () => {
      await this.engineKeys.open();
      await this.engineKeys.rotate();
      return this.engineKeys.jwks();
    },
  };

  async #change(kid: string, make: (key: StoredKey, at: string) => StoredKey): Promise<CallKey> {
    const at = new Date(this.#now()).toISOString();
    return shown(await this.desk.keys.change(kid, at, (key) => make(key, at)));
  }

  /** Requests about keys come from anybody: bounded, and refused without a reason. */
  async #asked(body: Uint8Array, address: string, make: (now: number) => Promise<StoredKey>): Promise<{ readonly fingerprint: string }> {
    const now = this.#now();
    const refused = (code: ErrorCode): CallRefusal => new CallRefusal(code, newReference(), code === 'ERR_CALL_RATE' ? { retryAfter: 5 } : {});
    if (body.length > REQUEST_BYTES) throw refused('ERR_CALL_TOO_LARGE');
    if (this.desk.rates.take(`keys ${address}`, KEY_REQUESTS_PER_MINUTE, now) > 0) throw refused('ERR_CALL_RATE');
    try {
      const { fingerprint } = await make(now);
      return { fingerprint };
    } catch (thrown) {
      const error = PasserelleError.from(thrown);
      if (error.entry.disposition === 'transient' || error.code === 'ERR_INVARIANT') throw error;
      throw refused(error.code === 'ERR_CALL_KEY' ? 'ERR_CALL_KEY' : 'ERR_CALL_ENROLMENT');
    }
  }

  #dialects(): ReturnType<CallsFace['dialects']> {
    const sites = [...this.desk.settings.sites.values()];
    const paths = sites.flatMap(({ connector, connectorVersion }) => {
      const call = this.desk.ports.callOf(connector, connectorVersion);
      return call?.reads === 'engine' && call.path ? [[call.path, connector] as const] : [];
    });
    return [...new Map(paths)].map(([path, connector]) => ({ path, connector }));
  }
}

/** A person types a code: more is somebody who guesses. */
const KEY_REQUESTS_PER_MINUTE = 20;

const letters = (fingerprint: string): string => fingerprint.replaceAll(/[^0-9A-Fa-f]/g, '').toUpperCase();
function shown(stored: StoredKey): CallKey {
  const { jwk: _, ...key } = stored;
  return key;
}

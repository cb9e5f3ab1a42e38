/**
 * A browser that is sent to another server and comes back. Nothing is kept while it is away: `state`, `nonce` and the PKCE verifier are keyed hashes of a secret that the browser
 * alone has, of where it was sent, and of the time. What comes back is taken once, on all nodes and over restarts.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { PasserelleError, type JournalStore, type NoteChange } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { OidcChecks } from '../oidc/index.ts';

/** A person may look for their telephone, or for their card. */
export const AWAY_MS = 10 * 60_000;
const STATE = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{32})$/;

export interface DeparturePorts {
  readonly journal: Pick<JournalStore, 'swap'>;
  readonly index: Pick<BlindIndex, 'call'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Departures {
  readonly #ports: DeparturePorts;
  readonly #nonceKind: string;

  constructor(ports: DeparturePorts, nonceKind: string) {
    this.#ports = ports;
    this.#nonceKind = nonceKind;
  }

  /** `at`: where it is sent; `secret`: what it is known by when it comes back. */
  begin(at: string, secret: string): OidcChecks {
    const head = `${this.#ports.now().toString(36)}.${randomBytes(16).toString('base64url')}`;
    return this.#checks(`${head}.${this.#hash('state', at, secret, head)}`, at, secret);
  }

  /**
   * `skewMs`: by how much the clock of the node that it left from may be ahead of ours.
   * Throws ERR_CALL_REFUSED: never said, to another browser, for another server, or too long ago; ERR_CALL_REPLAYED.
   */
  async take(at: string, secret: string, state: string, skewMs: number): Promise<OidcChecks> {
    const [, time = '', salt = '', mac = ''] = STATE.exec(state) ?? [];
    const right = Buffer.from(this.#hash('state', at, secret, `${time}.${salt}`));
    const given = Buffer.from(mac.padEnd(right.length, '-'));
    if (!timingSafeEqual(right, given))
      throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'the state that this browser left with, for this server', found: 'another one' });
    const now = this.#ports.now();
    const age = now - Number.parseInt(time, 36);
    if (!(age >= -skewMs && age <= AWAY_MS))
      throw new PasserelleError('ERR_CALL_REFUSED', {
        expected: 'a browser that comes back in 10 minutes',
        found: age < 0 ? 'before it left: the clocks of two nodes differ' : 'too late',
      });
    const at_ = new Date(now).toISOString();
    const used: NoteChange = { kind: this.#nonceKind, key: this.#ports.index.call('nonce', `state ${state}`), value: at_ };
    if (!(await this.#ports.journal.swap([used], at_))) throw new PasserelleError('ERR_CALL_REPLAYED');
    return this.#checks(state, at, secret);
  }

  #checks(state: string, at: string, secret: string): OidcChecks {
    const [nonce, one, two] = ['nonce', 'verifier', 'verifier 2'].map((what) => this.#hash(what, at, secret, state));
    return { state, nonce: nonce ?? '', verifier: `${one}${two}` };
  }

  #hash(what: string, at: string, secret: string, text: string): string {
    return this.#ports.index.call('departure', [what, at, secret, text].join('\0'));
  }
}

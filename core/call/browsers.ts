/** Which browser is it, and whose (SAFETY C3, C7)? A call is bound to one; somebody else's call makes it another one. */
import { CallRefusal, type JournalStore } from '../contract/index.ts';
import type { RedeemedCall } from './room.ts';
import { BROWSER, change, keyOf, readBrowser, readSession, SESSION, type Browser, type Held, type Session } from './session.ts';
import type { Tabs } from './tabs.ts';

export interface BrowserPorts {
  readonly journal: Pick<JournalStore, 'notes' | 'swap'>;
  readonly tabs: Pick<Tabs, 'close'>;
  readonly now: () => number;
  /** 256 random bits in base64url. */
  readonly secret: () => string;
}

/** Of what only fails when others keep changing the same browser. */
const TRIES = 20;

export class Browsers {
  readonly #ports: BrowserPorts;

  constructor(ports: BrowserPorts) {
    this.#ports = ports;
  }

  /**
   * The session of this call, in this browser. A browser of another user, or one that nobody knows, is known by something new from now on (session
   * fixation), and what another user had open in it is over. Answers the new cookie. Throws ERR_CALL_LINK_USED, ERR_CALL_SESSION, ERR_CALL_RECORD.
   */
  async bind(key: string, call: RedeemedCall, cookie: string | undefined): Promise<string | undefined> {
    const { journal, tabs, now, secret } = this.#ports;
    const { reference, site, userKey } = call;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const at = new Date(now()).toISOString();
      const mine = cookie === undefined ? undefined : await this.resolve(cookie);
      const isSame = mine?.value?.userKey === userKey;
      const fresh = secret();
      if (mine?.value && !isSame) await tabs.close(mine.value.sessions, 'another-user');
      const place: Held<Browser> = isSame ? mine : { key: keyOf(fresh), text: undefined, value: undefined };
      const session: Session = { state: 'asked', reference, site, browser: place.key, at, call };
      const changes = [
        change(SESSION, { key, text: undefined }, session),
        change<Browser>(BROWSER, place, { userKey, sessions: place.value?.sessions ?? [] }),
        ...(mine?.value && !isSame ? [change<Browser>(BROWSER, mine, { userKey: mine.value.userKey, sessions: [], next: place.key })] : []),
      ];
      if (await journal.swap(changes, at)) return isSame ? undefined : fresh;
      if ((await readSession(journal, key)).value) throw new CallRefusal('ERR_CALL_LINK_USED', reference);
    }
    throw new CallRefusal('ERR_CALL_SESSION', reference, { found: 'a browser that keeps changing' });
  }

  /** What a cookie stands for now: another user may have taken its place meanwhile. */
  async resolve(cookie: string): Promise<Held<Browser>> {
    let held = await readBrowser(this.#ports.journal, keyOf(cookie));
    for (let hops = 0; held.value?.next && hops < TRIES; hops += 1) held = await readBrowser(this.#ports.journal, held.value.next);
    return held;
  }
}

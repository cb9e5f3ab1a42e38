/** Which browser is it, and whose (SAFETY C3, C7)? A call is bound to one; somebody else's call makes it another one. */
import { CallRefusal, type JournalStore } from '../contract/index.ts';
import type { RedeemedCall } from './room.ts';
import { BROWSER, change, keyOf, readBrowser, readSession, SESSION, type Browser, type Held, type Session } from './session.ts';
import type { Tabs } from './tabs.ts';

export interface BrowserPorts {
  readonly journal: Pick<JournalStore, 'notes' | 'swap'>;
  readonly tabs: Pick<Tabs, 'close' | 'live'>;
  readonly now: () => number;
  /** 256 random bits in base64url. */
  readonly secret: () => string;
}

/** Of what only fails when others keep changing the same browser. */
const TRIES = 20;

export interface Bound {
  /** What the browser is known by from now on, when it is new. */
  readonly cookie?: string | undefined;
  /** What another user has open in it: the person is asked before it ends. */
  readonly open?: readonly Held<Session>[] | undefined;
}

export class Browsers {
  readonly #ports: BrowserPorts;

  constructor(ports: BrowserPorts) {
    this.#ports = ports;
  }

  /**
   * The session of this call, in this browser. A browser of another user, or one that nobody knows, is known by something new from now on (session
   * fixation), and what another user had open in it is over: a form and a launch ask first (SAFETY C6). Throws ERR_CALL_LINK_USED, ERR_CALL_SESSION, ERR_CALL_RECORD.
   */
  async bind(key: string, call: RedeemedCall, cookie: string | undefined): Promise<Bound> {
    const { journal, tabs } = this.#ports;
    const { reference, site, userKey } = call;
    const session: Session = { state: 'asked', reference, site, browser: '', at: '', call };
    for (let tries = 0; tries < TRIES; tries += 1) {
      const mine = cookie === undefined ? undefined : await this.resolve(cookie);
      // A page may send a browser by itself.
      const isForm = (call.kind === 'form' || call.kind === 'smart') && mine?.value && mine.value.userKey !== userKey;
      const open = isForm ? (await tabs.live(mine.value.sessions)).open : [];
      const held = { key, text: undefined };
      const bound =
        mine && open.length > 0 ? await this.#ask(held, { ...session, browser: mine.key }, open) : await this.#place(held, session, call, mine);
      if (bound) return bound;
      if ((await readSession(journal, key)).value) throw new CallRefusal('ERR_CALL_LINK_USED', reference);
    }
    throw new CallRefusal('ERR_CALL_SESSION', reference, { found: 'a browser that keeps changing' });
  }

  /** The person agreed to what was asked. Of what the other user opened since, they are asked as well. */
  async takeOver(key: string, closes: readonly string[], cookie: string): Promise<Bound> {
    const { journal, tabs } = this.#ports;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const held = await readSession(journal, key);
      const mine = await this.resolve(cookie);
      const session = held.value;
      if (session?.state !== 'asked' || !session.call || !mine.value || mine.key !== session.browser) break;
      const { open } = await tabs.live(mine.value.sessions);
      const isAgreed = open.every((one) => closes.includes(one.key));
      const bound = isAgreed ? await this.#place(held, session, session.call, mine) : await this.#ask(held, session, open);
      if (bound) return bound;
    }
    throw new CallRefusal('ERR_CALL_SESSION', '', { found: 'a browser that changed' });
  }

  async #ask(held: Pick<Held<Session>, 'key' | 'text'>, session: Session, open: Bound['open']): Promise<Bound | undefined> {
    const at = new Date(this.#ports.now()).toISOString();
    const asked: Session = { ...session, at, waits: 'confirm', closes: open?.map(({ key }) => key) ?? [], takesOver: true };
    return (await this.#ports.journal.swap([change(SESSION, held, asked)], at)) ? { open } : undefined;
  }

  async #place(
    held: Pick<Held<Session>, 'key' | 'text'>,
    session: Session,
    { userKey }: RedeemedCall,
    mine: Held<Browser> | undefined,
  ): Promise<Bound | undefined> {
    const { journal, tabs, now, secret } = this.#ports;
    const at = new Date(now()).toISOString();
    const isSame = mine?.value?.userKey === userKey;
    const fresh = secret();
    if (mine?.value && !isSame) await tabs.close(mine.value.sessions, 'another-user');
    const place: Held<Browser> = isSame ? mine : { key: keyOf(fresh), text: undefined, value: undefined };
    const { takesOver: _, ...own } = session;
    const changes = [
      change<Session>(SESSION, held, { ...own, browser: place.key, at }),
      change<Browser>(BROWSER, place, { userKey, sessions: place.value?.sessions ?? [] }),
      ...(mine?.value && !isSame ? [change<Browser>(BROWSER, mine, { userKey: mine.value.userKey, sessions: [], next: place.key })] : []),
    ];
    return (await journal.swap(changes, at)) ? { cookie: isSame ? undefined : fresh } : undefined;
  }

  /** What a cookie stands for now: another user may have taken its place meanwhile. */
  async resolve(cookie: string): Promise<Held<Browser>> {
    let held = await readBrowser(this.#ports.journal, keyOf(cookie));
    for (let hops = 0; held.value?.next && hops < TRIES; hops += 1) held = await readBrowser(this.#ports.journal, held.value.next);
    return held;
  }
}

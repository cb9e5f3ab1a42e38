/**
 * From a link to the open record (SAFETY C3, C7, C9): binds the browser, asks the record who it could be, asks the person what only a person
 * knows, gets the ticket. Each step is a note that is swapped: two tabs, two nodes or a second use of the link never both go on.
 */
import {
  CallRefusal,
  PasserelleError,
  type CallAnswer,
  type CallBrowser,
  type CallOutcome,
  type CallSessionsFace,
  type CallStep,
  type ErrorCode,
  type JournalStore,
} from '../contract/index.ts';
import { forgetSlowly } from '../retention/index.ts';
import { Browsers } from './browsers.ts';
import { conflictNote } from './conflict.ts';
import { find, type CallPolicy } from './find.ts';
import type { CalledRecord } from './record.ts';
import type { CallRoom, RedeemedCall } from './room.ts';
import { BROWSER, change, keyOf, readBrowser, readSession, SESSION, shownOf, type Browser, type Held, type Session } from './session.ts';
import { Tabs, withoutCall } from './tabs.ts';
import { asksForProof, isProofGood, type UserProof } from './user-proof.ts';

export interface HandoverPorts {
  readonly room: CallRoom;
  readonly journal: Pick<JournalStore, 'notes' | 'notesOf' | 'swap' | 'keep' | 'forget'>;
  /** Of the settings that run; undefined while there are none. */
  readonly record: () => CalledRecord | undefined;
  /** What a site decided of calls; undefined when it makes none. */
  readonly policy: (site: string) => CallPolicy | undefined;
  readonly userProof: Pick<UserProof, 'depart' | 'arrive'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 256 random bits in base64url. */
  readonly secret: () => string;
}

/** Of links that were used twice, and of users who proved to be somebody else: what alerts are computed from. */
export const REUSE = 'call-reuse';
export const OTHER_USER = 'call-other-user';
export interface Suspect {
  readonly reference: string;
  readonly site: string;
  readonly at: string;
}

/** How long a person may think about a question: what is kept for the answer is kept no longer. */
const QUESTION_MS = 10 * 60_000;
/** A tab of yesterday is no tab: what the record keeps open for longer is its own affair. */
const DAY_MS = 24 * 3600_000;
/** Open tabs of one browser; the oldest gives way. */
const MOST_TABS = 20;
/** Of what only fails when others keep changing the same browser. */
const TRIES = 20;
/** How long the record may not know that a tab is over, should it have been away. */
const SWEEP_MS = 30_000;
/** How often what is older than a day is looked for: all sessions are read for it. */
const EXPIRE_MS = 10 * 60_000;

export class Handover implements CallSessionsFace {
  readonly #ports: HandoverPorts;
  readonly #tabs: Tabs;
  readonly #browsers: Browsers;
  #timer: NodeJS.Timeout | undefined;
  #expiredAt = -Infinity;

  constructor(ports: HandoverPorts) {
    this.#ports = ports;
    this.#tabs = new Tabs(ports);
    this.#browsers = new Browsers({ ...ports, tabs: this.#tabs });
  }

  origins = (): readonly string[] => this.#ports.record()?.origins ?? [];

  redeem = (from: CallBrowser): Promise<CallAnswer> => this.#answer('', () => this.#redeem(from));

  choose = (from: CallBrowser, candidate: number | 'none'): Promise<CallAnswer> =>
    this.#answered(from, 'choose', ({ candidates = [] }) => {
      const picked = candidate === 'none' ? undefined : candidates[candidate];
      return picked && { chosen: { recordId: picked.recordId } };
    });

  confirm = (from: CallBrowser, agreed: boolean): Promise<CallAnswer> =>
    this.#answered(from, 'confirm', ({ closes = [] }) => (agreed ? { closes } : undefined));

  agree = (from: CallBrowser, agreed: boolean): Promise<CallAnswer> =>
    this.#answered(from, 'terms', async ({ call }) => {
      if (!agreed || !call) return undefined;
      await this.#ports.room.acceptTerms(call.userKey);
      return {};
    });

  authenticated = (from: CallBrowser, answer: Readonly<Record<string, string>>): Promise<CallAnswer> =>
    this.#answered(from, 'authenticate', async (session) => {
      const key = keyOf(from.code);
      try {
        return await this.#prove(key, session, answer);
      } catch (thrown) {
        // Brought back twice, it is taken once: the first goes on.
        if (PasserelleError.from(thrown).code !== 'ERR_CALL_REPLAYED') await this.#over(key);
        throw thrown;
      }
    });

  /** Who Pro Santé Connect says is there must be the user of the call. Throws ERR_CALL_OTHER_USER, and what UserProof.arrive throws. */
  async #prove(key: string, { call, reference, site }: Session, answer: Readonly<Record<string, string>>): Promise<Partial<Session> | undefined> {
    const policy = this.#ports.policy(site)?.proSanteConnect;
    if (!policy) throw new PasserelleError('ERR_CALL_FORBIDDEN', { found: 'a site that asks for Pro Santé Connect no more' });
    const { rpps, time } = await this.#ports.userProof.arrive(key, answer, policy);
    if (!call) return undefined;
    const { user } = call.context;
    if (rpps === undefined || rpps !== user.rpps) {
      const suspect: Suspect = { reference, site, at: this.#at };
      await this.#ports.journal.keep([{ kind: OTHER_USER, key, value: JSON.stringify(suspect) }], this.#at);
      throw new PasserelleError('ERR_CALL_OTHER_USER', { found: rpps === undefined ? 'nobody with an RPPS number' : 'another RPPS number' });
    }
    if (!isProofGood(policy, time, this.#ports.now()))
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: `an authentication of the last ${policy.trustedFor}`, found: 'another time' });
    const context = { ...call.context, user: { ...user, authentication: { method: 'pro-sante-connect' as const, time } } };
    return { proven: true, call: { ...call, context } };
  }

  /** Sweeps every now and then, while a record is called. */
  watch(isOn: boolean): void {
    clearInterval(this.#timer);
    this.#timer = isOn ? setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS).unref() : undefined;
  }

  /** Ends and forgets what has had its time, and tells the record what it was not told yet. */
  async sweep(): Promise<void> {
    const now = this.#ports.now();
    if (now - this.#expiredAt >= EXPIRE_MS) {
      this.#expiredAt = now;
      const before = new Date(now - DAY_MS).toISOString();
      const unanswered = await this.#tabs.expire(before, new Date(now - QUESTION_MS).toISOString());
      for (const reference of unanswered) await this.#note(reference, { what: 'no answer' }, 'abandoned');
      for (const kind of [SESSION, REUSE, OTHER_USER]) await forgetSlowly(this.#ports.journal, kind, before);
      // Last: as long as something may be open in a browser, somebody else's call in it ends that.
      await forgetSlowly(this.#ports.journal, BROWSER, new Date(now - DAY_MS - 2 * EXPIRE_MS).toISOString());
    }
    await this.#tabs.tellAll();
  }

  async #redeem({ code, browser, address }: CallBrowser): Promise<CallAnswer> {
    const key = keyOf(code);
    let call: RedeemedCall;
    try {
      call = await this.#ports.room.redeem(code, address);
    } catch (thrown) {
      if (!(thrown instanceof CallRefusal && thrown.code === 'ERR_CALL_LINK_USED')) throw thrown;
      // The room has noted it: once is enough.
      await this.#usedTwice(key, thrown.reference);
      return { step: { reference: thrown.reference, outcome: 'refused', code: thrown.code } };
    }
    return this.#answer(call.reference, async () => {
      const { cookie, open } = await this.#browsers.bind(key, call, browser);
      if (open) return { step: await this.#asksToEnd(call, open) };
      const { step } = await this.#answer(call.reference, async () => ({ step: await this.#go(key) }));
      return { step, ...(cookie !== undefined && { browser: cookie }) };
    });
  }

  /** SAFETY C3: what the first use began is over, and somebody is told. */
  async #usedTwice(key: string, reference: string): Promise<void> {
    const ending = await this.#tabs.end(key, 'link-reused', reference);
    const { value } = await readSession(this.#ports.journal, key);
    const at = this.#at;
    const reuse: Suspect = { reference, site: value?.site ?? '', at };
    await this.#ports.journal.keep([{ kind: REUSE, key, value: JSON.stringify(reuse) }], at);
    // Told now or by the next sweep: it is over here already.
    if (ending) await this.#tabs.tell(ending).catch(() => undefined);
  }

  /** SAFETY C6: a page of another user posted a form, by itself for all we know. */
  async #asksToEnd({ reference, context }: RedeemedCall, open: readonly Held<Session>[]): Promise<CallStep> {
    await this.#note(reference, { what: 'confirm: asked' });
    return { reference, outcome: 'confirm', otherUser: true, patient: shownOf(context.patient), open: open.map(({ value }) => value?.shown ?? {}) };
  }

  /** A person answered the question that this tab asked, in the browser that it is bound to. */
  async #answered(
    { code, browser }: CallBrowser,
    waits: NonNullable<Session['waits']>,
    take: (session: Session) => Partial<Session> | undefined | Promise<Partial<Session> | undefined>,
  ): Promise<CallAnswer> {
    const key = keyOf(code);
    const held = await readSession(this.#ports.journal, key);
    const session = held.value;
    return this.#answer(session?.reference ?? '', async () => {
      const mine = browser === undefined ? undefined : await this.#browsers.resolve(browser);
      const isOurs = session?.state === 'asked' && session.waits === waits && mine?.value && mine.key === session.browser;
      if (!isOurs || this.#ports.now() - Date.parse(session.at) > QUESTION_MS) throw new PasserelleError('ERR_CALL_SESSION');
      const { reference } = session;
      const taken = await take(session);
      const { waits: _, candidates: __, closes: ___, chosen, ...same } = session;
      // That there was no record was so before the person was asked: it is looked for again before one is made.
      const rest = { ...same, ...(chosen && 'recordId' in chosen && { chosen }) };
      const next: Session = taken ? { ...rest, ...taken, at: this.#at } : { ...withoutCall(session), state: 'abandoned', at: this.#at };
      if (!(await this.#ports.journal.swap([change(SESSION, held, next)], this.#at))) throw new PasserelleError('ERR_CALL_SESSION');
      await this.#note(reference, { what: `${waits}: ${taken ? 'yes' : 'no'}` }, taken ? undefined : 'abandoned');
      if (!taken) return { step: { reference, outcome: 'abandoned' } };
      let cookie: string | undefined;
      const takeOver = async (): Promise<CallStep | undefined> => {
        const bound = await this.#browsers.takeOver(key, next.closes ?? [], browser ?? '');
        cookie = bound.cookie;
        return bound.open && session.call && this.#asksToEnd(session.call, bound.open);
      };
      const step = await this.#go(key, session.takesOver ? takeOver : undefined);
      return { step, ...(cookie !== undefined && { browser: cookie }) };
    });
  }

  /** A call that cannot go on is over: nobody it was about is kept, and it does not stand in the way of the next one. */
  async #go(key: string, before?: () => Promise<CallStep | undefined>): Promise<CallStep> {
    try {
      return (await before?.()) ?? (await this.#proceed(key));
    } catch (thrown) {
      await this.#over(key);
      throw thrown;
    }
  }

  async #over(key: string): Promise<void> {
    const held = await readSession(this.#ports.journal, key);
    if (held.value?.state === 'asked' || held.value?.state === 'opening')
      await this.#ports.journal.swap([change<Session>(SESSION, held, { ...withoutCall(held.value), state: 'refused', at: this.#at })], this.#at);
  }

  /** As far as it goes without a person. */
  async #proceed(key: string): Promise<CallStep> {
    const { journal, room } = this.#ports;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const held = await readSession(journal, key);
      const session = held.value;
      if (session?.state !== 'asked' || !session.call)
        throw new PasserelleError(session?.state === 'ended' ? 'ERR_CALL_LINK_USED' : 'ERR_CALL_SESSION');
      const { call, reference } = session;
      const record = this.#record();
      const ask = (waits: NonNullable<Session['waits']>, more: Partial<Session> = {}): Promise<boolean> =>
        journal.swap([change<Session>(SESSION, held, { ...session, ...more, waits, at: this.#at })], this.#at);
      const patient = shownOf(call.context.patient);
      const policy = this.#ports.policy(call.site);
      if (!policy) throw new PasserelleError('ERR_CALL_FORBIDDEN', { found: 'a site that makes no calls any more' });
      const creates = session.chosen !== undefined && 'create' in session.chosen;
      if (!session.proven && policy.proSanteConnect && asksForProof(policy.proSanteConnect, call.context, creates)) {
        if (call.context.user.rpps === undefined)
          throw new PasserelleError('ERR_CALL_FORBIDDEN', { expected: 'an RPPS number, at a site that asks for Pro Santé Connect' });
        const url = await this.#ports.userProof.depart(key, policy.proSanteConnect);
        if (!(await ask('authenticate'))) continue;
        await this.#note(reference, { what: 'authenticate: asked' });
        return { reference, outcome: 'authenticate', url };
      }

      if (record.terms.length > 0 && (await room.termsAccepted(call.userKey)) === undefined) {
        if (await ask('terms')) return { reference, outcome: 'terms', terms: record.terms };
        continue;
      }
      if (!session.chosen) {
        const known = await this.#tabs.live((await readBrowser(journal, session.browser)).value?.sessions ?? []);
        const tabs = known.open.flatMap(({ value }) => value?.contextId ?? []);
        const found = await find(call, record, policy, this.#asking(call), tabs, (what) => this.#note(reference, { what }));
        await this.#tabs.forget(known.open.filter(({ value }) => found.closed.includes(value?.contextId ?? '')));
        if ('conflict' in found) {
          await journal.keep([conflictNote(call, found.conflict.candidates, this.#at)], this.#at);
          throw new PasserelleError('ERR_CALL_IDENTITY', { found: found.conflict.found });
        }
        if ('chosen' in found) {
          const { chosen } = found;
          await journal.swap([change<Session>(SESSION, held, { ...session, chosen, at: this.#at })], this.#at);
          continue;
        }
        if (!(await ask('choose', { candidates: found.between }))) continue;
        await this.#note(reference, { what: 'choose: asked' });
        return { reference, outcome: 'choose', patient, candidates: found.between.map(({ shown }) => shown) };
      }
      // A person may have thought for minutes: who was stopped meanwhile opens nothing.
      const stopped = room.stopped(call);
      if (stopped) throw new PasserelleError('ERR_CALL_FORBIDDEN', { found: stopped });
      const browser = await readBrowser(journal, session.browser);
      if (!browser.value || browser.value.next) throw new PasserelleError('ERR_CALL_SESSION', { found: 'a browser that another user took over' });
      const { open, owed } = await this.#tabs.live(browser.value.sessions);
      const others = open.filter(({ value }) => !sameRecord(value, session.chosen));
      const unasked = others.filter((other) => !session.closes?.includes(other.key));
      if (unasked.length > 0) {
        if (!(await ask('confirm', { closes: others.map((other) => other.key) }))) continue;
        await this.#note(reference, { what: 'confirm: asked' });
        return { reference, outcome: 'confirm', patient, open: unasked.map(({ value }) => value?.shown ?? {}) };
      }
      await this.#tabs.close([...others.map((other) => other.key), ...owed], 'another-patient');
      const kept = open.filter((one) => !others.includes(one)).map((one) => one.key);
      await this.#tabs.close(kept.splice(0, Math.max(0, kept.length - MOST_TABS + 1)), 'expired');
      const opening: Session = { ...session, state: 'opening', contextId: this.#ports.secret(), shown: patient, ...session.chosen, at: this.#at };
      // The tab takes its place in the browser before its ticket is asked for: another one that opens now sees it.
      const place = change<Browser>(BROWSER, browser, { userKey: call.userKey, sessions: [...kept, key] });
      if (await journal.swap([change(SESSION, held, opening), place], this.#at)) return this.#open(key, opening, call, record);
    }
    throw new PasserelleError('ERR_CALL_SESSION', { found: 'a session that keeps changing' });
  }

  async #open(key: string, opening: Session, call: RedeemedCall, record: CalledRecord): Promise<CallStep> {
    const { journal } = this.#ports;
    const { reference, site, contextId = '', chosen } = opening;
    const ending = { contextId, reason: 'expired', site, reference } as const;
    let ticket: Awaited<ReturnType<CalledRecord['ticket']>>;
    try {
      ticket = await record.ticket({ ...call.context, contextId, ...(chosen && { choice: chosen }) }, this.#asking(call));
    } catch (thrown) {
      // Whether there is a ticket, nobody knows: should there be one, it opens nothing.
      await this.#tabs.owe(ending);
      if (PasserelleError.from(thrown).code === 'ERR_CALL_IDENTITY') await journal.keep([conflictNote(call, [], this.#at)], this.#at);
      if ((await readSession(journal, key)).value?.state === 'ended') throw new PasserelleError('ERR_CALL_LINK_USED', { cause: thrown });
      throw thrown;
    }
    const held = await readSession(journal, key);
    const open: Session = { ...withoutCall(opening), state: 'open', recordId: ticket.recordId, shown: shownOf(call.context.patient), at: this.#at };
    const isMine = held.value?.state === 'opening' && held.value.contextId === contextId;
    if (!isMine || !(await journal.swap([change(SESSION, held, open)], this.#at))) {
      await this.#tabs.owe({ ...ending, reason: 'link-reused' });
      throw new PasserelleError('ERR_CALL_LINK_USED');
    }
    await this.#note(reference, { what: ticket.created ? 'record made' : 'record opened' }, ticket.created ? 'created' : 'opened');
    return { reference, outcome: 'open', url: ticket.url, fields: ticket.fields };
  }

  /** A refusal ends the session, is kept in the ledger, and is what the page says. */
  async #answer(reference: string, work: () => Promise<CallAnswer>): Promise<CallAnswer> {
    try {
      return await work();
    } catch (thrown) {
      const { code } = PasserelleError.from(thrown);
      const about = thrown instanceof CallRefusal && thrown.reference ? thrown.reference : reference;
      if (about) await this.#note(about, { what: 'not opened', code }, code === 'ERR_CALL_LINK_USED' ? undefined : 'refused');
      return { step: { reference: about, outcome: 'refused', code } };
    }
  }

  #record(): CalledRecord {
    const record = this.#ports.record();
    if (!record) throw new PasserelleError('ERR_CALL_RECORD', { found: 'no record in the settings' });
    return record;
  }

  #asking({ site, connector, connectorVersion, reference }: RedeemedCall): Parameters<CalledRecord['ticket']>[1] {
    return { site, connector, connectorVersion, seed: keyOf(`${reference} ${this.#ports.secret()}`) };
  }

  /** The ledger tells; it stops nobody. */
  async #note(reference: string, step: { readonly what: string; readonly code?: ErrorCode }, outcome?: CallOutcome): Promise<void> {
    await this.#ports.room.note(reference, step, outcome).catch(() => undefined);
  }

  get #at(): string {
    return new Date(this.#ports.now()).toISOString();
  }
}

const sameRecord = (session: Session | undefined, chosen: Session['chosen']): boolean =>
  session?.recordId !== undefined && chosen !== undefined && 'recordId' in chosen && session.recordId === chosen.recordId;

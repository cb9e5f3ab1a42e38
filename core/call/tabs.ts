/**
 * Tabs that are open in browsers, and their end (SAFETY C3, C7). An end is written first, then told to the record until it took it: a crash between
 * the two leaves an end that is told later, never a tab that goes on.
 */
import { PasserelleError, type JournalStore, type NoteChange } from '../contract/index.ts';
import type { EndedContext } from '../model/index.ts';
import type { CalledRecord } from './record.ts';
import { change, ENDING, keyOf, readSession, readSessions, SESSION, type Ending, type Held, type Session } from './session.ts';

export interface TabPorts {
  readonly journal: Pick<JournalStore, 'notes' | 'notesOf' | 'swap' | 'keep'>;
  readonly record: () => CalledRecord | undefined;
  readonly now: () => number;
  /** 256 random bits in base64url. */
  readonly secret: () => string;
}

const PAGE = 500;
const TRIES = 20;

export class Tabs {
  readonly #ports: TabPorts;
  #isTelling = false;

  constructor(ports: TabPorts) {
    this.#ports = ports;
  }

  get #at(): string {
    return new Date(this.#ports.now()).toISOString();
  }

  /** Ends what a call began, whatever it is at; of a call that nobody knows yet, the end is there before it. Does not tell the record. */
  async end(key: string, reason: EndedContext['reason'], reference: string): Promise<Ending | undefined> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const held = await readSession(this.#ports.journal, key);
      const { value } = held;
      if (value?.state === 'ended') return this.#owed(value);
      const at = this.#at;
      const ended: Session = value ? { ...withoutCall(value), state: 'ended', at } : { state: 'ended', reference, site: '', browser: '', at };
      const ending =
        value && isLive(value) && value.contextId ? { contextId: value.contextId, reason, site: value.site, reference: value.reference } : undefined;
      if (await this.#ports.journal.swap([change(SESSION, held, ended), ...(ending ? [endingNote(ending)] : [])], at)) return ending;
    }
    throw new PasserelleError('ERR_CALL_RECORD', { found: 'a session that keeps changing' });
  }

  /** Ends them all, and returns once the record knows. Throws ERR_CALL_RECORD when it cannot be told: they are over here, and told later. */
  async close(keys: readonly string[], reason: EndedContext['reason']): Promise<void> {
    for (const key of keys) {
      const ending = await this.end(key, reason, '');
      if (ending) await this.tell(ending);
    }
  }

  /**
   * Ends what is still open of calls that last changed before this: it is told to the record before it is forgotten here. `asked`: the same of those that wait for
   * a person, who may not answer any more, or for a ticket that no node asks for any more (SAFETY D11). Answers the references of calls that nobody answered.
   */
  async expire(before: string, asked: string): Promise<readonly string[]> {
    const old: string[] = [];
    const waiting: Held<Session>[] = [];
    for (let after: string | undefined; ;) {
      const { items, next } = await this.#ports.journal.notesOf(SESSION, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { key, value, changedAt } of items) {
        const session = JSON.parse(value) as Session;
        if (isLive(session) && changedAt < (session.state === 'opening' ? asked : before)) old.push(key);
        if (session.state === 'asked' && changedAt < asked) waiting.push({ key, text: value, value: session });
      }
      if (next === undefined) break;
      after = next;
    }
    for (const key of old) await this.end(key, 'expired', '');
    const unanswered: string[] = [];
    for (const held of waiting) {
      const over: Session = { ...withoutCall(held.value!), state: 'abandoned', at: this.#at };
      if (await this.#ports.journal.swap([change(SESSION, held, over)], over.at)) unanswered.push(over.reference);
    }
    return unanswered;
  }

  /** The person closed them, and the record knows. */
  async forget(closed: readonly Held<Session>[]): Promise<void> {
    for (const held of closed) {
      if (!held.value) continue;
      const ended: Session = { ...withoutCall(held.value), state: 'ended', at: this.#at };
      await this.#ports.journal.swap([change(SESSION, held, ended)], this.#at);
    }
  }

  async tell({ contextId, reason, site }: Ending): Promise<void> {
    const record = this.#ports.record();
    if (!record) throw new PasserelleError('ERR_CALL_RECORD', { found: 'no record in the settings' });
    const seed = keyOf(`${contextId} ${this.#ports.secret()}`);
    await record.end({ contextIds: [contextId], reason }, { site, connector: 'passerelle', connectorVersion: '0.0.0', seed });
    await this.#ports.journal.keep([{ kind: ENDING, key: keyOf(contextId), value: '' }], this.#at);
  }

  /** An end of a tab that may never have been one: its ticket was asked for and no answer came. */
  async owe(ending: Ending): Promise<void> {
    await this.#ports.journal.keep([endingNote(ending)], this.#at);
    await this.tell(ending).catch(() => undefined);
  }

  /** Tells what could not be told, all of it: an end that the record never takes keeps no other one from it. A round that lasts is not begun twice. */
  async tellAll(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      const endings: Ending[] = [];
      for (let after: string | undefined; ;) {
        const { items, next } = await this.#ports.journal.notesOf(ENDING, { limit: PAGE, ...(after !== undefined && { after }) });
        endings.push(...items.map(({ value }) => JSON.parse(value) as Ending));
        if (next === undefined) break;
        after = next;
      }
      for (const ending of endings) await this.tell(ending).catch(() => undefined);
    } finally {
      this.#isTelling = false;
    }
  }

  /** What is live of these, each with its note; `owed`: over, and the record was not told. */
  async live(keys: readonly string[]): Promise<{ readonly open: readonly Held<Session>[]; readonly owed: readonly string[] }> {
    const held = await readSessions(this.#ports.journal, keys);
    const open = held.filter(({ value }) => value && isLive(value));
    const owed: string[] = [];
    for (const { key, value } of held) if (value?.state === 'ended' && (await this.#owed(value))) owed.push(key);
    return { open, owed };
  }

  async #owed({ contextId }: Session): Promise<Ending | undefined> {
    if (!contextId) return undefined;
    const [text] = await this.#ports.journal.notes(ENDING, [keyOf(contextId)]);
    return text ? (JSON.parse(text) as Ending) : undefined;
  }
}

const isLive = ({ state }: Session): boolean => state === 'opening' || state === 'open';

const endingNote = (ending: Ending): NoteChange => ({ kind: ENDING, key: keyOf(ending.contextId), value: JSON.stringify(ending) });

/** Over: who it was about is not kept. */
export function withoutCall(session: Session): Session {
  const { state, reference, site, browser, at, chosen, contextId, recordId } = session;
  return { state, reference, site, browser, at, ...(chosen && { chosen }), ...(contextId && { contextId }), ...(recordId && { recordId }) };
}

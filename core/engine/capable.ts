/**
 * Hold until capable (MISSION M16). A destination that its settings say lacks something is told in the form of before; when a person declares it
 * ready, everybody it was not told of in full is told as an update of what is known then, oldest first, at a rate. What is done is in the
 * journal: a restart goes on.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  PasserelleError,
  type JournalStore,
  type Note,
  type ReadyOrder,
  type RoutedEvent,
  type SenderSettings,
  type WithheldView,
} from '../contract/index.ts';
import { PERSON, joinedOf, noteOf, patientTold, personOf, readPerson, withholding, withoutWithheld, type Withheld } from '../identity/index.ts';
import { messageId } from '../journal/index.ts';
import type { Knowledge } from '../knowledge/index.ts';
import type { FreshDelivery } from '../lanes/index.ts';
import type { Capability } from '../model/index.ts';
import type { OutboundEndpoint } from '../settings/index.ts';
import { updateOf } from './release-event.ts';

const KIND = 'capability';
/** Of one reading of persons. */
const PAGE = 500;
/** The journal was away: tried again after this. */
const AGAIN_MS = 5000;
const MINUTE_MS = 60_000;
/** Lane of the messages by which the engine itself speaks: no endpoint has such a name. */
const OWN_LANE = 'passerelle.release';

/** A person of whom something was kept. */
type Kept = Withheld & { readonly key: string; readonly isAbsorbed: boolean };

interface Dropped {
  readonly lane: string;
  readonly capability: Capability;
  /** Values that lose nothing. */
  readonly expected: 'false' | 'true, false';
  readonly patients: number;
}

interface Declaration {
  readonly lane: string;
  readonly capability: Capability;
  /** `stopped`: not ready after all. */
  readonly state: 'releasing' | 'ready' | 'stopped';
  readonly perMinute?: number;
  readonly who: string;
  readonly why: string;
  readonly at: string;
}

export interface CapableParts {
  readonly journal: Pick<JournalStore, 'tag' | 'keep' | 'notesOf' | 'reserve' | 'admit'>;
  readonly knowledge: Pick<Knowledge, 'change'>;
  /** What the settings say, by delivery lane; a lane that says nothing is capable of everything, and nothing was ever kept for it. */
  readonly lanes: ReadonlyMap<string, Readonly<Partial<Record<Capability, boolean>>>>;
  readonly sendersOf: (domain: string) => readonly SenderSettings[];
  readonly now: () => Date;
  readonly queued: (deliveries: readonly FreshDelivery[]) => void;
  readonly log: (what: string, fields: Readonly<Record<string, string | number>>) => void;
}

const keyOf = (lane: string, capability: Capability): string => Buffer.from(`${capability} ${lane}`).toString('hex');

export class Capable {
  readonly #parts: CapableParts;
  readonly #declared = new Map<string, Declaration>();
  readonly #running = new Map<string, Promise<void>>();
  /** What is being counted: a release begins once all that was written in the form of before is. */
  readonly #counting = new Set<Promise<unknown>>();
  /** The wait of a release between two updates: what a person declares meanwhile ends it. */
  readonly #pauses = new Map<string, AbortController>();
  readonly #stop = new AbortController();

  constructor(parts: CapableParts) {
    this.#parts = parts;
  }

  lacking(lane: string): readonly Capability[] {
    const said = Object.entries(this.#parts.lanes.get(lane) ?? {}) as [Capability, boolean][];
    return said.filter(([capability, isCapable]) => !isCapable && !this.#isReady(lane, capability)).map(([capability]) => capability);
  }

  /**
   * What the receiver lacks as this event is written for it. What it is not told for that is kept with the patient in the same turn: neither a release
   * nor its end can come between.
   */
  async leaving(lane: string, event: RoutedEvent['event']): Promise<readonly Capability[]> {
    const { lanes, knowledge, journal, sendersOf, now } = this.#parts;
    const key = event['subject'];
    if (!lanes.has(lane) || typeof key !== 'string' || !patientTold(event)) return this.lacking(lane);
    const at = now().toISOString();
    const counting = knowledge.change(
      [{ kind: PERSON, key }],
      (known) => {
        const lacking = this.lacking(lane);
        const person = personOf(known, key);
        const next = person && withholding(person, joinedOf(person, sendersOf(person.domain)), { event, lane, lacking, now: at });
        return { notes: next && next !== person ? [noteOf(key, next)] : [], result: lacking };
      },
      async (notes) => (notes.length > 0 ? journal.keep(notes, at) : undefined),
    );
    this.#counting.add(counting);
    return counting.finally(() => this.#counting.delete(counting));
  }

  /** An undone merge: a destination that is ready was told of the survivor, not of this number. */
  async restored(key: string): Promise<void> {
    const ready = [...this.#declared.values()].filter(({ lane, state }) => state !== 'stopped' && this.#parts.lanes.has(lane));
    for (const declared of ready) await this.#tell(key, declared);
  }

  /** Reads what people declared; goes on with what a stop interrupted. */
  async start(): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await this.#parts.journal.notesOf(KIND, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { value } of page.items) this.#take(JSON.parse(value) as Declaration);
      after = page.next;
      if (after === undefined) return;
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
  }

  /** What would be told: one update a patient, whatever number of messages it stands for. Throws ERR_NOT_FOUND. */
  async preview(lane: string, capability: Capability): Promise<WithheldView> {
    const declaration = this.#declaration(lane, capability);
    const kept = await this.#kept(lane);
    const messages = kept.reduce((sum, { count }) => sum + count, 0);
    const state = declaration?.state ?? (this.lacking(lane).includes(capability) ? 'withholding' : 'ready');
    return {
      lane,
      capability,
      state: state === 'stopped' ? 'withholding' : state,
      patients: kept.length,
      messages,
      superseded: messages - kept.length,
      ...(kept[0] && { oldest: kept[0].since }),
      ...(declaration?.perMinute !== undefined && { perMinute: declaration.perMinute }),
    };
  }

  /**
   * Where these settings would end by themselves a withholding, a release, or what is kept for an undo of a merge: nobody would ever be told of it. `expected`:
   * what they may say; once a release began, the capability is only not to be left out.
   */
  async dropped(endpoints: readonly Pick<OutboundEndpoint, 'name' | 'capabilities'>[]): Promise<readonly Dropped[]> {
    const asked = [...this.#parts.lanes].flatMap(([lane, said]) =>
      (Object.keys(said) as Capability[]).map((capability): Omit<Dropped, 'patients'> => {
        const expected = this.lacking(lane).includes(capability) ? 'false' : 'true, false';
        return { lane, capability, expected };
      }),
    );
    const ended = asked.filter(({ lane, capability, expected }) =>
      endpoints.some(({ name, capabilities }) => name === lane && !expected.split(', ').includes(String(capabilities?.[capability]))),
    );
    const counted = await Promise.all(
      ended.map(async (one) => {
        const declared = this.#declared.get(keyOf(one.lane, one.capability));
        // Queued already, or told before: unless an undo brings it back.
        const isLeft = ({ told, isAbsorbed }: Kept): boolean =>
          isAbsorbed || one.expected === 'false' || (declared?.state === 'releasing' && told !== declared.at);
        return { ...one, patients: (await this.#kept(one.lane, true)).filter(isLeft).length };
      }),
    );
    return counted.filter(({ patients }) => patients > 0);
  }

  /** Ready, or not after all; says what is left to be told. Throws ERR_NOT_FOUND, ERR_TRANSITION when it is not being released. */
  async declare({ lane, capability, verb, perMinute, who, why }: ReadyOrder): Promise<WithheldView> {
    const before = this.#declaration(lane, capability);
    if (verb === 'not-ready' && (before?.state ?? 'stopped') === 'stopped')
      throw new PasserelleError('ERR_TRANSITION', { expected: 'a receiver that was declared ready', found: 'one that was not' });
    const { now, journal } = this.#parts;
    const at = now().toISOString();
    const state = verb === 'ready' ? 'releasing' : 'stopped';
    const declaration: Declaration = { lane, capability, state, who, why, at, ...(verb === 'ready' && perMinute !== undefined && { perMinute }) };
    await journal.keep([noteOfDeclaration(declaration)], at);
    const view = await this.preview(lane, capability);
    this.#take(declaration);
    return {
      ...view,
      state: state === 'stopped' ? 'withholding' : 'releasing',
      ...(declaration.perMinute !== undefined && { perMinute: declaration.perMinute }),
    };
  }

  #take(declaration: Declaration): void {
    const key = keyOf(declaration.lane, declaration.capability);
    this.#declared.set(key, declaration);
    this.#pauses.get(key)?.abort();
    if (declaration.state !== 'releasing' || this.#running.has(key) || !this.#parts.lanes.has(declaration.lane)) return;
    this.#running.set(
      key,
      this.#release(key, declaration).finally(() => {
        this.#running.delete(key);
        // Stopped and declared ready again before this one had ended.
        const now = this.#declared.get(key);
        if (now && !this.#stop.signal.aborted) this.#take(now);
      }),
    );
  }

  #declaration(lane: string, capability: Capability): Declaration | undefined {
    if (this.#parts.lanes.get(lane)?.[capability] === undefined)
      throw new PasserelleError('ERR_NOT_FOUND', { expected: `a delivery lane whose settings say capabilities.${capability}`, found: lane });
    return this.#declared.get(keyOf(lane, capability));
  }

  #isReady(lane: string, capability: Capability): boolean {
    const state = this.#declared.get(keyOf(lane, capability))?.state;
    return state === 'ready' || state === 'releasing';
  }

  /** Never rejects. */
  async #release(key: string, { lane, capability }: Declaration): Promise<void> {
    const { log, now, journal } = this.#parts;
    const current = (): Declaration | undefined => (this.#stop.signal.aborted ? undefined : this.#declared.get(key));
    const pause = (ms: number): Promise<unknown> => {
      const own = new AbortController();
      this.#pauses.set(key, own);
      return wait(ms, undefined, { signal: AbortSignal.any([this.#stop.signal, own.signal]), ref: false }).catch(() => undefined);
    };
    while (current()?.state === 'releasing') {
      try {
        await Promise.allSettled(this.#counting);
        // Until nobody is found: whoever changes while the pages are read moves from one to another.
        for (let left = await this.#untold(lane, current()); left.length > 0; left = await this.#untold(lane, current()))
          for (const { key: person } of left) {
            const declared = current();
            if (declared?.state !== 'releasing') return;
            const isTold = await this.#tell(person, declared);
            const { perMinute } = current() ?? {};
            if (isTold && perMinute !== undefined) await pause(MINUTE_MS / perMinute);
          }
        const last = current();
        if (last?.state !== 'releasing') return;
        const at = now().toISOString();
        const done: Declaration = { ...last, state: 'ready', at };
        await journal.keep([noteOfDeclaration(done)], at);
        this.#declared.set(key, done);
        log('a destination is ready', { lane, capability });
      } catch (thrown) {
        log('release waits', { lane, capability, code: PasserelleError.from(thrown).code });
        await pause(AGAIN_MS);
      }
    }
  }

  /** Those of them whose update was not queued by this declaration. */
  async #untold(lane: string, declared: Declaration | undefined): Promise<readonly Kept[]> {
    return declared?.state === 'releasing' ? (await this.#kept(lane)).filter(({ told }) => told !== declared.at) : [];
  }

  /** Those of whom something was kept for the lane, the first one first. Of an absorbed number its survivor is told; it is kept for an undo. */
  async #kept(lane: string, withAbsorbed = false): Promise<readonly Kept[]> {
    const found: Kept[] = [];
    for (let after: string | undefined; ;) {
      const page = await this.#parts.journal.notesOf(PERSON, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { key, value } of page.items) {
        const person = value.includes('"withheld":{') ? readPerson(key, value) : undefined;
        const isAbsorbed = person?.into !== undefined;
        const entry = isAbsorbed && !withAbsorbed ? undefined : person?.withheld?.[lane];
        if (entry) found.push({ ...entry, key, isAbsorbed });
      }
      after = page.next;
      if (after === undefined) return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
    }
  }

  /** One commit: the update, its delivery, and that it was queued. What is kept of this person is over when the update is written in full. */
  async #tell(key: string, { lane, capability, at: declared }: Declaration): Promise<boolean> {
    const { knowledge, journal, now, queued, sendersOf } = this.#parts;
    const at = now().toISOString();
    const [id = 0] = await journal.reserve(1);
    let made: RoutedEvent | undefined;
    return knowledge.change(
      [{ kind: PERSON, key }],
      (known) => {
        const person = personOf(known, key);
        const entry = person?.withheld?.[lane];
        if (!person || !entry || person.into || entry.told === declared) return { notes: [], result: false };
        made = updateOf(person, entry, { key, lane, capability, at, message: messageId(journal.tag, id), senders: sendersOf(person.domain) });
        const queued: Withheld = { ...entry, told: declared };
        const next = made ? { ...person, withheld: { ...person.withheld, [lane]: queued } } : withoutWithheld(person, lane);
        return { notes: [noteOf(key, next)], result: made !== undefined };
      },
      async (notes) => {
        if (made) queued(await this.#admit(id, made, notes, at));
        else if (notes.length > 0) await journal.keep(notes, at);
      },
    );
  }

  /** A message of the engine itself: what it says is in its event, what it is in its bytes. */
  async #admit(message: number, event: RoutedEvent, notes: readonly Note[], at: string): Promise<readonly FreshDelivery[]> {
    const { journal } = this.#parts;
    const site = String(event.event['site']);
    const raw = Buffer.from(JSON.stringify({ release: event.destinations.map(({ lane }) => lane), event: event.event.id }));
    const from = { lane: OWN_LANE, site, connector: 'passerelle', connectorVersion: '-', format: 'json', receivedAt: at, peer: 'passerelle' };
    const decision = {
      message,
      run: 1,
      state: 'decoded',
      decidedAt: at,
      decision: 'accept',
      warnings: [],
      parts: [],
      events: [event],
      terms: event.keys,
      notes,
    } as const;
    const [result] = await journal.admit([{ message: { ...from, fingerprint: event.event.id, type: 'release', raw }, decision }]);
    if (!result?.deliveries) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'an update that was not stored' });
    return result.deliveries.map((item) => ({ item, format: 'json', event: event.event, parts: [], queuedAt: at }));
  }
}

const noteOfDeclaration = (declaration: Declaration): Note => ({
  kind: KIND,
  key: keyOf(declaration.lane, declaration.capability),
  value: JSON.stringify(declaration),
});

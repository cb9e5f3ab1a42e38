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
import { PERSON, joinedOf, noteOf, personOf, readPerson, standingOf, timeOf, type Person, type Target, type Withheld } from '../identity/index.ts';
import { messageId } from '../journal/index.ts';
import type { Knowledge } from '../knowledge/index.ts';
import { eventId, type FreshDelivery } from '../lanes/index.ts';
import { dataSchemaUri, isInsOid, isReducedFor, type Capability, type Patient } from '../model/index.ts';

const KIND = 'capability';
/** Of one reading of persons. */
const PAGE = 500;
/** The journal was away: tried again after this. */
const AGAIN_MS = 5000;
const MINUTE_MS = 60_000;
/** Lane of the messages by which the engine itself speaks: no endpoint has such a name. */
const OWN_LANE = 'passerelle.release';

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
  readonly journal: JournalStore;
  readonly knowledge: Knowledge;
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

  /** Of these lanes, those that ever lacked something. */
  targets(lanes: readonly string[]): readonly Target[] {
    return lanes.filter((lane) => this.#parts.lanes.has(lane)).map((lane) => ({ lane, lacking: this.lacking(lane) }));
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
        for (const { key: person } of await this.#kept(lane)) {
          if (current()?.state !== 'releasing') return;
          const isTold = await this.#tell(person, lane, capability);
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

  /** Those of whom something was kept for the lane, the first one first. */
  async #kept(lane: string): Promise<readonly { readonly key: string; readonly count: number; readonly since: string }[]> {
    const found: { key: string; count: number; since: string }[] = [];
    for (let after: string | undefined; ;) {
      const page = await this.#parts.journal.notesOf(PERSON, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { key, value } of page.items) {
        const { count, since } = (value.includes('"withheld":{') && readPerson(value).withheld?.[lane]) || {};
        if (count !== undefined && since !== undefined) found.push({ key, count, since });
      }
      after = page.next;
      if (after === undefined) return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
    }
  }

  /** One commit: the update, its delivery, and that nothing is kept of this person any more. */
  async #tell(key: string, lane: string, capability: Capability): Promise<boolean> {
    const { knowledge, journal, now, queued, sendersOf } = this.#parts;
    const at = now().toISOString();
    const [id = 0] = await journal.reserve(1);
    let made: RoutedEvent | undefined;
    return knowledge.change(
      [{ kind: PERSON, key }],
      (known) => {
        const person = personOf(known, key);
        const entry = person?.withheld?.[lane];
        if (!person || !entry) return { notes: [], result: false };
        made = updateOf(person, entry, { key, lane, capability, at, message: messageId(journal.tag, id), senders: sendersOf(person.domain) });
        return { notes: [noteOf(key, told(person, lane))], result: made !== undefined };
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

function told(person: Person, lane: string): Person {
  const { withheld: { [lane]: _, ...left } = {}, ...rest } = person;
  return { ...rest, ...(Object.keys(left).length > 0 && { withheld: left }) };
}

interface Telling {
  readonly key: string;
  readonly lane: string;
  readonly capability: Capability;
  readonly at: string;
  readonly message: string;
  readonly senders: readonly SenderSettings[];
}

/** A31 of the person as known now, never an old message; `undefined` when there is nothing to tell any more (absorbed, or the INS was lost). */
function updateOf(person: Person, entry: Withheld, { key, lane, capability, at, message, senders }: Telling): RoutedEvent | undefined {
  const { patient: known, ins, sources } = joinedOf(person, senders);
  if (person.into || !isReducedFor([capability], known)) return undefined;
  const { domain, ipp } = person;
  const numbers: Patient = isInsOid(domain) ? { ipp: null } : { ipp, domain, ...(entry.ippAuthority && { ippAuthority: entry.ippAuthority }) };
  const said = Object.values(sources)
    .map((source) => timeOf(source.at))
    .sort()
    .at(-1);
  const type = 'dcc.identity.updated';
  const data = {
    patient: { ...numbers, ...known },
    trigger: 'A31',
    recordedAt: said || at,
    ...(ins && { originApplication: ins.sender, insStanding: standingOf(ins.sender, { senders }) }),
  };
  const event = {
    specversion: '1.0',
    id: eventId(message, 0, 1),
    source: entry.source,
    type,
    subject: key,
    time: at,
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri(type),
    site: entry.site,
    messageid: message,
    connectorversion: entry.connectorVersion,
    data,
  };
  return { event, keys: [key], kind: 'identity', destinations: [{ lane }] };
}

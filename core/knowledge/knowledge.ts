/**
 * Notes in memory, and who may use them now. A batch of messages is judged in its order, each seeing what those before it left; until its commit has
 * ended nobody else sees or changes the notes it asked for. A commit that fails leaves no trace: what it touched is read again.
 */
import { PasserelleError, type JournalStore, type Note } from '../contract/index.ts';
import { keptOf, type Case, type Judge, type Judgement, type Known, type NoteRef } from './judge.ts';

/** Patients and documents of the last minutes, a KB or two each: more would be memory of the process, not speed. Most of what is asked for is not known: to remember that costs a name. */
const REMEMBERED = 20_000;
const REMEMBERED_CHARACTERS = 4 * 1024 * 1024;
/** What is forgotten at once when there is too much: the oldest stand behind the places of all that left since the map was last laid out anew, and finding them costs as much as forgetting hundreds. */
const ROOM = 0.05;
/** In use, and passed over, at once: a patient that every batch asks for would otherwise stand before all that could be forgotten. */
const PASSED = 100;
/** A judge that asks for more of one event follows references in circles. */
const MOST_REFS = 1000;

export interface Judged {
  /** By message, then event, in their order; what all judges said of it, as one. */
  readonly judgements: readonly (readonly Judgement[])[];
  /** By message: it was judged by what an earlier one of the batch said, which the journal does not have yet. */
  readonly leans: readonly boolean[];
  /** Once, when the commit has ended: `true` when all the decisions of the batch were stored with their notes. */
  readonly release: (isStored: boolean) => void;
}

/** The notes that are stored with a message of which this was said: its place in the batch, and what was said of its events. */
export type Conclude = (message: number, judgements: readonly Judgement[]) => readonly Note[];

const stateOf = (judgements: readonly Judgement[]): 'decoded' | 'quarantined' | 'rejected' => {
  const stop = judgements.find(({ quarantine, reject }) => quarantine ?? reject);
  return stop?.quarantine ? 'quarantined' : stop ? 'rejected' : 'decoded';
};

interface Missing {
  readonly missing: readonly NoteRef[];
}

interface Change<T> {
  readonly notes: readonly Note[];
  readonly result: T;
}
type Changed<T> = Change<T> & Pick<Judged, 'release'>;

/** What a judge asks for of one event, and what it saw then: as long as that is known, it asks for the same. */
interface Asked {
  readonly refs: readonly NoteRef[];
  readonly names: readonly string[];
  readonly values: readonly (string | undefined)[];
}

const nameOf = ({ kind, key }: NoteRef): string => `${kind} ${key}`;
type Named = Pick<Asked, 'refs' | 'names'>;
const namedOf = (refs: readonly NoteRef[]): Named => ({ refs, names: refs.map(nameOf) });

export class Knowledge {
  readonly #journal: Pick<JournalStore, 'notes'>;
  readonly #judges: readonly Judge[];
  /** As committed. */
  readonly #remembered = new Map<string, string | undefined>();
  #characters = 0;
  /** In use by a batch, until that is over. */
  readonly #used = new Map<string, Promise<void>>();
  /** What each of those asked for that still read: not forgotten before they have it all, however much that is. */
  readonly #wanted = new Set<Set<string>>();
  /** Being read; what is used meanwhile is newer than what comes back. */
  readonly #reading = new Map<string, Promise<void>>();
  /** To be read at the end of this turn. */
  readonly #ahead: NoteRef[] = [];
  /** Of each event, by judge: it is asked for when it comes, and again when it is judged. */
  readonly #asked = new WeakMap<Case, readonly Asked[]>();

  readonly #committed: Known = (kind, key) => this.#remembered.get(nameOf({ kind, key }));

  constructor(journal: Pick<JournalStore, 'notes'>, judges: readonly Judge[]) {
    this.#journal = journal;
    this.#judges = judges;
  }

  /**
   * `conclude` is called once for each message, before the next one is judged; again for all of them when something has to be read meanwhile. Rejects
   * when the journal cannot be read: then nothing was judged. What a judge throws costs only its message, which waits for a person.
   */
  async judge(
    messages: readonly (readonly Case[])[],
    conclude: Conclude = (_, judgements) => keptOf(judgements, stateOf(judgements)),
  ): Promise<Judged> {
    return this.#whenRead(() => {
      const missing = messages.flatMap((cases) => cases.flatMap((one) => this.#ask(one).flatMap((asked) => this.#missing(asked))));
      const tried = missing.length > 0 ? { missing } : this.#tryJudge(messages, conclude);
      return 'missing' in tried ? tried : { made: tried };
    });
  }

  /** Has read what judging these will ask for first, as far as nobody uses it now; for all messages of one turn together. */
  readAhead(cases: readonly Case[]): void {
    const unread = cases.flatMap((one) => this.#ask(one).flatMap(({ refs, names }) => refs.filter((_, i) => this.#isUnread(names[i]!))));
    if (unread.length === 0) return;
    if (this.#ahead.length === 0)
      process.nextTick(() => {
        const all = this.#ahead.splice(0).filter((ref) => this.#isUnread(nameOf(ref)));
        this.#readAll(all).catch(() => undefined); // whoever judges asks again
      });
    this.#ahead.push(...unread);
  }

  /** Notes as they are, for who decides nothing. */
  async read(refs: readonly NoteRef[]): Promise<Known> {
    return this.#whenRead<Known>(() => {
      const missing = this.#missing(namedOf(refs));
      if (missing.length > 0) return { missing };
      const values = new Map(refs.map((ref) => [nameOf(ref), this.#remembered.get(nameOf(ref))]));
      return { made: (kind, key) => values.get(nameOf({ kind, key })) };
    });
  }

  /** Changes notes for a person: `change` sees them as they are, and what it answers is kept by `write`. `needs`: as of a judge. */
  async change<T>(
    needs: readonly NoteRef[] | ((known: Known) => readonly NoteRef[]),
    change: (known: Known) => Change<T>,
    write: (notes: readonly Note[]) => Promise<void>,
  ): Promise<T> {
    const { result, notes, release } = await this.#whenRead<Changed<T>>(() => {
      const refs = typeof needs === 'function' ? needs(this.#committed) : needs;
      const missing = this.#missing(namedOf(refs));
      if (missing.length > 0) return { missing };
      const changed = change(this.#committed);
      const release = this.#use(new Set(refs.map(nameOf)), new Map(changed.notes.map((note) => [nameOf(note), note.value || undefined])));
      return { made: { ...changed, release } };
    });
    try {
      await write(notes);
      release(true);
      return result;
    } catch (error) {
      release(false);
      throw error;
    }
  }

  /** What each judge asks for before anything of the batch is judged. */
  #ask(one: Case): readonly Asked[] {
    const before = this.#asked.get(one);
    if (before?.every(({ names, values }) => names.every((name, i) => this.#remembered.get(name) === values[i]))) return before;
    const asked = this.#judges.map((judge): Asked => {
      const named = namedOf(this.#needsOf(judge, one));
      return { ...named, values: named.names.map((name) => this.#remembered.get(name)) };
    });
    this.#asked.set(one, asked);
    return asked;
  }

  /** What a judge throws now it will throw when it judges. */
  #needsOf(judge: Judge, one: Case): readonly NoteRef[] {
    try {
      const refs = judge.needs(one, this.#committed);
      return refs.length > MOST_REFS ? [] : refs;
    } catch {
      return [];
    }
  }

  /** In one turn, or not at all: what earlier messages of the batch lead to may have to be read first. */
  #tryJudge(messages: readonly (readonly Case[])[], conclude: Conclude): Judged | Missing {
    const asked = new Set<string>();
    const changed = new Map<string, string | undefined>();
    const judgements: (readonly Judgement[])[] = [];
    const leans: boolean[] = [];
    const missing: NoteRef[] = [];
    for (const [message, cases] of messages.entries()) {
      const own = new Set<string>();
      const said = this.#judgeOne(cases, changed, own);
      // The others are still looked at, as far as that goes without it: what they lead to is read with it.
      if ('missing' in said) missing.push(...said.missing);
      if ('missing' in said || missing.length > 0) continue;
      let isLeaning = false;
      for (const name of own) {
        isLeaning ||= changed.has(name);
        asked.add(name);
      }
      leans.push(isLeaning);
      for (const note of conclude(message, said)) changed.set(nameOf(note), note.value || undefined);
      judgements.push(said);
    }
    if (missing.length > 0) return { missing };
    return { judgements, leans, release: this.#use(asked, changed) };
  }

  #judgeOne(cases: readonly Case[], changed: ReadonlyMap<string, string | undefined>, asked: Set<string>): readonly Judgement[] | Missing {
    const own = new Map<string, string | undefined>();
    try {
      const made: Judgement[] = [];
      for (const one of cases) {
        const earlier = new Set(own.keys());
        const said = this.#judgeEvent(one, own, changed, asked);
        if ('missing' in said) return said;
        const stop = said.quarantine ?? said.reject;
        // Nothing that earlier events of a message say is kept once it is stopped; what is kept of the one that stops it must not bring it back.
        const alone = stop && earlier.size > 0 ? this.#judgeEvent(one, new Map(), changed, asked) : said;
        if ('missing' in alone) return alone;
        const isSame = stop?.code === (alone.quarantine ?? alone.reject)?.code;
        const notes = isSame ? alone.notes : said.notes?.filter((note) => !earlier.has(nameOf(note)));
        made.push(alone === said ? said : { ...said, notes: notes ?? [] });
      }
      return made;
    } catch (thrown) {
      const error = PasserelleError.from(thrown);
      if (error.entry.disposition === 'transient') throw error;
      return cases.map(() => ({ quarantine: error.toData() }));
    }
  }

  /** `own`: what its message has said so far; what the event says is added. */
  #judgeEvent(
    one: Case,
    own: Map<string, string | undefined>,
    changed: ReadonlyMap<string, string | undefined>,
    asked: Set<string>,
  ): Judgement | Missing {
    const known: Known = (kind, key) => {
      const name = nameOf({ kind, key });
      if (own.has(name)) return own.get(name);
      return changed.has(name) ? changed.get(name) : this.#remembered.get(name);
    };
    const isAsBefore = (name: string): boolean => !own.has(name) && !changed.has(name);
    const asks = this.#ask(one);
    const said: Judgement[] = [];
    for (const [j, judge] of this.#judges.entries()) {
      const before = asks[j]!;
      const now = before.names.length > 0 && before.names.every(isAsBefore) ? before : namedOf(judge.needs(one, known));
      if (now.names.length > MOST_REFS) throw new RangeError('references between notes without an end');
      const missing = now === before ? [] : this.#missing(now);
      if (missing.length > 0) return { missing };
      for (const name of now.names) asked.add(name);
      const judgement = judge.judge(one, known);
      for (const note of [...(judgement.remembered ?? []), ...(judgement.notes ?? [])]) own.set(nameOf(note), note.value || undefined);
      said.push(judgement);
    }
    return together(said);
  }

  #missing({ refs, names }: Named): readonly NoteRef[] {
    return refs.filter((_, i) => !this.#remembered.has(names[i]!) || this.#used.has(names[i]!));
  }

  #use(names: ReadonlySet<string>, changed: ReadonlyMap<string, string | undefined>): (isStored: boolean) => void {
    const over = Promise.withResolvers<void>();
    for (const name of names) {
      this.#used.set(name, over.promise);
      this.#reading.delete(name);
    }
    return (isStored) => {
      for (const name of names) {
        this.#used.delete(name);
        if (!isStored) this.#forget(name);
      }
      for (const [name, value] of isStored ? changed : []) {
        this.#reading.delete(name);
        this.#remember(name, value);
      }
      over.resolve();
    };
  }

  /** Seen, changed and taken in one turn, the one in which nothing is missing: after an await somebody else may have them. */
  async #whenRead<T>(attempt: () => Missing | { readonly made: T }): Promise<T> {
    const wanted = new Set<string>();
    this.#wanted.add(wanted);
    try {
      for (;;) {
        const tried = attempt();
        if ('made' in tried) return tried.made;
        for (const ref of tried.missing) wanted.add(nameOf(ref));
        await this.#fetch(tried.missing);
      }
    } finally {
      this.#wanted.delete(wanted);
    }
  }

  #isWanted(name: string): boolean {
    for (const wanted of this.#wanted) if (wanted.has(name)) return true;
    return false;
  }

  /** Waits for who uses them, and reads those that are not known; whether that was enough is seen by trying again. */
  async #fetch(refs: readonly NoteRef[]): Promise<void> {
    await Promise.all(refs.flatMap((ref) => this.#used.get(nameOf(ref)) ?? []));
    const reading = refs.flatMap((ref) => this.#reading.get(nameOf(ref)) ?? []);
    await Promise.all([...reading, this.#readAll(refs.filter((ref) => this.#isUnread(nameOf(ref))))]);
  }

  #isUnread(name: string): boolean {
    return !this.#remembered.has(name) && !this.#used.has(name) && !this.#reading.has(name);
  }

  async #readAll(refs: readonly NoteRef[]): Promise<void> {
    await Promise.all([...Map.groupBy(refs, ({ kind }) => kind)].map(([kind, some]) => this.#read(kind, [...new Set(some.map(({ key }) => key))])));
  }

  #read(kind: string, keys: readonly string[]): Promise<void> {
    const names = keys.map((key) => nameOf({ kind, key }));
    const isLatest = (name: string): boolean => this.#reading.get(name) === reading;
    const reading = this.#journal
      .notes(kind, keys)
      .then((values) =>
        names.forEach((name, i) => {
          if (isLatest(name)) this.#remember(name, values[i]);
        }),
      )
      .finally(() => {
        for (const name of names) if (isLatest(name)) this.#reading.delete(name);
      });
    for (const name of names) this.#reading.set(name, reading);
    return reading;
  }

  #remember(name: string, value: string | undefined): void {
    this.#forget(name);
    this.#remembered.set(name, value);
    this.#characters += value?.length ?? 0;
    if (this.#remembered.size > REMEMBERED || this.#characters > REMEMBERED_CHARACTERS) this.#makeRoom();
  }

  #makeRoom(): void {
    const [size, characters] = [REMEMBERED * (1 - ROOM), REMEMBERED_CHARACTERS * (1 - ROOM)];
    let passed = 0;
    for (const [oldest, value] of this.#remembered) {
      if (this.#remembered.size <= size && this.#characters <= characters) return;
      if (!this.#used.has(oldest) && !this.#isWanted(oldest)) this.#forget(oldest);
      else if ((passed += 1) > PASSED) return;
      else {
        this.#remembered.delete(oldest);
        this.#remembered.set(oldest, value);
      }
    }
  }

  #forget(name: string): void {
    this.#characters -= this.#remembered.get(name)?.length ?? 0;
    this.#remembered.delete(name);
  }
}

/**
 * What several judges say of one event. The later judge sees the notes of the earlier one; of two reasons the first stands. When one of them stops
 * the message, nothing happened that another one could keep.
 */
function together(all: readonly Judgement[]): Judgement {
  // What the others would have kept belongs to a message that goes on; the one that stops it says what is kept of it.
  const stop = all.find(({ quarantine, reject }) => quarantine ?? reject);
  const remembered = all.flatMap((one) => one.remembered ?? []);
  if (stop) return remembered.length > 0 ? { ...stop, remembered } : stop;
  const said = all.filter((judgement) => Object.keys(judgement).length > 0);
  if (said.length <= 1) return said[0] ?? {};
  return Object.assign({}, ...said.toReversed(), {
    keys: said.flatMap(({ keys = [] }) => keys),
    warnings: said.flatMap(({ warnings = [] }) => warnings),
    notes: said.flatMap(({ notes = [] }) => notes),
    remembered,
  }) as Judgement;
}

/** A record and two establishments in memory: each message judged by the real judge over real notes, as a lane would. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { documentJudge } from '../../../core/documents/index.ts';
import { identityJudge, personOf, undoMerge } from '../../../core/identity/index.ts';
import { BlindIndex } from '../../../core/journal/index.ts';
import { keptOf, Knowledge, type Case, type Judge, type Judgement } from '../../../core/knowledge/index.ts';
import type { ClearKey, JournalStore, MessageState, Note } from '../../../core/contract/index.ts';
import { UNCONFIGURED } from '../../../core/contract/index.ts';
import type { DocumentData, Patient, Visibility } from '../../../core/model/index.ts';

export const [NORTH, SOUTH, RECORD] = ['990001018', '990001026', '990009995'];
export const index = new BlindIndex(Buffer.alloc(32));

type Told = Pick<JournalStore, 'tag' | 'message' | 'material' | 'keep'>;

/** A journal that a test makes up, with the states of deliveries as its messages have them. */
export const journalOf = (journal: Told): Told & Pick<JournalStore, 'states'> => ({
  ...journal,
  states: (deliveries) =>
    Promise.all(
      deliveries.map(async (delivery) => {
        const [found] = await journal.material([delivery]);
        const history = found && (await journal.message(found.message));
        return history?.deliveries.find((each) => each.delivery === delivery)?.state;
      }),
    ),
});

export interface Said {
  readonly site?: string;
  readonly type?: string;
  readonly patient?: string;
  /** A merge: the number that `patient` absorbs. */
  readonly absorbs?: string;
  readonly ins?: string;
  /** What else is said of the patient. */
  readonly traits?: Patient;
  /** Of the site that speaks, by its settings. */
  readonly legalEntity?: string;
  /** What the document is, by its bytes. */
  readonly content?: string;
  readonly document?: Partial<DocumentData>;
  /** Ids of documents of the same content, N1 beside N3. */
  readonly beside?: readonly string[];
  readonly visibility?: Visibility;
  readonly opposition?: string;
  readonly opposedAt?: string;
  /** Establishments named. */
  readonly to?: readonly string[];
  /** A message that was judged before: a replay. */
  readonly replays?: number;
  readonly data?: object;
  /** Minute at which it happened, by its sender; absent = when it comes. */
  readonly at?: number;
  /** As its sender writes it. */
  readonly localTime?: string;
  /** Application that sends it. */
  readonly application?: string;
}

type Taken = Judgement & { readonly sentTo: readonly string[]; readonly codes: readonly string[] };

export class Archive {
  readonly notes = new Map<string, string>();
  readonly unasked: string[] = [];
  knowledge = this.#remembering();
  /** The last one judged of each message; of one with several events all of them. */
  readonly cases = new Map<number, Case>();
  readonly together = new Map<number, readonly Case[]>();
  #messages = 0;
  readonly #runs = new Map<number, number>();

  #remembering(): Knowledge {
    const notes = (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
      Promise.resolve(keys.map((key) => this.notes.get(`${kind} ${key}`)));
    return new Knowledge({ notes }, [
      identityJudge(
        () => [],
        () => true,
      ),
      this.#asksForAll(documentJudge(index, () => [])),
    ]);
  }

  /** What it reads or writes without having asked for it would depend on what else is in memory. */
  #asksForAll(judge: Judge): Judge {
    return {
      ...judge,
      judge: (one, known) => {
        const asked = new Set(judge.needs(one, known).map(({ kind, key }) => `${kind} ${key}`));
        const check = (what: string, kind: string, key: string): void => {
          if (!asked.has(`${kind} ${key}`)) this.unasked.push(`${what} ${kind} ${key}`);
        };
        const made = judge.judge(one, (kind, key) => {
          if (this.notes.has(`${kind} ${key}`)) check('read', kind, key);
          return known(kind, key);
        });
        for (const { kind, key } of [...(made.notes ?? []), ...(made.remembered ?? [])]) check('write', kind, key);
        return made;
      },
    };
  }

  #release(release: (isKept: boolean) => void): void {
    release(true);
    expect(this.unasked, 'read or written without being asked for').to.deep.equal([]);
  }

  /** What becomes of one message with one event. Its notes are stored as the engine would store them. */
  async takes(said: Said): Promise<Taken & { readonly message: number }> {
    const { taken, message } = await this.takesTogether([said], said.replays);
    return { ...taken[0]!, message };
  }

  /** One message with several events: the state it ends in. */
  async takesAll(...events: readonly Said[]): Promise<string> {
    return (await this.takesTogether(events)).state;
  }

  /** What becomes of each of them. */
  async takesTogether(
    events: readonly Said[],
    replays?: number,
  ): Promise<{ readonly taken: readonly Taken[]; readonly message: number; readonly state: MessageState }> {
    const message = replays ?? (this.#messages += 1);
    const run = (this.#runs.get(message) ?? 0) + 1;
    this.#runs.set(message, run);
    const alone = events.map((said, i) => caseOf(said, message, run, i));
    const all = alone.length < 2 ? alone : alone.map((one) => ({ ...one, others: alone.filter((other) => other !== one) }));
    this.cases.set(message, all.at(-1)!);
    this.together.set(message, all);
    const { judgements, release } = await this.knowledge.judge([all]);
    const made = judgements[0]!;
    const state = made.some(({ quarantine }) => quarantine) ? 'quarantined' : made.some(({ reject }) => reject) ? 'rejected' : 'decoded';
    for (const { kind, key, value } of keptOf(made, state)) this.notes.set(`${kind} ${key}`, value);
    this.#release(release);
    const taken = made.map((judgement, i) => ({
      ...judgement,
      sentTo: (judgement.isSilent ?? judgement.quarantine ?? judgement.reject) ? [] : (judgement.targets ?? all[i]!.targets),
      codes: (judgement.warnings ?? []).map(({ code, detail }) => (code.startsWith('visibility') ? `${code}:${detail}` : code)),
    }));
    return { taken, message, state };
  }

  /** A person undoes the merge that absorbed this number. */
  undo(patient: string): void {
    const known = (kind: string, key: string): string | undefined => this.notes.get(`${kind} ${key}`);
    const key = index.patient({ domain: 'region', value: patient });
    if (!personOf(known, key)?.into) return;
    this.keep(undoMerge(key, known, { who: 'camille', why: 'two people', at: '' }));
  }

  /** Without a message. */
  keep(notes: readonly Note[]): void {
    for (const { kind, key, value } of notes) this.notes.set(`${kind} ${key}`, value);
    this.knowledge = this.#remembering();
  }

  note(id: string, kind = 'document'): Record<string, unknown> | undefined {
    const value = this.notes.get(`${kind} ${index.term({ field: 'document', value: id })}`);
    return value === undefined ? undefined : (JSON.parse(value) as Record<string, unknown>);
  }
}

export const timeOf = (minute: number): string => new Date(Date.UTC(2026, 8, 1) + minute * 60_000).toISOString();

export function caseOf(said: Said, message: number, run: number, ordinal = 0): Case {
  const {
    site = NORTH,
    type = said.absorbs === undefined ? 'dcc.document.received' : 'dcc.identity.merged',
    patient = '1',
    absorbs,
    ins,
    content,
    document,
    beside,
    visibility,
    opposition,
    opposedAt,
  } = said;
  const role = site === RECORD ? 'record' : 'establishment';
  const time = timeOf(message);
  const keys: readonly ClearKey[] =
    ins === undefined || said.patient ? [{ domain: 'region', value: patient }] : [{ domain: '1.2.250.1.213.1.4.10', value: ins }];
  const named = absorbs === undefined ? keys : [...keys, { domain: 'region', value: absorbs }];
  const who: Patient = { ...said.traits, ipp: patient, domain: 'region', ...(ins && { ins, insOid: '1.2.250.1.213.1.4.10', insStatus: 'VALI' }) };
  const happened = said.at === undefined ? time : timeOf(said.at);
  const merge = absorbs === undefined ? undefined : { domain: 'region', surviving: patient, absorbed: absorbs, recordedAt: time };
  const data = said.data ??
    merge ?? {
      patient: who,
      ...(type.startsWith('dcc.document') && {
        document: {
          canonicalType: 'FRCP',
          status: 'final',
          action: type === 'dcc.document.deleted' ? 'delete' : 'new',
          ...(content !== undefined && { content: { part: `p${ordinal + 1}`, bytes: content.length, mime: 'application/pdf' } }),
          ...(beside && { companions: beside.map((id) => ({ id })) }),
          ...document,
        },
        originApplication: said.application ?? 'DPI',
      }),
      ...(visibility && { visibility }),
      ...(opposition && { consent: { dmpFeedOpposition: opposition, ...(opposedAt && { dmpFeedAt: opposedAt }) } }),
    };
  return {
    event: { id: hash('md5', `${message}/${run}${ordinal ? `/${ordinal}` : ''}`), type, site, time: happened, data } as unknown as Case['event'],
    draft: { type, data, keys: named, ...(document && { document }), ...(said.localTime !== undefined && { time: said.localTime }) },
    kind: type.startsWith('dcc.identity') ? 'identity' : type === 'dcc.document.received' || type === 'dcc.document.deleted' ? 'document' : 'other',
    keys: named.map((key) => index.patient(key)),
    role,
    settings: { ...UNCONFIGURED, ...(said.legalEntity !== undefined && { legalEntity: said.legalEntity }) },
    parts: content === undefined ? [] : [{ part: `p${ordinal + 1}`, sha256: hash('sha256', content) }],
    targets: role === 'record' ? (said.to ?? []) : [RECORD],
    message: { id: `TEST-${message}`, run, receivedAt: time },
    now: time,
  };
}

/** OIDs with arcs enough to be somebody's. */
export const oid = (n: number): string => `1.2.250.1.999.1.8.${n}`;

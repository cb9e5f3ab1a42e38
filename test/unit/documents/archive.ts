/** A record and two establishments in memory: each message judged by the real judge over real notes, as a lane would. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { documentJudge } from '../../../core/documents/index.ts';
import { identityJudge, personOf, undoMerge } from '../../../core/identity/index.ts';
import { BlindIndex } from '../../../core/journal/index.ts';
import { keptOf, Knowledge, type Case, type Judge, type Judgement } from '../../../core/knowledge/index.ts';
import type { ClearKey, Note } from '../../../core/contract/index.ts';
import { UNCONFIGURED } from '../../../core/contract/index.ts';
import type { DocumentData, Patient, Visibility } from '../../../core/model/index.ts';

export const [NORTH, SOUTH, RECORD] = ['990001018', '990001026', '990009995'];
export const index = new BlindIndex(Buffer.alloc(32));

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
  /** Another content of it, with an id of its own. */
  readonly beside?: { readonly id?: string; readonly content: string; readonly inner?: string };
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

export class Archive {
  readonly notes = new Map<string, string>();
  readonly unasked: string[] = [];
  knowledge = this.#remembering();
  /** The last one judged of each message. */
  readonly cases = new Map<number, Case>();
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
  async takes(said: Said): Promise<Judgement & { readonly sentTo: readonly string[]; readonly codes: readonly string[]; readonly message: number }> {
    const message = said.replays ?? (this.#messages += 1);
    const run = (this.#runs.get(message) ?? 0) + 1;
    this.#runs.set(message, run);
    const one = caseOf(said, message, run);
    this.cases.set(message, one);
    const { judgements, release } = await this.knowledge.judge([[one]]);
    const judgement = judgements[0]![0]!;
    const state = judgement.quarantine ? 'quarantined' : judgement.reject ? 'rejected' : 'decoded';
    for (const { kind, key, value } of keptOf([judgement], state)) this.notes.set(`${kind} ${key}`, value);
    this.#release(release);
    const stays = judgement.isSilent ?? judgement.quarantine ?? judgement.reject;
    const sentTo = stays ? [] : (judgement.targets ?? one.targets);
    return {
      ...judgement,
      sentTo,
      message,
      codes: (judgement.warnings ?? []).map(({ code, detail }) => (code.startsWith('visibility') ? `${code}:${detail}` : code)),
    };
  }

  /** One message with several events. Returns the state it ends in. */
  async takesAll(...events: readonly Said[]): Promise<string> {
    const message = (this.#messages += 1);
    const { judgements, release } = await this.knowledge.judge([events.map((said) => caseOf(said, message, 1))]);
    const all = judgements[0]!;
    const state = all.some(({ quarantine }) => quarantine) ? 'quarantined' : all.some(({ reject }) => reject) ? 'rejected' : 'decoded';
    for (const { kind, key, value } of keptOf(all, state)) this.notes.set(`${kind} ${key}`, value);
    this.#release(release);
    return state;
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

export function caseOf(said: Said, message: number, run: number): Case {
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
          ...(content !== undefined && { content: { part: 'p1', bytes: content.length, mime: 'application/pdf' } }),
          ...(beside && { companions: [companionOf(beside)] }),
          ...document,
        },
        originApplication: said.application ?? 'DPI',
      }),
      ...(visibility && { visibility }),
      ...(opposition && { consent: { dmpFeedOpposition: opposition, ...(opposedAt && { dmpFeedAt: opposedAt }) } }),
    };
  return {
    event: { id: hash('md5', `${message}/${run}`), type, site, time: happened, data } as unknown as Case['event'],
    draft: { type, data, keys: named, ...(said.localTime !== undefined && { time: said.localTime }) },
    kind: type.startsWith('dcc.identity') ? 'identity' : type === 'dcc.document.received' || type === 'dcc.document.deleted' ? 'document' : 'other',
    keys: named.map((key) => index.patient(key)),
    role,
    settings: { ...UNCONFIGURED, ...(said.legalEntity !== undefined && { legalEntity: said.legalEntity }) },
    parts: [content, beside?.content].flatMap((each, i) => (each === undefined ? [] : [{ part: `p${i + 1}`, sha256: hash('sha256', each) }])),
    targets: role === 'record' ? (said.to ?? []) : [RECORD],
    message: { id: `TEST-${message}`, run, receivedAt: time },
    now: time,
  };
}

const companionOf = ({ id, content, inner }: NonNullable<Said['beside']>): object => ({
  format: 'CDA-R2-N1',
  content: { part: 'p2', bytes: content.length, mime: 'text/xml' },
  ...(id !== undefined && { id }),
  ...(inner !== undefined && { embeddedSha256: hash('sha256', inner) }),
});

/** OIDs with arcs enough to be somebody's. */
export const oid = (n: number): string => `1.2.250.1.999.1.8.${n}`;

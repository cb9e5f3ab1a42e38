/** One hospital as the judge of identities sees it: events in, notes kept in a map. */
import type { DraftEvent, SenderSettings, SiteSettings } from '../../../core/contract/index.ts';
import { UNCONFIGURED } from '../../../core/contract/index.ts';
import {
  PERSON,
  TASK,
  answerTask,
  closeTask,
  identityJudge,
  joinedOf,
  personOf,
  readTask,
  shownQuestion,
  taskKey,
  undoMerge,
  type Joined,
  type Person,
  type Task,
} from '../../../core/identity/index.ts';
import type { Case, Judgement } from '../../../core/knowledge/index.ts';
import { checkEventData, kindOf, type CanonicalEvent, type Patient } from '../../../core/model/index.ts';

export const DOMAIN = 'fictif';
const RECORD = '990009995';
/** 13 digits and their key. */
export const INS = '279035121518989';
export const OTHER_INS = '158033399100189';
export const OID = '1.2.250.1.213.1.4.10';
export const TRAITS: Patient = {
  birthName: 'VALMORÉE',
  firstGivenName: 'ÉLISE',
  birthGivenNames: 'ÉLISE ANNE',
  sex: 'F',
  birthDate: '1937-06-12',
  birthPlaceCog: '33063',
};
export const QUALIFIED: Patient = { ...TRAITS, ins: INS, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' };
export const VALIDATED: Patient = { ...TRAITS, ins: null, insStatus: 'UNKNOWN', identityStatus: 'VALI' };
/** A sender that says nothing of how sure it is. */
export const PLAIN: Patient = { ...TRAITS, ins: null, insStatus: 'UNKNOWN' };

/** Somebody else, and whom nobody knows yet. */
export const MAN: Patient = { ...VALIDATED, birthName: 'BRUNEL', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', sex: 'M', birthDate: '1970-01-01' };
export const UNKNOWN: Patient = {
  birthName: 'INCONNU',
  firstGivenName: 'X',
  birthGivenNames: 'X',
  sex: 'M',
  birthDate: '1960',
  identityStatus: 'PROV',
  insStatus: 'PROV',
};

export const keyed = (ipp: string): string => Buffer.from(ipp).toString('hex');

export interface Telling {
  readonly ipp?: string;
  /** Its number in a second domain of the hospital, `groupe`. */
  readonly group?: string;
  readonly sender?: string;
  /** Minute of PID-33 and EVN-2. */
  readonly at?: number;
  readonly id?: string;
  /** ISO instant; by default after all minutes that are said. */
  readonly receivedAt?: string;
  readonly controlId?: string;
  /** Another site that speaks of this domain, with senders of its own in its settings. */
  readonly site?: string;
  /** By the record, which lists none of the hospital's applications. */
  readonly isOfRecord?: boolean;
  readonly misnamed?: Case['misnamed'];
  readonly others?: Case['others'];
}

const LATER = '2026-11-30T08:00:00.000Z';
const minute = (n: number): string => new Date(Date.UTC(2026, 9, 1, 8, n)).toISOString();

export class Hospital {
  readonly notes = new Map<string, string>();
  /** The last one that was judged, and what was known before. */
  last: { readonly one: Case; readonly before: ReadonlyMap<string, string> } | undefined;
  readonly settings: SiteSettings;
  readonly #judge = identityJudge(
    () => this.settings.senders,
    (site) => site !== RECORD,
  );
  #count = 0;
  readonly #runs = new Map<string, number>();
  #isTogether = false;

  constructor(senders: readonly SenderSettings[] = [{ application: 'DPI', insAuthority: true }, { application: 'GAM' }]) {
    this.settings = { ...UNCONFIGURED, site: '990001018', environment: 'test', senders };
  }

  known = (kind: string, key: string): string | undefined => this.notes.get(`${kind} ${key}`);

  person = (ipp: string): Person | undefined => personOf(this.known, keyed(ipp));
  joined = (ipp: string): Joined => joinedOf(this.person(ipp)!, this.settings.senders);

  identity(patient: Patient, telling: Telling = {}): Judgement {
    return this.tell('dcc.identity.updated', [telling.ipp ?? '1'], telling, (data) => ({ ...data, patient: this.#said(patient, telling) }));
  }

  visit(patient: Patient, telling: Telling = {}): Judgement {
    return this.tell('dcc.visit.moved', [telling.ipp ?? '1'], telling, (data) => ({
      ...data,
      patient: this.#said(patient, telling),
      visit: { id: 'S1' },
    }));
  }

  document(patient: Patient, telling: Telling = {}): Judgement {
    const document = { canonicalType: 'LDL', id: '1.2.3' };
    return this.tell('dcc.document.received', [telling.ipp ?? '1'], telling, (data) => ({
      ...data,
      patient: this.#said(patient, telling),
      document,
    }));
  }

  merge(
    surviving: string,
    absorbed: string,
    telling: Telling & { readonly kind?: 'merge' | 'change-id'; readonly patient?: Patient; readonly domain?: string } = {},
  ): Judgement {
    const { kind = 'merge', patient, domain = DOMAIN } = telling;
    const said = patient && { patient: this.#said(patient, { ...telling, ipp: surviving }) };
    return this.tell('dcc.identity.merged', [surviving, absorbed], { ...telling, domain }, (data) => ({
      ...data,
      surviving,
      absorbed,
      domain,
      kind,
      ...said,
    }));
  }

  link(one: string, other: string, telling: Telling & { readonly undone?: boolean } = {}): Judgement {
    const patients = [one, other].map((ipp) => ({ ipp, domain: DOMAIN }));
    return this.tell(telling.undone ? 'dcc.identity.unlinked' : 'dcc.identity.linked', [one, other], telling, (data) => ({ ...data, patients }));
  }

  tasks = (): readonly Task[] => [...this.notes].filter(([name]) => name.startsWith(`${TASK} `)).map(([, value]) => readTask(value));

  answer(id: string, verdict: 'accepted' | 'rejected'): void {
    const task = this.tasks().find((one) => one.id === id)!;
    const question = shownQuestion(task);
    const answered = { verdict, who: 'camille', why: 'checked', at: minute(0), ...(question !== undefined && { question }) } as const;
    this.#keep(answerTask(id, this.known, answered).notes);
    if (verdict === 'rejected') this.#keep(closeTask(id, this.known, answered).notes);
  }

  /** Events of one message: when one of them stops it, only what is kept of that one, had it come alone, is kept. */
  message(id: string, ...events: readonly ((id: string) => Judgement)[]): readonly Judgement[] {
    const before = new Map(this.notes);
    this.#runs.set(id, (this.#runs.get(id) ?? 0) + 1);
    this.#isTogether = true;
    const judgements = events.map((tell) => tell(id));
    const stop = judgements.findIndex(({ quarantine }) => quarantine);
    if (stop >= 0) {
      this.#restore(before);
      if (!events[stop]!(id).quarantine) {
        this.#restore(before);
        this.#keep(judgements[stop]!.notes?.filter(({ kind }) => kind === TASK) ?? []);
      }
    }
    this.#isTogether = false;
    return judgements;
  }

  undo(ipp: string): void {
    this.#keep(undoMerge(keyed(ipp), this.known, { who: 'camille', why: 'two people', at: minute(0) }));
  }

  tell(
    type: CanonicalEvent['type'],
    ipps: readonly string[],
    telling: Telling & { readonly domain?: string },
    make: (data: object) => object,
  ): Judgement {
    const { sender = 'DPI', at = (this.#count += 1), id = `m-${(this.#count += 1)}`, controlId = id, receivedAt = LATER } = telling;
    const { site = telling.isOfRecord ? RECORD : undefined } = telling;
    const data = make({ originApplication: sender, recordedAt: minute(at) });
    const { domain = DOMAIN, group } = telling;
    const keys = [...ipps.map((value) => ({ domain, value })), ...(group === undefined ? [] : [{ domain: 'groupe', value: group }])];
    const run = (this.#runs.get(id) ?? 0) + (this.#isTogether ? 0 : 1);
    this.#runs.set(id, run);
    const one = {
      event: { type, data } as unknown as CanonicalEvent,
      draft: { type, data, keys } satisfies DraftEvent,
      kind: kindOf(type),
      keys: keys.map(({ value }) => keyed(value)),
      role: telling.isOfRecord ? 'record' : 'establishment',
      settings: site === undefined ? this.settings : { ...this.settings, site, senders: [{ application: 'OTHER', insAuthority: true }] },
      parts: [],
      targets: [],
      message: { id, run, controlId, receivedAt },
      now: minute(0),
      ...(telling.misnamed && { misnamed: telling.misnamed }),
      ...(telling.others && { others: telling.others }),
    } as const satisfies Case;
    const asked = new Set(this.#judge.needs(one, this.known).map(({ kind, key }) => `${kind} ${key}`));
    this.last = { one, before: new Map(this.notes) };
    const judgement = this.#judge.judge(one, this.known);
    for (const { kind, key } of judgement.notes ?? [])
      if (kind === PERSON && !asked.has(`${kind} ${key}`)) throw new Error(`changed a note that it did not ask for: ${key}`);
    const problem = judgement.event && checkEventData(judgement.event.type, judgement.event.data);
    if (problem) throw new Error(`${judgement.event.type}${problem.path} ${problem.rule}`);
    this.#keep(judgement.notes ?? []);
    return judgement;
  }

  isOpen = (id: string): boolean => this.notes.has(`${TASK} ${taskKey(id)}`);

  #restore(notes: ReadonlyMap<string, string>): void {
    this.notes.clear();
    for (const [name, value] of notes) this.notes.set(name, value);
  }

  #keep(notes: Judgement['notes'] & {}): void {
    for (const { kind, key, value } of notes) this.notes.set(`${kind} ${key}`, value);
  }

  #said = (patient: Patient, { ipp = '1', at }: Telling): Patient => ({
    ipp,
    domain: DOMAIN,
    ...(at !== undefined && { updatedAt: minute(at) }),
    ...patient,
  });
}

/** What the judge made of an event, in a word: `updated`, `quarantined ERR_...`. */
export const verdict = ({ event, quarantine, held }: Judgement): string =>
  quarantine ? `quarantined ${quarantine.code}` : held ? `held ${held.code}` : (event?.type.replace(/^dcc\.[a-z]+\./, '') ?? 'as it is');

export const patientOf = ({ event }: Judgement): Patient => (event!.data as { patient: Patient }).patient;

/**
 * Checks of documents (SAFETY B9). Those that came are checked once they are delivered, one at a time and never more than half of the time, or before
 * they are decided where their site asks for it; what we write, before it leaves. What a stop or a crash left unchecked is found again in the journal.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { contentOf, type OpenedMessage } from '../codecs/index.ts';
import {
  assemblePart,
  PasserelleError,
  sniffMime,
  type DeliveryMaterial,
  type DocumentCheck,
  type DocumentCodec,
  type DocumentFinding,
  type DocumentViewer,
  type DraftEvent,
  type JournalStore,
  type MessageHistory,
  type MessageCodec,
  type OutgoingEnvelope,
  type QueuedDelivery,
  type Warning,
} from '../contract/index.ts';
import { messageId, type BlindIndex } from '../journal/index.ts';
import { patientOfHeader, sameAs, type DocumentData, type Patient } from '../model/index.ts';
import { checkedAmong, checksOf, noteOf, resultOf } from './results.ts';

export interface ChecksSettings {
  /** Folder of the official rules; absent = no CDA is held to them. */
  readonly rules?: string;
  /** Pages are drawn, and an INS datamatrix on them compared with the patient of the message. */
  readonly datamatrix: boolean;
}

/** What the settings of a site say of its documents. */
export interface CheckedSite {
  readonly documentChecks: 'after' | 'before' | 'never';
  readonly charsetFallback: string;
}

interface Parts {
  readonly journal: Pick<JournalStore, 'tag' | 'raw' | 'keep' | 'notes' | 'message' | 'material' | 'deliveries'>;
  /** By FINESS; undefined when the settings have it no more. */
  readonly site: (finess: string) => CheckedSite | undefined;
  readonly index: BlindIndex;
  readonly codec: (format: string) => MessageCodec;
  readonly documents: readonly DocumentCodec[];
  readonly viewers: readonly DocumentViewer[];
  /** To be told of what is filed; it may reject as the journal does. */
  readonly misnamed?: (document: MisnamedDocument) => Promise<void>;
  readonly now: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', what: string, fields: Readonly<Record<string, string | number>>) => void;
}

/** Messages that wait. Beyond, the oldest is not checked, and says so. */
const WAITING = 20_000;
/** At a start: deliveries that are looked at, and messages that are checked of those, the newest. */
const LOOKED_BACK = 20_000;
const FOUND_AGAIN = 2000;
const PAGE = 500;
/** A delivered document whose INS datamatrix names another patient. */
export interface MisnamedDocument {
  readonly message: number;
  readonly part: string;
  readonly event: { readonly patient: Patient; readonly originApplication?: string };
  /** As its datamatrices have them. */
  readonly marked: readonly Patient[];
  /** ISO. */
  readonly at: string;
}

interface Looked {
  readonly findings: readonly DocumentFinding[];
  readonly another?: { readonly reason: string; readonly marked: readonly Patient[] };
}

type Named = Readonly<Record<string, unknown>> & {
  readonly patient: Patient;
  readonly originApplication?: string;
  readonly document?: Pick<DocumentData, 'content'>;
};

const LEAST_PAUSE_MS = 100;
/** The journal was away. */
const AGAIN_MS = 5000;
const ENCODED_BODY = new Uint8Array(3);

export class DocumentChecks {
  readonly #settings: ChecksSettings;
  readonly #parts: Parts;
  /** By message its deliveries, for one may be of something else; the first one to be checked first. */
  readonly #waiting = new Map<number, readonly number[]>();
  /** By site, the last of its documents that waits for its pages. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #looking: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(settings: ChecksSettings, parts: Parts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  get #isOn(): boolean {
    return this.#settings.rules !== undefined || this.#settings.datamatrix;
  }

  /** What was delivered and not checked when the engine last stopped; no more than the journal's last deliveries are looked at. */
  start(): void {
    if (this.#isOn) this.#looking ??= this.#lookBack().finally(() => (this.#looking = undefined));
  }

  /** It was taken: nothing waits for the check any more. */
  delivered({ message, delivery, kind }: Pick<QueuedDelivery, 'message' | 'delivery' | 'kind'>): void {
    if (this.#isOn && kind === 'document') this.#expect(message, delivery);
  }

  /** What a message of which no result is kept has to say: its check is to come, or is not made. Undefined when nobody asked for one, or not yet. */
  standing({ message: { message, site }, deliveries }: MessageHistory): 'waiting' | 'not-made' | undefined {
    if (!this.#isOn || this.#parts.site(site)?.documentChecks !== 'after') return undefined;
    if (!deliveries.some(({ eventType, state }) => eventType === RECEIVED && state === 'delivered')) return undefined;
    return this.#looking || this.#waiting.has(message) ? 'waiting' : 'not-made';
  }

  #expect(message: number, delivery: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.set(message, [...(this.#waiting.get(message) ?? []), delivery]);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING) this.#waiting.delete(oldest!);
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
  }

  async #lookBack(): Promise<void> {
    const { journal, index, log } = this.#parts;
    const found = new Map<number, number>();
    let after: string | undefined;
    for (let looked = 0; looked < LOOKED_BACK && found.size < FOUND_AGAIN && !this.#stopping.signal.aborted;) {
      try {
        const page = await journal.deliveries({ states: ['delivered'] }, { limit: PAGE, ...(after !== undefined && { after }) });
        const documents = new Map(page.items.filter(({ eventType }) => eventType === RECEIVED).map(({ message, delivery }) => [message, delivery]));
        const ids = [...documents.keys()];
        const checked = await checkedAmong(
          ids.map((message) => messageId(journal.tag, message)),
          journal,
          index,
        );
        for (const [i, message] of ids.entries()) if (!checked[i]) found.set(message, documents.get(message)!);
        looked += page.items.length;
        after = page.next;
        if (after === undefined) break;
      } catch (thrown) {
        const { code, entry } = PasserelleError.from(thrown);
        log('warn', 'documents that wait for their check cannot be looked for', { code });
        if (entry.disposition !== 'transient') break;
        await this.#rest(AGAIN_MS);
      }
    }
    for (const [message, delivery] of [...found].slice(0, FOUND_AGAIN).toReversed()) this.#expect(message, delivery);
  }

  /** Warnings for the decision of a message whose site asks for the check first; never a reason to refuse it. Rejects with what passes only. */
  async before(
    ...asked: readonly [message: number, opened: OpenedMessage, raw: Uint8Array, format: string, charsetFallback: string]
  ): Promise<readonly Warning[]> {
    const { rules } = this.#settings;
    if (rules === undefined) return [];
    try {
      return await this.#warningsOf(rules, ...asked);
    } catch (thrown) {
      const { code, entry } = PasserelleError.from(thrown);
      if (entry.disposition === 'transient') throw thrown;
      this.#parts.log('warn', 'a document could not be checked', { message: messageId(this.#parts.journal.tag, asked[0]), code });
      return [{ code: 'cda-not-checked', detail: code }];
    }
  }

  async #warningsOf(
    rules: string,
    message: number,
    opened: OpenedMessage,
    raw: Uint8Array,
    format: string,
    charsetFallback: string,
  ): Promise<readonly Warning[]> {
    const documents = opened.envelope.parts.filter(({ read }) => read?.kind === 'cda' && read.unreadable === undefined);
    const refs = opened.refs.filter(({ part }) => documents.some((document) => document.part === part));
    if (refs.length === 0) return [];
    const slice = (from?: number, to?: number): Uint8Array => raw.subarray(from, to);
    const checks = await Promise.all(
      refs.map(async (ref) => {
        const content = contentOf(ref, { codec: this.#parts.codec(format), charsetFallback, raw: slice });
        return resultOf(ref.part, this.#at(), await this.#againstRules(content, rules));
      }),
    );
    await this.#keep(message, checks);
    return checks.flatMap(({ part, errors, warnings }) => {
      const at = documents.find((document) => document.part === part)?.at ?? '';
      const location = at.startsWith('/') ? { path: at } : { hl7: at };
      return [
        ...(errors > 0 ? [{ code: 'cda-schema-invalid', detail: String(errors), location }] : []),
        ...(warnings > 0 ? [{ code: 'cda-rules-failed', detail: String(warnings), location }] : []),
      ];
    });
  }

  /** Throws ERR_DOCUMENT_INVALID for a CDA of ours that the schema refuses. That the check cannot be made is no reason not to send. */
  async written({ parts = [] }: OutgoingEnvelope): Promise<void> {
    const { rules } = this.#settings;
    if (rules === undefined) return;
    for (const { from } of parts) {
      if (!('pieces' in from) || from.mime !== 'text/xml') continue;
      // What stands in the body is not ours, and is no affair of a schema.
      const content = assemblePart(from, () => ENCODED_BODY);
      const findings = await this.#againstRules(content, rules, true);
      const error = findings.find(({ severity, rules: source }) => severity === 'error' && source === 'XSD');
      if (error) throw new PasserelleError('ERR_DOCUMENT_INVALID', { expected: 'a CDA that is valid', found: error.message.slice(0, 250) });
    }
  }

  /** What waits is found again at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#running, this.#looking]);
  }

  async #work(): Promise<void> {
    for (let [next] = this.#waiting; next && !this.#stopping.signal.aborted; [next] = this.#waiting) {
      const start = performance.now();
      const isDone = await this.#checkOne(...next);
      // Delivered meanwhile: it is looked at again.
      if (isDone && this.#waiting.get(next[0]) === next[1]) this.#waiting.delete(next[0]);
      await this.#rest(isDone ? Math.max(LEAST_PAUSE_MS, performance.now() - start) : AGAIN_MS);
    }
  }

  #rest(ms: number): Promise<unknown> {
    return pause(ms, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** False when the journal is away: it keeps its place. What cannot be checked says so. */
  async #checkOne(message: number, deliveries: readonly number[]): Promise<boolean> {
    const { journal, index, log } = this.#parts;
    const id = messageId(journal.tag, message);
    try {
      const [isChecked] = await checkedAmong([id], journal, index);
      const material = isChecked ? undefined : await this.#received(deliveries);
      const site = material && this.#parts.site(String(material.event['site']));
      if (!material || site?.documentChecks !== 'after') return true;
      const checks = await this.#check(material, site).catch((thrown: unknown) => {
        const { code, entry } = PasserelleError.from(thrown);
        if (entry.disposition === 'transient') throw thrown;
        return material.parts.slice(0, 1).map(({ part }) => resultOf(part, this.#at(), [uncheckable(code)]));
      });
      await this.#keep(message, checks);
    } catch (thrown) {
      const { code, entry } = PasserelleError.from(thrown);
      log('warn', 'a document could not be checked', { message: id, code });
      return entry.disposition !== 'transient';
    }
    return true;
  }

  /** The first that brought a document: another may withdraw one. */
  async #received(deliveries: readonly number[]): Promise<DeliveryMaterial | undefined> {
    for (const delivery of deliveries) {
      const [material] = await this.#parts.journal.material([delivery]);
      if (material?.event.type === RECEIVED) return material;
    }
    return undefined;
  }

  async #check({ message, format, parts, event }: DeliveryMaterial, { charsetFallback }: CheckedSite): Promise<readonly DocumentCheck[]> {
    const { journal, codec } = this.#parts;
    // One message may bring documents of several patients.
    const events = ((await journal.message(message))?.events ?? []).map((each) => each.event).filter(({ type }) => type === RECEIVED);
    const named = [...events, event].map((each) => each['data'] as Named);
    const checks: DocumentCheck[] = [];
    for (const ref of parts) {
      const data = named.find(({ document }) => document?.content?.part === ref.part) ?? named.at(-1)!;
      const isText = ref.encoding === 'text';
      const carried = await (isText ? journal.raw(message) : journal.raw(message, ref.from, ref.to));
      const content = contentOf(ref, { codec: codec(format), charsetFallback, raw: () => carried });
      const looked = await this.#look(content, data.patient, String(event['site']));
      // First, for what is not kept is looked at again.
      const { marked } = looked?.another ?? {};
      if (marked) await this.#parts.misnamed?.({ message, part: ref.part, event: data, marked, at: this.#at() });
      if (looked) checks.push(resultOf(ref.part, this.#at(), looked.findings));
    }
    return checks;
  }

  /** `undefined` for what nobody checks. */
  async #look(content: Uint8Array, patient: Patient, site: string): Promise<Looked | undefined> {
    const { rules } = this.#settings;
    const codec = this.#codecOf(content);
    const isRuled = rules !== undefined && codec?.validate !== undefined;
    const ruled = isRuled ? await this.#againstRules(content, rules) : [];
    const marks = await this.#marks(content, patient, site);
    // A8: it is filed already; whoever reads this has to look at it now.
    return marks || isRuled ? { ...marks, findings: [...(marks?.findings ?? []), ...ruled] } : undefined;
  }

  /** What its own pages say of the patient. `undefined` when nobody looks at them. */
  async #marks(content: Uint8Array, patient: Patient, site: string): Promise<Looked | undefined> {
    const codec = this.#codecOf(content);
    const pages = codec?.wrapped?.(content) ?? content;
    const viewer = this.#settings.datamatrix ? this.#parts.viewers.find((one) => one.recognises(sniffMime(pages), pages)) : undefined;
    if (!viewer) return undefined;
    const { datamatrix: codes = [], unreadable, searched, pages: count = 0 } = await this.#inTurn(site, () => viewer.look(pages));
    const header = codec?.read(content).cda?.patient;
    const marked = codes.flatMap(({ ins }) => ins ?? []);
    const another = [patient, ...(header ? [patientOfHeader(header)] : [])].flatMap((named) =>
      marked.flatMap((code) => {
        const { verdict, reason = '' } = sameAs(named, [code]);
        return verdict === 'another' ? [{ reason, marked: code }] : [];
      }),
    );
    const findings: readonly DocumentFinding[] = [
      ...another.map(({ reason }) => ({ severity: 'error' as const, rules: CODES, message: `the datamatrix names another patient: ${reason}` })),
      ...(unreadable === undefined ? [] : [{ severity: 'warning' as const, rules: PAGES, message: 'its pages cannot be drawn' }]),
      ...(searched === undefined
        ? []
        : [{ severity: 'warning' as const, rules: PAGES, message: `no code is looked for after page ${searched} of ${count}` }]),
      ...codes.flatMap(({ error }): DocumentFinding[] => (error ? [{ severity: 'warning', rules: CODES, message: error.message }] : [])),
    ];
    const others = [...new Map(another.map((one) => [JSON.stringify(one.marked), one.marked])).values()];
    return { findings, ...(another[0] && { another: { reason: another[0].reason, marked: others } }) };
  }

  /** Pages are drawn one document at a time: of a site one waits for that, so that one with many or slow ones holds back another by one of them. */
  async #inTurn<T>(site: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(site) ?? Promise.resolve()).then(work, work);
    this.#turns.set(site, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(site) === turn) this.#turns.delete(site);
    }
  }

  /**
   * Before the decision of a message whose site asks for it: of each event, whom the datamatrices of its document name instead of its patient. That a page
   * cannot be looked at stops nothing. Rejects with what passes only.
   */
  async marked(site: string, events: readonly DraftEvent[], ...asked: Parameters<DocumentChecks['before']>): Promise<readonly Looked['another'][]> {
    const [message, { refs }, raw, format, charsetFallback] = asked;
    if (!this.#settings.datamatrix) return [];
    const checks: DocumentCheck[] = [];
    const others: Looked['another'][] = [];
    // One after the other, so that a message of many documents waits for the pages of other messages no more than they for its own.
    for (const { type, data } of events) {
      const named = data as Named;
      const own = type === RECEIVED ? named.document?.content?.part : undefined;
      const found: NonNullable<Looked['another']>[] = [];
      for (const ref of refs.filter(({ part }) => part === own))
        try {
          const content = contentOf(ref, { codec: this.#parts.codec(format), charsetFallback, raw: (from, to) => raw.subarray(from, to) });
          const { another, findings = [] } = (await this.#marks(content, named.patient, site)) ?? {};
          if (another) found.push(another);
          if (findings.length > 0) checks.push(resultOf(ref.part, this.#at(), findings));
        } catch (thrown) {
          const { code, entry } = PasserelleError.from(thrown);
          if (entry.disposition === 'transient') throw thrown;
          this.#parts.log('warn', 'a document could not be checked', { message: messageId(this.#parts.journal.tag, message), code });
          checks.push(resultOf(ref.part, this.#at(), [{ ...uncheckable(code), rules: PAGES }]));
        }
      others.push(found[0] && { reason: found[0].reason, marked: found.flatMap(({ marked }) => marked) });
    }
    if (checks.length > 0) await this.#keep(message, [...(await this.#ruledOf(message)), ...checks]);
    return others;
  }

  /** What `before` has kept. */
  async #ruledOf(message: number): Promise<readonly DocumentCheck[]> {
    const { journal, index } = this.#parts;
    const kept = (await checksOf(messageId(journal.tag, message), journal, index)) ?? [];
    return kept.filter(({ findings }) => !findings.some(({ rules }) => rules === PAGES || rules === CODES));
  }

  #codecOf(content: Uint8Array): DocumentCodec | undefined {
    return this.#parts.documents.find((one) => one.recognises(sniffMime(content), content));
  }

  async #againstRules(content: Uint8Array, rules: string, schemaOnly = false): Promise<readonly DocumentFinding[]> {
    const codec = this.#codecOf(content);
    try {
      return (await codec?.validate?.(content, rules, { schemaOnly })) ?? [];
    } catch (thrown) {
      const { code } = PasserelleError.from(thrown);
      this.#parts.log('warn', 'the official rules cannot be used', { code });
      return [{ ...uncheckable(code), rules: 'XSD' }];
    }
  }

  async #keep(message: number, checks: readonly DocumentCheck[]): Promise<void> {
    const { journal, index, log } = this.#parts;
    const id = messageId(journal.tag, message);
    await journal.keep([noteOf(id, checks, index)], this.#at());
    const errors = checks.reduce((sum, check) => sum + check.errors, 0);
    if (errors > 0) log('warn', 'a document breaks official rules, or names another patient', { message: id, errors });
  }

  #at(): string {
    return new Date(this.#parts.now()).toISOString();
  }
}

const RECEIVED = 'dcc.document.received';

/** Of findings: what the pages of a document say, and what cannot be seen of them. */
const CODES = 'INS';
const PAGES = 'PDF';

const uncheckable = (code: string): DocumentFinding => ({ severity: 'warning', message: `it could not be checked (${code})` });

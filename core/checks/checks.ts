/**
 * Checks of documents (SAFETY B9). Those that came are checked once they are delivered, one at a time and never more than half of the time, or before
 * they are decided where their site asks for it; what we write, before it leaves.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { contentOf, type OpenedMessage } from '../codecs/index.ts';
import {
  assemblePart,
  PasserelleError,
  sniffMime,
  type DocumentCheck,
  type DocumentCodec,
  type DocumentFinding,
  type DocumentViewer,
  type DraftEvent,
  type JournalStore,
  type MessageCodec,
  type OutgoingEnvelope,
  type PartRef,
  type Warning,
} from '../contract/index.ts';
import { messageId, type BlindIndex } from '../journal/index.ts';
import type { FreshDelivery } from '../lanes/index.ts';
import { patientOfHeader, sameAs, type Patient } from '../model/index.ts';
import { noteOf, resultOf } from './results.ts';

export interface ChecksSettings {
  /** Folder of the official rules; absent = no CDA is held to them. */
  readonly rules?: string;
  /** Pages are drawn, and an INS datamatrix on them compared with the patient of the message. */
  readonly datamatrix: boolean;
}

interface Parts {
  readonly journal: Pick<JournalStore, 'tag' | 'raw' | 'keep'>;
  readonly index: BlindIndex;
  readonly codec: (format: string) => MessageCodec;
  readonly documents: readonly DocumentCodec[];
  readonly viewers: readonly DocumentViewer[];
  /** To be told of what is filed; it may reject as the journal does. */
  readonly misnamed?: (document: MisnamedDocument) => Promise<void>;
  readonly now: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', what: string, fields: Readonly<Record<string, string | number>>) => void;
}

/** A delivered document whose INS datamatrix names another patient. */
export interface MisnamedDocument {
  readonly message: number;
  readonly event: { readonly patient: Patient; readonly originApplication?: string };
  /** As the datamatrix has it. */
  readonly marked: Patient;
  /** ISO. */
  readonly at: string;
}

interface Looked {
  readonly findings: readonly DocumentFinding[];
  readonly another?: { readonly reason: string; readonly marked: Patient };
}

/** A message with documents that waits for its delivery, then for its check. */
interface Candidate {
  readonly message: number;
  readonly format: string;
  readonly charsetFallback: string;
  readonly parts: readonly PartRef[];
  readonly event: MisnamedDocument['event'];
}

/** Beyond, the oldest is not checked: its message says nothing of a check. */
const WAITING = 2000;
const LEAST_PAUSE_MS = 100;
const ENCODED_BODY = new Uint8Array(3);

export class DocumentChecks {
  readonly #settings: ChecksSettings;
  readonly #parts: Parts;
  readonly #candidates = new Map<number, Candidate>();
  readonly #queue: Candidate[] = [];
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(settings: ChecksSettings, parts: Parts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  get #isOn(): boolean {
    return this.#settings.rules !== undefined || this.#settings.datamatrix;
  }

  /** Deliveries just made, of a site whose documents are checked once they are delivered. */
  expect(fresh: readonly FreshDelivery[], charsetFallback: string): void {
    if (!this.#isOn) return;
    for (const { item, event, parts, format } of fresh) {
      if (event.type !== 'dcc.document.received' || parts.length === 0) continue;
      const data = event['data'] as MisnamedDocument['event'];
      this.#candidates.set(item.message, { message: item.message, format, charsetFallback, parts, event: data });
      const [oldest] = this.#candidates.keys();
      if (this.#candidates.size > WAITING) this.#candidates.delete(oldest!);
    }
  }

  /** A delivery of this message was taken: nothing waits for the check any more. */
  delivered(message: number): void {
    const candidate = this.#candidates.get(message);
    if (!candidate || this.#stopping.signal.aborted) return;
    this.#candidates.delete(message);
    if (this.#queue.push(candidate) > WAITING) this.#queue.shift();
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
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

  /** What waits is not checked. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#queue.length = 0;
    await this.#running;
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const start = performance.now();
      try {
        await this.#keep(next.message, await this.#check(next));
      } catch (thrown) {
        const { code } = PasserelleError.from(thrown);
        this.#parts.log('warn', 'a document could not be checked', { message: messageId(this.#parts.journal.tag, next.message), code });
      }
      const took = performance.now() - start;
      await pause(Math.max(LEAST_PAUSE_MS, took), undefined, { ref: false, signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #check({ message, format, charsetFallback, parts, event }: Candidate): Promise<readonly DocumentCheck[]> {
    const { journal, codec } = this.#parts;
    const checks: DocumentCheck[] = [];
    for (const ref of parts) {
      const isText = ref.encoding === 'text';
      const carried = await (isText ? journal.raw(message) : journal.raw(message, ref.from, ref.to));
      const content = contentOf(ref, { codec: codec(format), charsetFallback, raw: () => carried });
      const looked = await this.#look(content, event.patient);
      // First, for what is not kept is looked at again.
      if (looked?.another) await this.#parts.misnamed?.({ message, event, marked: looked.another.marked, at: this.#at() });
      if (looked) checks.push(resultOf(ref.part, this.#at(), looked.findings));
    }
    return checks;
  }

  /** `undefined` for what nobody checks. */
  async #look(content: Uint8Array, patient: Patient): Promise<Looked | undefined> {
    const { rules } = this.#settings;
    const codec = this.#codecOf(content);
    const isRuled = rules !== undefined && codec?.validate !== undefined;
    const ruled = isRuled ? await this.#againstRules(content, rules) : [];
    const marks = await this.#marks(content, patient);
    // A8: it is filed already; whoever reads this has to look at it now.
    return marks || isRuled ? { ...marks, findings: [...(marks?.findings ?? []), ...ruled] } : undefined;
  }

  /** What its own pages say of the patient. `undefined` when nobody looks at them. */
  async #marks(content: Uint8Array, patient: Patient): Promise<Looked | undefined> {
    const codec = this.#codecOf(content);
    const pages = codec?.wrapped?.(content) ?? content;
    const viewer = this.#settings.datamatrix ? this.#parts.viewers.find((one) => one.recognises(sniffMime(pages), pages)) : undefined;
    if (!viewer) return undefined;
    const { datamatrix: codes = [], unreadable } = await viewer.look(pages);
    const header = codec?.read(content).cda?.patient;
    const marked = codes.flatMap(({ ins }) => ins ?? []);
    const another = [patient, ...(header ? [patientOfHeader(header)] : [])].flatMap((named) =>
      marked.flatMap((code) => {
        const { verdict, reason = '' } = sameAs(named, [code]);
        return verdict === 'another' ? [{ reason, marked: code }] : [];
      }),
    );
    const findings: readonly DocumentFinding[] = [
      ...another.map(({ reason }) => ({ severity: 'error' as const, rules: 'INS', message: `the datamatrix names another patient: ${reason}` })),
      ...(unreadable === undefined ? [] : [{ severity: 'warning' as const, rules: 'PDF', message: 'its pages cannot be drawn' }]),
      ...codes.flatMap(({ error }): DocumentFinding[] => (error ? [{ severity: 'warning', rules: 'INS', message: error.message }] : [])),
    ];
    return { findings, ...(another[0] && { another: another[0] }) };
  }

  /**
   * Before the decision of a message whose site asks for it: of each event, whom the datamatrix of its document names instead of its patient. That a page
   * cannot be looked at stops nothing. Rejects with what passes only.
   */
  async marked(events: readonly DraftEvent[], ...asked: Parameters<DocumentChecks['before']>): Promise<readonly Looked['another'][]> {
    const [message, { refs }, raw, format, charsetFallback] = asked;
    if (!this.#settings.datamatrix) return [];
    return Promise.all(
      events.map(async ({ type, data }) => {
        if (type !== 'dcc.document.received') return undefined;
        const { patient, document } = data as { readonly patient: Patient; readonly document: { readonly content?: { readonly part: string } } };
        const ref = refs.find(({ part }) => part === document.content?.part);
        if (!ref) return undefined;
        try {
          const content = contentOf(ref, { codec: this.#parts.codec(format), charsetFallback, raw: (from, to) => raw.subarray(from, to) });
          return (await this.#marks(content, patient))?.another;
        } catch (thrown) {
          const { code, entry } = PasserelleError.from(thrown);
          if (entry.disposition === 'transient') throw thrown;
          this.#parts.log('warn', 'a document could not be checked', { message: messageId(this.#parts.journal.tag, message), code });
          return undefined;
        }
      }),
    );
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
      return [{ severity: 'warning', rules: 'XSD', message: `it could not be checked (${code})` }];
    }
  }

  async #keep(message: number, checks: readonly DocumentCheck[]): Promise<void> {
    if (checks.length === 0) return;
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

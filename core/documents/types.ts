/**
 * Types that a person gave to documents whose code says nothing here (SAFETY B1): of one message, or of a code of a site from then on. Like lines of the
 * site's documentTypes, which go before them; kept as notes, so that they are seen and can be taken back.
 */
import { PasserelleError, type DocumentTypeRule, type JournalStore, type LearnedType, type Note, type SiteSettings } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';

const SITE_TYPES = 'document-types';
const MESSAGE_TYPE = 'document-type-once';
/** Notes of before are one rule. */
const rulesOf = (value: string | undefined): readonly DocumentTypeRule[] =>
  value ? [JSON.parse(value) as DocumentTypeRule | readonly DocumentTypeRule[]].flat() : [];

/** Local codes of one site; each is a decision of a person. */
const MOST = 500;

export interface TypesParts {
  readonly journal: Pick<JournalStore, 'notes' | 'keep'>;
  readonly index: BlindIndex;
}

export class DocumentTypes {
  readonly #parts: TypesParts;
  readonly #learned = new Map<string, readonly LearnedType[]>();

  constructor(parts: TypesParts) {
    this.#parts = parts;
  }

  /** To be called before anything is decoded. */
  async load(sites: readonly string[]): Promise<void> {
    const values =
      sites.length > 0
        ? await this.#parts.journal.notes(
            SITE_TYPES,
            sites.map((site) => this.#key(site)),
          )
        : [];
    sites.forEach((site, i) => this.#learned.set(site, values[i] ? (JSON.parse(values[i]) as readonly LearnedType[]) : []));
  }

  get all(): readonly LearnedType[] {
    return [...this.#learned.values()].flat();
  }

  /** Settings for decoding one message; those given when nothing was learned. */
  async settingsFor(settings: SiteSettings, message: string, run: number): Promise<SiteSettings> {
    const learned = (this.#learned.get(settings.site) ?? []).filter(({ revoked }) => !revoked);
    // Only a message that waited can have been typed by itself.
    const [once] = run > 1 ? await this.#parts.journal.notes(MESSAGE_TYPE, [this.#key(message)]) : [];
    if (learned.length === 0 && !once) return settings;
    const own = rulesOf(once);
    return {
      ...settings,
      documentTypes: [
        ...own,
        ...settings.documentTypes,
        ...learned.map(({ system, code, type }) => ({ system, code, type, isLearned: true as const })),
      ],
    };
  }

  /** Of this message only, which may hold documents of several codes: beside what was decided of the others. */
  async once(message: string, rule: DocumentTypeRule, at: string): Promise<void> {
    const key = this.#key(message);
    const [before] = await this.#parts.journal.notes(MESSAGE_TYPE, [key]);
    const others = rulesOf(before).filter(({ system, code }) => system !== rule.system || code !== rule.code);
    await this.#keep({ kind: MESSAGE_TYPE, key, value: JSON.stringify([...others, rule]) }, at);
  }

  /** From now on; takes the place of what was decided of the same code. */
  async learn(learned: LearnedType): Promise<void> {
    const others = this.#others(learned);
    if (others.length >= MOST) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: `at most ${MOST} codes; write them into documentTypes` });
    await this.#replace(learned.site, [...others, learned], learned.at);
  }

  /** What was decoded by it stays as it is. Throws ERR_NOT_FOUND. */
  async forget(code: Pick<LearnedType, 'site' | 'system' | 'code'>, revoked: NonNullable<LearnedType['revoked']>): Promise<void> {
    const known = this.all.find((one) => one.site === code.site && one.system === code.system && one.code === code.code);
    if (!known || known.revoked) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a code that was given a type' });
    await this.#replace(code.site, [...this.#others(code), { ...known, revoked }], revoked.at);
  }

  #others({ site, system, code }: Pick<LearnedType, 'site' | 'system' | 'code'>): readonly LearnedType[] {
    return (this.#learned.get(site) ?? []).filter((one) => one.system !== system || one.code !== code);
  }

  async #replace(site: string, types: readonly LearnedType[], at: string): Promise<void> {
    await this.#keep({ kind: SITE_TYPES, key: this.#key(site), value: JSON.stringify(types) }, at);
    this.#learned.set(site, types);
  }

  #keep(note: Note, at: string): Promise<void> {
    return this.#parts.journal.keep([note], at);
  }

  #key(of: string): string {
    return this.#parts.index.term({ field: 'document', value: `types ${of}` });
  }
}

/** Sections and entries of a structured body, as the readers of each model walk them. Nothing here knows a model. */
import { LIST_LIMIT, NOTE_LIMIT, type Coded, type Finding } from '../../../core/model/index.ts';
import type { Warning } from '../../../core/contract/index.ts';
import { isoTime } from '../hl7-time.ts';
import type { Tag } from '../tag.ts';
import type { SectionName } from './models.ts';
import { blocksOf, namedPieces, narrativeText, type Block, type Named } from './narrative.ts';
import { Unread } from './unread.ts';

const STATEMENTS = new Set([
  'act',
  'encounter',
  'observation',
  'observationMedia',
  'organizer',
  'procedure',
  'regionOfInterest',
  'substanceAdministration',
  'supply',
]);
/** Deeper nesting of sections or entries is not read. */
const DEPTH_LIMIT = 12;
const SHORT_LIMIT = 250;
const CUT = ' […]';
const COMMENT = '48767-8';
/** Types of a coded value: it is written as the first. */
const CODED = ['CD', 'CE', 'CV'];

/** What a reading shares: warnings, what all narratives name, and what was not read. */
export class Reading {
  readonly warnings: Warning[] = [];
  readonly unread: Unread;
  readonly named: ReadonlyMap<string, Named>;
  /** References that lead nowhere. */
  readonly unresolved = new Set<string>();
  /** A thousand entries may refer to one row. */
  readonly #texts = new Map<Tag, string>();

  /** `times`: of the header. */
  constructor(body: Tag, times: readonly string[]) {
    this.named = namedPieces(body);
    this.unread = new Unread(times);
  }

  warn(code: string, detail?: string): void {
    if (!this.warnings.some((one) => one.code === code && one.detail === detail))
      this.warnings.push({ code, ...(detail !== undefined && { detail }) });
  }

  note(text: string | undefined): string | undefined {
    return this.#cut(text, NOTE_LIMIT);
  }

  short(text: string | undefined): string | undefined {
    return this.#cut(text, SHORT_LIMIT);
  }

  textOf(tag: Tag): string {
    const known = this.#texts.get(tag) ?? narrativeText(tag);
    this.#texts.set(tag, known);
    return known;
  }

  /** To be asked before each of them is read: what is cut is read in vain. */
  list<T>(items: readonly T[], what: string): T[] | undefined {
    if (items.length > LIST_LIMIT) {
      this.warn('cda-list-cut', what);
      this.unread.note('list', what);
    }
    return items.length > 0 ? items.slice(0, LIST_LIMIT) : undefined;
  }

  #cut(text: string | undefined, limit: number): string | undefined {
    if (!text) return undefined;
    if (text.length <= limit) return text;
    this.warn('cda-text-cut');
    this.unread.note('text');
    return text.slice(0, limit - CUT.length).toWellFormed() + CUT;
  }
}

export class Section {
  readonly reading: Reading;
  readonly tag: Tag;
  readonly names: ReadonlySet<SectionName>;
  readonly sections: readonly Section[];
  readonly #named: ReadonlyMap<string, Named>;

  constructor(reading: Reading, tag: Tag, names: ReadonlyMap<string, SectionName>, depth = 0) {
    this.reading = reading;
    this.tag = tag;
    this.names = new Set(tag.elements.filter(({ name }) => name === 'templateId').flatMap((one) => names.get(one.attribute('root') ?? '') ?? []));
    const text = tag.first('text');
    this.#named = text ? namedPieces(text) : new Map();
    const inner = tag.elements
      .filter(({ name }) => name === 'component')
      .flatMap(({ elements }) => elements.filter(({ name }) => name === 'section'));
    this.sections = depth < DEPTH_LIMIT ? inner.map((one) => new Section(reading, one, names, depth + 1)) : [];
  }

  get text(): string | undefined {
    const text = this.tag.first('text');
    this.reading.unread.whole(text);
    return text && this.reading.note(narrativeText(text));
  }

  get blocks(): readonly Block[] {
    const text = this.tag.first('text');
    const blocks = text ? blocksOf(text) : [];
    for (const { tag } of blocks) this.reading.unread.whole(tag);
    return blocks;
  }

  get translations(): readonly string[] {
    return (this.tag.first('code')?.elements ?? []).flatMap((one) => (one.name === 'translation' ? (one.attribute('code') ?? []) : []));
  }

  get entries(): readonly Statement[] {
    return statementsIn(
      this,
      this.tag.elements.filter(({ name }) => name === 'entry'),
    );
  }

  /** Statements of a code in its entries, nested ones too. */
  find(code: string): Statement | undefined {
    for (const entry of this.entries) {
      const found = entry.find(code);
      if (found) return found;
    }
    return undefined;
  }

  /** What a `text` or `originalText` says: what it refers to, in this section first, or its own words. */
  said(tag: Tag | undefined): string | undefined {
    const { unread } = this.reading;
    const isOwn = tag?.first('reference') === undefined;
    if (isOwn) unread.whole(tag);
    if (isOwn) return tag && this.reading.note(this.reading.textOf(tag));
    const target = this.#target(tag)?.tag;
    unread.whole(target);
    return target && this.reading.note(this.reading.textOf(target));
  }

  /** The row, item or paragraph that holds what a `text` refers to. */
  rowOf(tag: Tag | undefined): Tag | undefined {
    return tag && this.#target(tag)?.row;
  }

  /** Looks for all that its entries refer to, whether or not somebody read it: what leads nowhere is `unresolved`. */
  resolve(): void {
    const open = this.tag.elements.filter(({ name }) => name === 'entry');
    for (let next = open.pop(); next; next = open.pop()) {
      if (next.name === 'text' || next.name === 'originalText') this.#target(next);
      open.push(...next.elements);
    }
  }

  #target(tag: Tag): Named | undefined {
    const name = tag.first('reference')?.attribute('value')?.replace(/^#/, '');
    const target = name ? (this.#named.get(name) ?? this.reading.named.get(name)) : undefined;
    // Official examples have such references: the words are in the section, and not where the entry says.
    if (name && !target) this.reading.unresolved.add(name.slice(0, 80));
    return target;
  }

  /** `fallback`: what the narrative says of it, when the element itself refers to nothing. Kept only where it says more than the label. */
  coded(tag: Tag | undefined, fallback?: () => string | undefined): Coded | undefined {
    const { reading } = this;
    const [code, label] = [reading.short(tag?.attribute('code')), reading.short(tag?.attribute('displayName'))];
    const text = this.said(tag?.first('originalText')) ?? fallback?.();
    if (code !== undefined || label !== undefined) reading.unread.read(tag, 'displayName', ...(code === undefined ? [] : ['code', 'codeSystem']));
    else if (text !== undefined && tag?.attribute('nullFlavor') === 'OTH') reading.unread.read(tag, 'nullFlavor');
    reading.unread.typed(tag, CODED);
    return said({ code, system: code && reading.short(tag?.attribute('codeSystem')), label, text: text === (label ?? code) ? undefined : text });
  }
}

export class Statement {
  readonly section: Section;
  readonly tag: Tag;
  readonly depth: number;

  constructor(section: Section, tag: Tag, depth: number) {
    this.section = section;
    this.tag = tag;
    this.depth = depth;
  }

  get code(): string | undefined {
    return this.tag.code('code');
  }

  /** Whether it answers one of these questions. */
  is(...codes: readonly string[]): boolean {
    const isOne = codes.includes(this.code ?? '');
    if (isOne) this.#unread.read(this.tag.first('code'), 'code', 'codeSystem', 'displayName');
    return isOne;
  }

  get mood(): string | undefined {
    this.#unread.read(this.tag, 'moodCode');
    return this.tag.attribute('moodCode');
  }

  /** True when it says that this is not so; otherwise nothing. */
  get negated(): true | undefined {
    this.#unread.read(this.tag, 'negationInd');
    return this.tag.attribute('negationInd') === 'true' ? true : undefined;
  }

  get status(): string | undefined {
    const status = this.tag.first('statusCode');
    this.#unread.read(status, 'code');
    return this.section.reading.short(status?.attribute('code'));
  }

  /** Its words in the narrative. */
  get text(): string | undefined {
    this.#unread.read(this.tag);
    this.is(COMMENT);
    return this.section.said(this.tag.first('text'));
  }

  /**
   * The whole row that its words stand in, where other cells say what neither the statement does nor a label of the form (`1 (Première
   * intention)`). To be asked for last.
   */
  get row(): string | undefined {
    const row = this.section.rowOf(this.tag.first('text'));
    const { reading } = this.section;
    // What is longer is carried nowhere: its narrative is looked at without it.
    if (!row || reading.textOf(row).length > NOTE_LIMIT || this.#unread.rest(row, [this.tag]) === undefined) return undefined;
    this.#unread.whole(row);
    return reading.note(reading.textOf(row));
  }

  /** `value` as a code, or as the text that stands in its place. */
  get value(): Coded | undefined {
    this.#unread.read(this.tag);
    return this.section.coded(this.tag.first('value'), () => this.text);
  }

  /** The words of its value, where a code has no place. */
  get words(): string | undefined {
    const { code, text, label } = this.value ?? {};
    if (code !== undefined || (text !== undefined && label !== undefined)) this.#unread.note('value', this.code);
    return text ?? label ?? this.text;
  }

  /** Undefined when the value is no truth: absent, or of a nullFlavor, which is never `false`. */
  get flag(): boolean | undefined {
    const value = this.tag.first('value');
    const said = value?.attribute('value');
    const flag = said === 'true' ? true : said === 'false' ? false : undefined;
    this.#unread.read(this.tag);
    if (flag !== undefined && this.#unread.typed(value, ['BL'])) this.#unread.read(value, 'value');
    return flag;
  }

  get number(): number | undefined {
    const value = this.tag.first('value');
    const said = value?.attribute('value');
    this.#unread.read(this.tag);
    if (said === undefined || !/^-?\d{1,9}(\.\d{1,9})?$/.test(said)) return undefined;
    if (said === String(Number(said)) && this.#unread.typed(value, ['INT', 'REAL'])) this.#unread.read(value, 'value');
    return Number(said);
  }

  get start(): string | undefined {
    const at = this.#time('effectiveTime');
    if (at !== undefined) return at;
    const from = this.#time('effectiveTime', 'low');
    // Since then: it is written as at that time.
    if (from !== undefined && this.tag.value('effectiveTime', 'high') === undefined) this.#unread.note('effectiveTime', this.code);
    return from;
  }

  /** When, where it may have a beginning alone. */
  get times(): { readonly start: string | undefined; readonly end: string | undefined; readonly openEnded: true | undefined } {
    const [at, from] = [this.#time('effectiveTime'), this.#time('effectiveTime', 'low')];
    const isOpen = at === undefined && from !== undefined && this.tag.value('effectiveTime', 'high') === undefined;
    return { start: at ?? from, end: this.end, openEnded: isOpen || undefined };
  }

  /** Of what has a beginning and mostly no end. */
  get onset(): string | undefined {
    return this.#time('effectiveTime') ?? this.#time('effectiveTime', 'low');
  }

  get end(): string | undefined {
    return this.#time('effectiveTime', 'high');
  }

  /** Of a statement whose value is a time: that one, which its effectiveTime repeats. */
  get instant(): string | undefined {
    const [value, start] = [this.#time('value'), this.start];
    if (value !== undefined && start !== undefined && value !== start) this.#unread.note('date', this.code);
    return value ?? start;
  }

  #time(...path: readonly [string, ...string[]]): string | undefined {
    const tag = this.tag.first(...path);
    this.#unread.read(this.tag);
    const time = isoTime(tag?.attribute('value'));
    const types = path[0] === 'value' ? ['TS'] : ['TS', 'IVL_TS'];
    const isOf = [this.tag.first(path[0]), tag].every((one) => this.#unread.typed(one, types));
    // An hour without an offset is that of the place where it was written.
    if (time !== undefined && isOf && !/T[\d:]+$/.test(time)) this.#unread.read(tag, 'value');
    return time;
  }

  get related(): readonly Statement[] {
    if (this.depth > DEPTH_LIMIT) return [];
    const holders = this.tag.elements.filter(({ name }) => name === 'entryRelationship' || name === 'component');
    return statementsIn(this.section, holders, this.depth + 1);
  }

  find(code: string): Statement | undefined {
    if (this.is(code)) return this;
    for (const one of this.related) {
      const found = one.find(code);
      if (found) return found;
    }
    return undefined;
  }

  /** The comment on it, not on what it holds. */
  get comment(): string | undefined {
    return this.related.find(isComment)?.text;
  }

  get finding(): Finding | undefined {
    const { section, tag } = this;
    const value = tag.first('value');
    const isCode = value?.attribute('code') !== undefined;
    const { reading } = section;
    const [number, unit] = [value?.attribute('value'), reading.short(value?.attribute('unit'))];
    if (isCode && this.#unread.typed(value, CODED)) this.#unread.read(value, 'code', 'codeSystem', 'displayName');
    const types = unit === undefined ? (isTruth(number) ? ['BL'] : ['REAL', 'INT']) : ['PQ'];
    const isKept = isTruth(number) || isNumber(number);
    if (!isCode && number !== undefined && isKept && this.#unread.typed(value, types)) this.#unread.read(value, 'value', 'unit');
    // Read as what it is, for words that are a number would become one.
    if (!isCode && number === undefined && !isNumber(value?.text) && !isTruth(value?.text) && this.#unread.typed(value, ['ST']))
      this.#unread.whole(value);
    return said({
      ...section.coded(tag.first('code'), () => this.text),
      negated: this.negated,
      value: reading.short(value?.attribute('code') ?? number ?? value?.text),
      valueSystem: isCode ? reading.short(value?.attribute('codeSystem')) : undefined,
      valueLabel: isCode ? reading.short(value?.attribute('displayName')) : undefined,
      unit,
      date: this.start,
    });
  }

  get #unread(): Unread {
    return this.section.reading.unread;
  }
}

export const isComment = ({ code }: Statement): boolean => code === COMMENT;
const isTruth = (said: string | undefined): boolean => said === 'true' || said === 'false';
const isNumber = (said: string | undefined): boolean => said !== undefined && /^-?\d+(\.\d+)?$/.test(said);

const statementsIn = (section: Section, holders: readonly Tag[], depth = 0): readonly Statement[] =>
  holders.flatMap((holder) => holder.elements.filter(({ name }) => STATEMENTS.has(name)).map((tag) => new Statement(section, tag, depth)));

type Said<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Only what is said; `undefined` when that is nothing. */
export function said<T extends object>(fields: T): Said<Partial<T>> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length > 0 ? (Object.fromEntries(kept) as Said<Partial<T>>) : undefined;
}

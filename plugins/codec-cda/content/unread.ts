/**
 * What a structured body says and its canonical content does not: noted while it is read, and looked for afterwards, so that no document is
 * written again without it (SAFETY B10). What is not surely carried counts as unread.
 */
import { fold } from '../../../core/model/index.ts';
import type { Tag } from '../tag.ts';
import { isLabel } from './labels.ts';

/** Most reasons that are kept: one is enough to send nothing. */
const REASONS_LIMIT = 20;
/** Elements that say nothing of the patient; a translation says the same in another system. */
const FORMAL = new Set(['templateId', 'realmCode', 'typeId', 'sequenceNumber', 'seperatableInd', 'translation']);
/** Of a statement: which one it is. Its state is looked at apart. */
const NAMING = new Set(['id', 'code', 'statusCode']);
const COMMENT = '48767-8';
const SAYING = ['value', 'code', 'extension', 'displayName'];
/** Of an act and of a statement: usual states, and moods that go without saying. */
const STATES = [undefined, 'completed', 'active'];
const BREAKS = new Set(['td', 'th', 'tr', 'caption', 'paragraph', 'item', 'list', 'table', 'thead', 'tbody', 'tfoot', 'br']);
/** Words that say nothing by themselves. */
const SMALL = new Set(['SCORE', 'A', 'AU', 'AUX', 'D', 'DE', 'DES', 'DU', 'EN', 'ET', 'L', 'LA', 'LE', 'LES', 'N']);

export class Unread {
  readonly #reasons = new Set<string>();
  readonly #read = new Set<Tag>();
  readonly #whole = new Set<Tag>();
  readonly #negations = new Set<Tag>();
  readonly #moods = new Set<Tag>();
  readonly #days: ReadonlySet<string>;

  /** `times`: of the document and of what it documents, as they stand in its header. */
  constructor(times: readonly string[] = []) {
    this.#days = new Set(times.map((time) => time.slice(0, 8)));
  }

  get reasons(): readonly string[] {
    return [...this.#reasons].slice(0, REASONS_LIMIT);
  }

  note(reason: string, code?: string): void {
    this.#reasons.add(code === undefined ? reason : `${reason} ${/^[\w.-]{1,40}$/.test(code) ? code : '?'}`);
  }

  /** Its attributes were read. */
  read(tag: Tag | undefined): void {
    if (tag) this.#read.add(tag);
  }

  /** All that is in it was read. */
  whole(tag: Tag | undefined): void {
    if (tag) this.#whole.add(tag);
  }

  negation(tag: Tag): void {
    this.#negations.add(tag);
  }

  mood(tag: Tag): void {
    this.#moods.add(tag);
  }

  /** Looks through a section: its entries, then its narrative. `isConstant`: a statement that is written again without being read. */
  section(tag: Tag, isConstant: (statement: Tag) => boolean): void {
    const entries = tag.elements.filter(({ name }) => name === 'entry');
    const statements = entries.flatMap(({ elements }) => elements).filter((one) => !isConstant(one));
    for (const statement of statements) this.#statement(statement);
    const text = tag.first('text');
    if (text && this.rest(text, entries) !== undefined) this.note('narrative', tag.code('code'));
    for (const { name } of tag.elements)
      if (!['templateId', 'id', 'code', 'title', 'text', 'entry', 'component', 'languageCode', 'confidentialityCode'].includes(name))
        this.note(name, tag.code('code'));
  }

  /** The first piece of a narrative that was not read and that the entries do not say: no label of a form, and a word that no code, value or name has. */
  rest(narrative: Tag, entries: readonly Tag[]): string | undefined {
    const units = this.#units(narrative).filter((unit) => !isLabel(unit));
    if (units.length === 0) return undefined;
    const words = new Set<string>();
    for (const entry of entries) this.#collect(entry, words);
    return units.find((unit) => wordsOf(unit).some((word) => !words.has(word) && !SMALL.has(word)));
  }

  #statement(tag: Tag): void {
    if (this.#whole.has(tag)) return;
    const code = tag.code('code');
    if (!this.#isTouched(tag)) {
      this.note('entry', code ?? tag.name);
      return;
    }
    if (tag.attribute('negationInd') === 'true' && !this.#negations.has(tag)) this.note('negation', code);
    if (!this.#moods.has(tag) && !['EVN', undefined].includes(tag.attribute('moodCode'))) this.note('mood', code);
    const status = tag.first('statusCode');
    if (status && !this.#read.has(status) && !STATES.includes(status.attribute('code'))) this.note('status', code);
    for (const child of tag.elements) {
      const inner = child.name === 'code' ? child.elements : NAMING.has(child.name) || this.#isUsualTime(child, code) ? [] : [child];
      // Each piece is looked at, statements within it for themselves.
      if (inner.map((one) => this.#isUnread(one)).includes(true)) this.note(child.name, code);
    }
  }

  #isUnread(tag: Tag): boolean {
    if (this.#whole.has(tag) || FORMAL.has(tag.name)) return false;
    if (tag.attribute('moodCode') !== undefined && tag.name !== 'externalDocument') {
      this.#statement(tag);
      return false;
    }
    const says = tag.name !== 'reference' && SAYING.some((name) => tag.attribute(name) !== undefined);
    const hasText = tag.pieces.some((piece) => typeof piece === 'string' && piece.trim() !== '');
    return (says && !this.#read.has(tag)) || hasText || tag.elements.map((child) => this.#isUnread(child)).includes(true);
  }

  /** An answer has a time of its own: mostly that of the document, and of a comment nothing else. */
  #isUsualTime(tag: Tag, code: string | undefined): boolean {
    if (tag.name !== 'effectiveTime') return false;
    const times = [tag, ...tag.elements].filter((one) => !this.#read.has(one)).flatMap((one) => one.attribute('value') ?? []);
    return code === COMMENT || times.every((time) => this.#days.has(time.slice(0, 8)));
  }

  /** Whether anything in it was read. */
  #isTouched(tag: Tag): boolean {
    return this.#read.has(tag) || this.#whole.has(tag) || tag.elements.some((child) => this.#isTouched(child));
  }

  #collect(tag: Tag, words: Set<string>, seen = new Set<string>()): void {
    for (const name of [...SAYING, 'unit', 'codeSystemName']) {
      const value = tag.attribute(name);
      if (value === undefined) continue;
      if (seen.has(value)) continue;
      seen.add(value);
      for (const word of wordsOf(value)) words.add(word);
      // 20190218 is said 18/02/2019 as well.
      if (/^\d{4,14}(?:[.+-]\d+)?$/.test(value)) for (const [piece] of value.matchAll(/^\d{4}|\d{2}/g)) words.add(piece);
      if (value === 'true' || value === 'false') words.add(value === 'true' ? 'OUI' : 'NON');
    }
    for (const piece of tag.pieces)
      if (typeof piece === 'string') for (const word of piece.trim() === '' ? [] : wordsOf(piece)) words.add(word);
      else if (piece.isHl7) this.#collect(piece, words, seen);
  }

  /** Cells, paragraphs and items, each without what was read of it. */
  #units(narrative: Tag): readonly string[] {
    const units = [''];
    const walk = (tag: Tag): void => {
      if (this.#whole.has(tag)) return;
      for (const piece of tag.pieces) {
        if (typeof piece === 'string') units[units.length - 1] += piece;
        else {
          if (BREAKS.has(piece.name)) units.push('');
          walk(piece);
          if (BREAKS.has(piece.name)) units.push('');
        }
      }
    };
    walk(narrative);
    return units.filter((unit) => /[\p{L}\p{N}]/u.test(unit));
  }
}

function wordsOf(text: string): readonly string[] {
  if (/^\p{ASCII}*$/u.test(text))
    return text
      .toUpperCase()
      .split(/[^A-Z\d]+/)
      .filter(Boolean);
  return text
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter(Boolean)
    .map(fold);
}

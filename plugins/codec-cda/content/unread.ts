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
/** What turns the words beside it around: found elsewhere, it says nothing of them. An elided `n'` is one as well. */
const NEGATIONS = new Set(['NON', 'NE', 'PAS', 'SANS', 'NI', 'AUCUN', 'AUCUNE', 'JAMAIS', 'RIEN', 'SAUF', 'ABSENCE', 'ABSENT', 'ABSENTE']);
/** In the place of what was read: a negation before it turns it around. */
const READ = '\uFFFC';
const CLAUSES = /[.,;:()[\]|/–—]+/u;

/** What the entries beside a narrative say: their words, the texts that these stand in, and how many answers of yes and no are left. */
interface Said {
  readonly words: Set<string>;
  readonly texts: Set<string>;
  readonly answers: Map<string, number>;
}

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

  /**
   * The first piece of a narrative that was not read and that the entries do not say: no label of a form, and a word that no code, value or name has, a
   * negation that stands so in none of them, or an answer that no question is left for.
   */
  rest(narrative: Tag, entries: readonly Tag[]): string | undefined {
    const units = this.#units(narrative).filter((unit) => !isLabel(unit));
    if (units.length === 0) return undefined;
    const said: Said = { words: new Set(), texts: new Set(), answers: new Map() };
    for (const entry of entries) this.#collect(entry, said);
    // What was read of it answers questions of those entries too.
    const answered = units.some((unit) => answersIn(unit).length > 0) ? this.#units(narrative, true).flatMap(answersIn) : [];
    for (const answer of answered) said.answers.set(answer, (said.answers.get(answer) ?? 0) - 1);
    return units.find((unit) => {
      const hasNew = wordsOf(unit).some((word) => !said.words.has(word) && !SMALL.has(word));
      return hasNew || unit.split(CLAUSES).some((clause) => isTurned(clause, said));
    });
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

  #collect(tag: Tag, said: Said, seen = new Set<string>()): void {
    const { words, answers } = said;
    const hear = (text: string): void => {
      const all = wordsOf(text);
      for (const word of all) words.add(word);
      said.texts.add(` ${all.join(' ')} `);
    };
    for (const name of [...SAYING, 'unit', 'codeSystemName']) {
      const value = tag.attribute(name);
      if (value === undefined) continue;
      const answer = value === 'true' ? 'OUI' : value === 'false' ? 'NON' : fold(value);
      if (isAnswer(answer)) answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (seen.has(value)) continue;
      seen.add(value);
      hear(value);
      // 20190218 is said 18/02/2019 as well.
      if (/^\d{4,14}(?:[.+-]\d+)?$/.test(value)) for (const [piece] of value.matchAll(/^\d{4}|\d{2}/g)) words.add(piece);
      if (isAnswer(answer)) words.add(answer);
    }
    for (const piece of tag.pieces)
      if (typeof piece === 'string') hear(piece);
      else if (piece.isHl7) this.#collect(piece, said, seen);
  }

  /** Cells, paragraphs and items, each without what was read of it unless `hasRead`. */
  #units(narrative: Tag, hasRead = false): readonly string[] {
    const units = [''];
    const walk = (tag: Tag): void => {
      if (!hasRead && this.#whole.has(tag)) {
        units[units.length - 1] += READ;
        return;
      }
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

const answersIn = (text: string): readonly string[] => text.split(CLAUSES).flatMap((clause) => (isAnswer(fold(clause)) ? [fold(clause)] : []));

const isAnswer = (word: string): boolean => word === 'OUI' || word === 'NON';

/** Whether it says yes or no once more than the entries, or says no where none of their texts does. */
function isTurned(clause: string, { texts, answers }: Said): boolean {
  const words = wordsOf(clause);
  const [first = ''] = words;
  const isWhole = !clause.includes(READ);
  if (words.length === 1 && isAnswer(first) && isWhole) return (answers.get(first) ?? 0) < 0;
  if (!words.some((word) => NEGATIONS.has(word)) && !/(?:^|\P{L})n['’]/iu.test(clause)) return false;
  const turned = ` ${words.join(' ')} `;
  return !isWhole || ![...texts].some((text) => text.includes(turned));
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

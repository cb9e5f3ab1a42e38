/**
 * What a structured body says and its canonical content does not: noted while it is read, and looked for afterwards, so that no document is
 * written again without it (SAFETY B10). What is not surely carried counts as unread.
 */
import { fold } from '../../../core/model/index.ts';
import type { Tag } from '../tag.ts';
import { isLabel } from './labels.ts';

/** Most reasons that are kept: one is enough to send nothing. */
const REASONS_LIMIT = 20;
/** Elements that say nothing of the patient. */
const FORMAL = new Set(['templateId', 'realmCode', 'typeId', 'seperatableInd']);
/** Of a translation, what says the same in another system. */
const TRANSLATED = new Set(['code', 'codeSystem', 'codeSystemName', 'codeSystemVersion', 'displayName']);
const COMMENT = '48767-8';
const SAYING = ['value', 'code', 'extension', 'displayName'];
/** Attributes that are the form of a CDA, with the values that say nothing of their own. Any other one is read or it is noted. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  classCode: ['OBS', 'PROC', 'ENC', 'ACT', 'CLUSTER', 'ASSIGNED', 'PSN', 'ORG', 'DOC'],
  moodCode: ['EVN'],
  negationInd: ['false'],
  determinerCode: ['INSTANCE'],
  typeCode: ['COMP', 'SUBJ', 'REFR', 'DRIV', 'PRF'],
  inversionInd: ['false'],
  use: ['WP', 'H', 'HP', 'L', 'MC', 'PUB'],
};
/** What is not known says no more than that nothing is said; that somebody asked, or nobody did, says more. */
const UNKNOWN = ['NA', 'NAV', 'NI', 'UNK'];
/** What may stand in a code that is unknown: it is written as one without a code. */
const BESIDE_UNKNOWN = new Set(['originalText', 'qualifier', 'translation']);
/** Of what is in an attribute, the name by which it is noted. */
const REASONS: Readonly<Record<string, string>> = { negationInd: 'negation', moodCode: 'mood' };
/** Elements of a narrative whose words mean the same without them. */
const PLAIN = new Set([
  'content',
  'paragraph',
  'list',
  'item',
  'caption',
  'table',
  'thead',
  'tbody',
  'tfoot',
  'tr',
  'td',
  'th',
  'col',
  'colgroup',
  'br',
  'linkHtml',
]);
/** Styles of a narrative that say nothing: form and emphasis, never words that are struck through. */
const STYLE =
  /^(?:(?:Bold|Italics|Underline|Emphasis|BoldItalics|[LRTB](?:top|bot)?rule|Left|Center|Right|Justify|Top|Middle|Bottom|Baseline|Arabic|(?:Little|Big)(?:Roman|Alpha)|Disc|Circle|Square)(?:\s+|$))*$/i;
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
  readonly #read = new Map<Tag, Set<string>>();
  readonly #whole = new Set<Tag>();
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

  /** It was reached, and these of its attributes are carried; any other one, its text and what it holds are noted unless they are read too. */
  read(tag: Tag | undefined, ...attributes: readonly string[]): void {
    if (!tag) return;
    const known = this.#read.get(tag);
    if (!known) this.#read.set(tag, new Set(attributes));
    else for (const name of attributes) known.add(name);
  }

  /** Its type, where it is one that is written again as what it is. */
  typed(tag: Tag | undefined, types: readonly string[]): boolean {
    const isOf = tag !== undefined && types.includes(tag.attribute('xsi:type') ?? types[0]!);
    if (isOf) this.read(tag, 'xsi:type');
    return isOf;
  }

  /** The text that is in it was read; of a narrative, that of elements within included. */
  whole(tag: Tag | undefined): void {
    if (tag) this.#whole.add(tag);
  }

  /** Looks through an element that stands in no section. */
  element(tag: Tag): void {
    if (this.#isUnread(tag)) this.note(tag.name);
  }

  /** What holds a section holds nothing else. */
  component(tag: Tag): void {
    if (this.#attributesLeft(tag).length > 0 || hasText(tag) || tag.elements.some(({ name }) => name !== 'section')) this.note('component');
  }

  /** Looks through a section: its entries, then its narrative. */
  section(tag: Tag): void {
    const entries = tag.elements.filter(({ name }) => name === 'entry');
    for (const statement of entries.flatMap(({ elements }) => elements)) this.#statement(statement);
    const text = tag.first('text');
    const code = tag.code('code');
    if (text && (this.rest(text, entries) !== undefined || !isPlain(text))) this.note('narrative', code);
    const title = tag.first('title')?.text;
    if (title !== undefined && !isLabel(title)) this.note('title', code);
    // A template says which section it is.
    this.read(tag.first('code'), 'code', 'codeSystem', 'displayName');
    for (const name of this.#attributesLeft(tag)) this.note(name, code);
    for (const holder of [tag, ...entries]) if (hasText(holder)) this.note('text', code);
    for (const entry of entries) if (this.#attributesLeft(entry).length > 0) this.note('entry', code);
    for (const one of tag.elements) if (one.name === 'component') this.component(one);
    for (const child of tag.elements) {
      const said = child.attribute('code') ?? '';
      const isFormal =
        ['templateId', 'id', 'title', 'text', 'entry', 'component'].includes(child.name) ||
        (child.name === 'code' && !this.#isUnread(child)) ||
        (child.name === 'languageCode' && said.startsWith('fr')) ||
        (child.name === 'confidentialityCode' && said === 'N');
      if (!isFormal) this.note(child.name, code);
    }
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
    const code = tag.code('code');
    if (!this.#isTouched(tag)) {
      this.note('entry', code ?? tag.name);
      return;
    }
    for (const name of this.#attributesLeft(tag)) this.note(REASONS[name] ?? name, code);
    if (hasText(tag)) this.note('text', code);
    const status = tag.first('statusCode');
    // What is not read is written as completed.
    if (status?.attribute('code') === 'completed') this.read(status, 'code');
    const isTimed = tag.elements.filter(({ name }) => name === 'effectiveTime').length === 1;
    for (const child of tag.elements) {
      // Which one it is.
      if (child.name === 'id' || (isTimed && this.#isUsualTime(child, code))) continue;
      if (this.#isUnread(child)) this.note(child.name === 'statusCode' ? 'status' : child.name, code);
    }
  }

  /** Each piece is looked at, statements within it for themselves. */
  #isUnread(tag: Tag): boolean {
    if (FORMAL.has(tag.name)) return false;
    if (tag.attribute('moodCode') !== undefined && tag.name !== 'externalDocument') {
      this.#statement(tag);
      return false;
    }
    const inner = tag.elements.map((child) => !this.#isTranslation(child, tag) && this.#isUnread(child)).includes(true);
    return inner || this.#attributesLeft(tag).length > 0 || (hasText(tag) && !this.#whole.has(tag));
  }

  /** Whether it says no more than the code beside it, which is carried: of a code that is local it may be all, and of a function it is another one. */
  #isTranslation(tag: Tag, of: Tag): boolean {
    if (tag.name !== 'translation' || of.name === 'functionCode') return false;
    const isCarried = of.attribute('code') !== undefined && this.#read.get(of)?.has('code') === true;
    const isBare = tag.attributeNames.every((name) => TRANSLATED.has(name)) && !hasText(tag);
    return isCarried && isBare && !tag.elements.some((one) => this.#isUnread(one));
  }

  #attributesLeft(tag: Tag): readonly string[] {
    const carried = this.#read.get(tag);
    return tag.attributeNames.filter((name) => !carried?.has(name) && !this.#isFormal(tag, name));
  }

  #isFormal(tag: Tag, name: string): boolean {
    const value = tag.attribute(name)!;
    // The same as its number, which is read or noted.
    if (name === 'codeSystemName') return tag.attribute('codeSystem') !== undefined;
    if (name === 'nullFlavor') return UNKNOWN.includes(value) && isUnknown(tag);
    // Of what nobody reads, what it says is noted.
    if (name === 'xsi:type') return !this.#read.has(tag);
    if (name === 'value' && tag.name === 'reference') return true;
    if (name === 'inversionInd' && tag.elements.some((one) => one.code('code') === COMMENT)) return true;
    return FIXED[name]?.includes(value) ?? false;
  }

  /** An answer has a time of its own: mostly that of the document, and of a comment nothing else. */
  #isUsualTime(tag: Tag, code: string | undefined): boolean {
    if (tag.name !== 'effectiveTime') return false;
    const parts = [tag, ...tag.elements];
    const isPlain = parts.every((one) =>
      one.attributeNames.every((name) => name === 'value' || this.#isFormal(one, name) || this.#read.get(one)?.has(name)),
    );
    const names = tag.elements.map(({ name }) => name);
    const isBare = tag.elements.every(({ elements }) => elements.length === 0) && ['', 'low', 'high', 'low high'].includes(names.join(' '));
    if (!isPlain || !isBare || parts.some(hasText)) return false;
    const [said, left] = [true, false].map((isRead) =>
      parts
        .filter((one) => this.#read.get(one)?.has('value') === isRead || (!isRead && !this.#read.has(one)))
        .flatMap((one) => one.attribute('value') ?? []),
    );
    if (left!.length === 0 || code === COMMENT) return true;
    // Beside a time that is read another one is not usual.
    return said!.length === 0 && left!.every((time) => this.#days.has(time.slice(0, 8)));
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
      else if (piece.isHl7 && piece.name !== 'translation') this.#collect(piece, said, seen);
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

const hasText = ({ pieces }: Tag): boolean => pieces.some((piece) => (typeof piece === 'string' ? piece.trim() !== '' : !piece.isHl7));

const isSilent = (tag: Tag): boolean =>
  [...SAYING, 'root'].every((name) => tag.attribute(name) === undefined) && !hasText(tag) && tag.elements.every(isSilent);

/** Whether what is said to be unknown is: a value in it would become certain. */
const isUnknown = (tag: Tag): boolean =>
  SAYING.every((name) => tag.attribute(name) === undefined) &&
  !hasText(tag) &&
  tag.elements.every((one) => BESIDE_UNKNOWN.has(one.name) || isSilent(one));

/** Whether its words alone say it: no picture, no power of ten, nothing that is marked as deleted or struck through. */
const isPlain = (tag: Tag): boolean =>
  tag.attribute('revised') === undefined &&
  STYLE.test(tag.attribute('styleCode') ?? '') &&
  tag.pieces.every((piece) => typeof piece === 'string' || (piece.isHl7 && PLAIN.has(piece.name) && isPlain(piece)));

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

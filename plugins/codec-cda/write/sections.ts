/** Writes sections of a structured body: rows of a human text with names, and entries that refer to them. */
import { createHash } from 'node:crypto';
import type { Coded, PlanStep } from '../../../core/model/index.ts';
import type { ContentModel, SectionName } from '../content/index.ts';
import { hl7Time } from '../hl7-time.ts';
import { element, escapeXml } from '../xml-text.ts';

/** Table of CI-SIS codes (TA_ASIP) and LOINC. */
export const TA = '1.2.250.1.213.1.1.4.322';
export const LOINC = '2.16.840.1.113883.6.1';
const PCC = '1.3.6.1.4.1.19376.1.5.3.1';
export const SIMPLE = [`${PCC}.4.13`, '1.2.250.1.213.1.1.3.48'];
const COMMENT = ['2.16.840.1.113883.10.20.1.40', `${PCC}.4.2`, '1.2.250.1.213.1.1.3.32'];

type Code = readonly [code: string, system: string, label: string];

/** Statement to write; an element is left out when it has nothing to say and the schema can do without. */
export interface StatementParts {
  readonly name?: 'observation' | 'procedure' | 'encounter' | 'act' | 'organizer';
  readonly classCode?: string;
  readonly mood?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly templates: readonly string[];
  readonly code: string;
  /** Name of the row that says it; `undefined` leaves the text out. */
  readonly row?: string | undefined;
  /** Default: completed. `null`: left out; `unknown` is no state. */
  readonly status?: string | null | undefined;
  readonly time?: string | undefined;
  readonly priority?: string | undefined;
  readonly value?: string | undefined;
  readonly site?: string | undefined;
  readonly people?: string | undefined;
  readonly related?: readonly (string | undefined)[];
  readonly withoutId?: boolean;
}

const CLASSES = { observation: 'OBS', procedure: 'PROC', encounter: 'ENC', act: 'ACT', organizer: 'CLUSTER' } as const;

/** One document: its model, its time zone, and ids that are the same when it is written twice. */
export class Writer {
  readonly model: ContentModel;
  readonly #seed: string;
  readonly #timeZone: string;
  #ids = 0;
  #rows = 0;

  constructor(model: ContentModel, seed: string, timeZone: string) {
    this.model = model;
    this.#seed = seed;
    this.#timeZone = timeZone;
  }

  /** Root-only, of the form of a UUID. */
  id(): string {
    const hex = createHash('sha256')
      .update(`${this.#seed} ${(this.#ids += 1)}`)
      .digest('hex')
      .toUpperCase();
    const root = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    return element('id', { root });
  }

  nextRow(): string {
    return `t${(this.#rows += 1)}`;
  }

  time(start: string | undefined, end?: string, low = false): string {
    const [from, to] = [hl7Time(start, this.#timeZone), hl7Time(end, this.#timeZone)];
    if (from === undefined && to === undefined)
      return low ? element('effectiveTime', {}, element('low', { nullFlavor: 'NI' })) : element('effectiveTime', { nullFlavor: 'NI' });
    if (to === undefined && !low) return element('effectiveTime', { value: from });
    return element('effectiveTime', {}, element('low', from ? { value: from } : { nullFlavor: 'NI' }), to && element('high', { value: to }));
  }

  instant(time: string | undefined): string | undefined {
    return hl7Time(time, this.#timeZone);
  }

  statement(parts: StatementParts): string {
    const { name = 'observation', templates, code, row, status = 'completed', people, related = [] } = parts;
    return element(
      name,
      { classCode: parts.classCode ?? CLASSES[name], moodCode: parts.mood ?? 'EVN', ...parts.attributes },
      ...templates.map((root) => element('templateId', { root })),
      parts.withoutId ? undefined : this.id(),
      code,
      row === undefined ? undefined : element('text', {}, reference(row)),
      status === null ? undefined : element('statusCode', status === 'unknown' ? { nullFlavor: 'NI' } : { code: status }),
      parts.time,
      parts.priority,
      parts.value,
      parts.site,
      people,
      ...related,
    );
  }

  /** A question of the model and its answer. */
  observation(code: Code, row: string | undefined, value: string, time: string | undefined, related: readonly (string | undefined)[] = []): string {
    return this.statement({ templates: SIMPLE, code: codeElement('code', code), row, value, time: time ?? this.time(undefined), related });
  }

  section(
    name: SectionName,
    title: string | undefined,
    text: string,
    entries: readonly (string | undefined)[],
    inner: readonly string[] = [],
    translation?: Code,
  ): string {
    const model = this.model.sections[name];
    if (!model) return '';
    return element(
      'component',
      {},
      element(
        'section',
        {},
        ...model.templates.map((root) => element('templateId', { root })),
        this.id(),
        element(
          'code',
          { code: model.code, codeSystem: LOINC, codeSystemName: 'LOINC', displayName: model.label },
          translation && codeElement('translation', translation),
        ),
        title === undefined ? undefined : element('title', {}, escapeXml(title)),
        element('text', {}, text),
        ...entries.map((entry) => entry && element('entry', {}, entry)),
        ...inner,
      ),
    );
  }
}

/** The rows of one table. */
export class Rows {
  readonly #writer: Writer;
  #heading: string;
  #rows: string[] = [];
  #tables: string[] = [];

  constructor(writer: Writer, heading: string) {
    this.#writer = writer;
    this.#heading = heading;
  }

  /** Adds a line and answers its name. */
  row(label: string, text: string | undefined): string {
    const name = this.#writer.nextRow();
    this.#rows.push(element('tr', {}, element('td', {}, escapeXml(label)), element('td', {}, element('content', { ID: name }, lines(text ?? '')))));
    return name;
  }

  /** A row of a narrative as it was, the words that an entry refers to named where they stand in it; answers their name. */
  asItWas(row: string, words: string | undefined): string {
    const name = this.#writer.nextRow();
    const named = (text: string): string => element('content', { ID: name }, lines(text));
    const cells = row.split(' | ');
    const at = words === undefined ? -1 : cells.findIndex((cell) => cell.includes(words));
    const written = cells.map((cell, i) => {
      const [before, ...after] = i === at ? cell.split(words!) : [cell];
      return element('td', {}, lines(before!), i === at ? named(words!) + lines(after.join(words)) : undefined);
    });
    this.#rows.push(element('tr', {}, ...written, at < 0 ? element('td', {}, named(words ?? '')) : undefined));
    return name;
  }

  /** A text that needs no label and no name. */
  alone(text: string): void {
    this.#rows.push(element('tr', {}, element('td', {}, lines(text))));
  }

  of(label: string, value: Coded | undefined): string {
    return this.row(label, value?.text ?? value?.label ?? value?.code);
  }

  flag(label: string, value: boolean | undefined): string {
    return this.row(label, value === undefined ? undefined : value ? 'Oui' : 'Non');
  }

  /** Ends the table and begins another one. */
  next(heading: string): void {
    this.#close();
    this.#heading = heading;
  }

  toString(): string {
    this.#close();
    return this.#tables.join(element('br', {}));
  }

  #close(): void {
    if (this.#rows.length === 0) return;
    const head = element('thead', {}, element('tr', {}, element('th', { colspan: '2' }, escapeXml(this.#heading))));
    this.#tables.push(element('table', { border: '0' }, head, element('tbody', {}, ...this.#rows)));
    this.#rows = [];
  }
}

/** In the words of a reader. */
export const period = ({ start, end, openEnded }: Pick<PlanStep, 'start' | 'end' | 'openEnded'>): string =>
  openEnded && end === undefined ? `dès le ${start ?? ''}` : [start, end].filter(Boolean).join(' - ');

/** A text of its own: what a reader gives back as it was. */
export const paragraph = (text: string): string => element('paragraph', {}, lines(text));

const lines = (text: string): string => text.split('\n').map(escapeXml).join('<br/>');

export const reference = (row: string): string => element('reference', { value: `#${row}` });

export const codeElement = (name: string, [code, system, label]: Code, ...inner: readonly (string | undefined)[]): string =>
  element(name, { code, codeSystem: system, displayName: label }, ...inner);

/** A coded value with the words that stand beside it; `type` false where the schema has the type already. */
export function codedElement(
  name: string,
  value: Coded | undefined,
  row: string | undefined,
  type = true,
  ...inner: readonly (string | undefined)[]
): string {
  const kind = type ? { 'xsi:type': 'CD' } : {};
  if (!value || Object.keys(value).length === 0) return element(name, { ...kind, nullFlavor: 'NI' }, ...inner);
  const words = row !== undefined && element('originalText', {}, reference(row));
  const code = { code: value.code, codeSystem: value.code === undefined ? undefined : value.system, displayName: value.label };
  return element(name, { ...kind, ...code }, words || undefined, ...inner);
}

export const flagElement = (value: boolean | undefined): string =>
  element('value', { 'xsi:type': 'BL', ...(value === undefined ? { nullFlavor: 'NI' } : { value: String(value) }) });

export const related = (type: string, statement: string, inversion?: boolean): string =>
  element('entryRelationship', { typeCode: type, ...(inversion !== undefined && { inversionInd: String(inversion) }) }, statement);

/** The comment on a statement: an act that refers to its row. */
export function commentAct(writer: Writer, row: string): string {
  return writer.statement({ name: 'act', templates: COMMENT, code: codeElement('code', ['48767-8', LOINC, 'Commentaire']), row, withoutId: true });
}

export const comment = (writer: Writer, rows: Rows, text: string | undefined): string | undefined =>
  text === undefined ? undefined : related('SUBJ', commentAct(writer, rows.row('Commentaire', text)), true);

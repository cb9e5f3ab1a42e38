/** Text tables for people: fixed columns, a last one that is never cut, colours by state on a terminal. */
import type { Io } from './io.ts';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** The last column: what does not fit beside the others is written below its row, whole. */
  readonly rest?: boolean;
  readonly right?: boolean;
  /** Never cut: what a person copies into another command. */
  readonly whole?: boolean;
}

const GAP = '  ';
/** Under its row, a text that found no room beside it. */
const BELOW = '    ';
/** A column other than the last one may not push the others out. */
const MAX_CELL = 40;

export function table<T>(io: Io, columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const fits = columns.map(({ title, whole }, c) =>
    Math.min(whole ? Infinity : MAX_CELL, Math.max(title.length, ...cells.map((row) => row[c]!.length))),
  );
  const taken = columns.reduce((sum, { rest }, c) => sum + (rest ? 0 : fits[c]! + GAP.length), 0);
  const line = (texts: readonly string[], paint: (text: string) => string): string =>
    texts
      .map((text, c) => (columns[c]!.rest ? text : paint(pad(cut(text, fits[c]!), fits[c]!, columns[c]!.right === true))))
      .join(GAP)
      .trimEnd();
  const row = (texts: readonly string[]): string => {
    const below = columns.findIndex(({ rest }, c) => rest && taken + texts[c]!.length > io.width);
    const beside = line(
      texts.map((text, c) => (c === below ? '' : text)),
      (text) => paintState(io, text),
    );
    return below < 0 ? `${beside}\n` : `${beside}\n${wrap(texts[below]!, io.width, BELOW)}\n`;
  };
  const head = columns.map(({ title, rest }) => (rest ? style(io, 'bold', title) : title));
  return `${line(head, (text) => style(io, 'bold', text))}\n${cells.map(row).join('')}`;
}

const pad = (text: string, width: number, right: boolean): string => (right ? text.padStart(width) : text.padEnd(width));
const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Lines of at most `width`, broken between words; a longer word stays whole, so that it can be copied. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}${line}`).join('\n');
}

/** What a message says may hold escape sequences: a terminal must never run them. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·');

const CODES = { bold: '1', red: '31', green: '32', yellow: '33', dim: '2' } as const;
export const style = (io: Io, name: keyof typeof CODES, text: string): string => (io.color ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text);

const COLOUR_OF: Readonly<Record<string, keyof typeof CODES>> = {
  delivered: 'green',
  decoded: 'green',
  AA: 'green',
  open: 'green',
  ok: 'green',
  quarantined: 'yellow',
  held: 'yellow',
  review: 'yellow',
  paused: 'yellow',
  downtime: 'yellow',
  attention: 'yellow',
  rejected: 'red',
  dead: 'red',
  tripped: 'red',
  problème: 'red',
};

function paintState(io: Io, padded: string): string {
  const colour = COLOUR_OF[padded.trim()];
  return colour ? style(io, colour, padded) : padded;
}

/** Text tables for people: fixed columns, one that takes the rest, colours by state on a terminal. */
import type { Io } from './io.ts';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Takes what is left of the width and is cut; at most one per table. */
  readonly rest?: boolean;
  readonly right?: boolean;
}

const GAP = '  ';
const MIN_REST = 10;
/** A column other than the last one may not push the others out. */
const MAX_CELL = 40;

export function table<T>(io: Io, columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const fixed = columns.map(({ title }, c) => Math.min(MAX_CELL, Math.max(title.length, ...cells.map((row) => row[c]!.length))));
  const taken = columns.reduce((sum, { rest }, c) => sum + (rest ? 0 : fixed[c]!), GAP.length * (columns.length - 1));
  const widths = columns.map(({ rest }, c) =>
    rest ? Math.max(MIN_REST, Math.min(fixed[c]! < MAX_CELL ? fixed[c]! : 1_000, io.width - taken)) : fixed[c]!,
  );
  const line = (texts: readonly string[], paint: (text: string) => string): string =>
    `${texts
      .map((text, c) => paint(pad(cut(text, widths[c]!), widths[c]!, columns[c]!.right === true)))
      .join(GAP)
      .trimEnd()}\n`;
  const head = line(
    columns.map(({ title }) => title),
    (text) => style(io, 'bold', text),
  );
  return head + cells.map((row) => line(row, (text) => paintState(io, text))).join('');
}

const pad = (text: string, width: number, right: boolean): string => (right ? text.padStart(width) : text.padEnd(width));
const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

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

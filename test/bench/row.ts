/** One line of the result: the fields that tools read first and always, then what the scenario adds. How they are shown. */

export interface Row {
  readonly scenario: string;
  /** `sqlite`, `postgres`; `other` = the engine beside; `none` = generator straight to the receiver. */
  readonly store: string;
  readonly connections: number | null;
  readonly delivered_per_s: number | null;
  readonly ack_p50_ms: number | null;
  readonly ack_p99_ms: number | null;
  /** Engine and database together. */
  readonly cpu_ms_per_message: number | null;
  /** Most memory the engine ever held. */
  readonly rss_mb: number | null;
  /** Bytes that the journal grew by, after a clean stop, for each byte received. */
  readonly growth_ratio: number | null;
  /** `ok`, `broken`, `skipped`, or `median` for the line that sums up the ones before. */
  readonly verdict: 'ok' | 'broken' | 'skipped' | 'median';
  readonly [more: string]: string | number | null | undefined;
}

const EMPTY = {
  connections: null,
  delivered_per_s: null,
  ack_p50_ms: null,
  ack_p99_ms: null,
  cpu_ms_per_message: null,
  rss_mb: null,
  growth_ratio: null,
};
type Figures = Partial<Row> & Pick<Row, 'verdict'>;

/** Four figures are more than such a measure is worth. */
export const rounded = (value: number): number => (value >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));

/** A row with its fields in order. */
export function row(scenario: string, store: string, figures: Figures): Row {
  const all: Record<string, unknown> = { scenario, store, ...EMPTY, ...figures };
  const fields = Object.entries(all).map(([name, value]) => [name, typeof value === 'number' ? rounded(value) : value]);
  return Object.fromEntries(fields) as Row;
}

/** The median of each figure by itself. */
export function medianRow(rows: readonly Row[]): Row {
  const [first] = rows as [Row];
  const middle = (name: string): unknown => {
    const values = rows.map((r) => r[name]).filter((value) => typeof value === 'number');
    return values.length === rows.length ? values.sort((a, b) => a - b)[Math.floor(values.length / 2)] : first[name];
  };
  return Object.fromEntries(Object.keys(first).map((name) => [name, name === 'verdict' ? 'median' : middle(name)])) as unknown as Row;
}

const WIDTHS = {
  scenario: 20,
  store: 9,
  connections: 12,
  delivered_per_s: 16,
  ack_p50_ms: 11,
  ack_p99_ms: 11,
  cpu_ms_per_message: 19,
  rss_mb: 7,
  growth_ratio: 13,
};

export const tableHead = (): string =>
  Object.entries(WIDTHS)
    .map(([name, width]) => (width === 20 || width === 9 ? name.padEnd(width) : name.padStart(width)))
    .join(' ');

/** The fixed fields as columns, then the verdict, then what else there is and is not zero. */
export function tableLine(line: Row): string {
  const cells = Object.entries(WIDTHS).map(([name, width]) => {
    const text = String(line[name] ?? '-');
    return name === 'scenario' || name === 'store' ? text.padEnd(width) : text.padStart(width);
  });
  const more = Object.entries(line).filter(([name, value]) => !(name in WIDTHS) && name !== 'verdict' && value !== undefined && value !== 0);
  return `${cells.join(' ')}  ${line.verdict}  ${more.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

/** Counters and gauges of one process; the snapshot is what `EngineFace.metrics` gives. Labels name lanes and codes, never patients. */
import { PasserelleError, type EngineFace } from '../contract/index.ts';

export type MetricSnapshot = ReturnType<EngineFace['metrics']>;
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Throws ERR_INVARIANT when `by` is negative: a counter only grows. */
  readonly add: (labels?: Labels, by?: number) => void;
}
export interface Gauge {
  readonly set: (value: number, labels?: Labels) => void;
}

export interface Metrics {
  /** Names are those of Prometheus: `messages_received_total`. The same name twice gives the same counter. */
  readonly counter: (name: string, help: string) => Counter;
  readonly gauge: (name: string, help: string) => Gauge;
  /** A gauge that is read at each snapshot. */
  readonly observe: (name: string, help: string, read: () => readonly { readonly labels: Labels; readonly value: number }[]) => void;
  readonly snapshot: () => MetricSnapshot;
}

/** Lanes times codes of a large region; protects memory from a label that turns out to be unbounded. Beyond it, values are summed apart. */
const MAX_SERIES = 5_000;
const OVERFLOW: Labels = { overflow: 'true' };

type Series = Map<string, { readonly labels: Labels; value: number }>;
interface Metric {
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly series: Series;
  readonly read?: () => readonly { readonly labels: Labels; readonly value: number }[];
}

export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>();
  const define = (name: string, metric: Metric): Series => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a metric name in lower case', found: name });
    const known = metrics.get(name);
    if (known && known.type !== metric.type) throw new PasserelleError('ERR_INVARIANT', { expected: known.type, found: `${metric.type} ${name}` });
    metrics.set(name, known ?? metric);
    return (known ?? metric).series;
  };
  return {
    counter: (name, help) => {
      const series = define(name, { help, type: 'counter', series: new Map() });
      return { add: (labels = {}, by = 1) => increase(series, labels, by) };
    },
    gauge: (name, help) => {
      const series = define(name, { help, type: 'gauge', series: new Map() });
      return { set: (value, labels = {}) => void (slot(series, labels).value = value) };
    },
    observe: (name, help, read) => void define(name, { help, type: 'gauge', series: new Map(), read }),
    snapshot: () =>
      [...metrics].map(([name, { help, type, series, read }]) => ({
        name,
        help,
        type,
        values: read ? read() : [...series.values()].map(({ labels, value }) => ({ labels, value })),
      })),
  };
}

function increase(series: Series, labels: Labels, by: number): void {
  if (!(by >= 0)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a counter that grows' });
  slot(series, labels).value += by;
}

function slot(series: Series, labels: Labels): { value: number } {
  const key = keyOf(labels);
  const known = series.get(key);
  if (known) return known;
  if (series.size >= MAX_SERIES && labels !== OVERFLOW) return slot(series, OVERFLOW);
  const made = { labels: { ...labels }, value: 0 };
  series.set(key, made);
  return made;
}

const keyOf = (labels: Labels): string =>
  Object.keys(labels)
    .sort()
    .map((name) => `${name}\0${labels[name]}`)
    .join('\0');

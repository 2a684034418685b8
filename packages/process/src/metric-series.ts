import type { LabelValues, MetricOptions, Stability } from './metric.ts';

/** A metric's description, without its values. */
export interface MetricDescription {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly stability: Stability;
  /** `''` if it is not deprecated. */
  readonly deprecated: string;
  /** In the order of their values. */
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** One metric with all its series. */
export interface Family {
  readonly description: MetricDescription;
  /** The samples, one line each without line break. */
  lines(): string[];
  /** Resets all series; as upstream, the single series of a metric without labels is kept. */
  reset(): void;
}

/** Changes label values before they identify a series; undefined: no change, at no cost. */
export type LabelRules = ((values: LabelValues) => LabelValues) | undefined;

/** The rules of `--allow-metric-labels` for one metric. `unexpected.count` grows with every replaced value. */
export function labelRules(
  name: string,
  labels: readonly string[],
  allowed: Readonly<Record<string, readonly string[]>>,
  unexpected: { count: number },
): LabelRules {
  const sets = labels.map((label) => {
    const key = `${name},${label}`;
    return Object.hasOwn(allowed, key) ? new Set(allowed[key]) : undefined;
  });
  if (sets.every((set) => set === undefined)) return undefined;
  return (values) =>
    values.map((value, i) => {
      if (sets[i]?.has(value) ?? true) return value;
      unexpected.count++;
      return 'unexpected';
    });
}

export function describe(
  name: string,
  type: MetricDescription['type'],
  { help, stability = 'ALPHA', deprecated = '', labels = [] }: MetricOptions,
): MetricDescription {
  return { name, type, help, stability, deprecated, labels };
}

/** The series of a metric by label values. A metric without labels has its one series from the start. */
interface SeriesMap<S> {
  of(values: LabelValues): S;
  clear(): void;
  /**
   * As if nothing had been recorded: series stay valid for their holders, and are rendered again once something is
   * recorded.
   */
  reset(empty: (one: S) => void): void;
  remove(values: LabelValues): void;
  /** Each series with its values. */
  flatMap<T>(to: (values: readonly string[], one: S) => T | T[]): T[];
}

export function seriesMap<S>(
  labels: readonly string[],
  rules: LabelRules,
  { make, isEmpty }: { readonly make: () => S; readonly isEmpty: (one: S) => boolean },
): SeriesMap<S> {
  /** Series that existed at the reset and have recorded nothing since. */
  const forgotten = new Set<S>();
  const series = new Map<string, S>();
  const keyOf = (values: LabelValues): string => (rules ? rules(values) : values).join(separator);
  if (labels.length === 0) series.set('', make());
  return {
    of(values) {
      const key = keyOf(values);
      let one = series.get(key);
      if (one === undefined) {
        one = make();
        series.set(key, one);
      }
      if (forgotten.size > 0) forgotten.delete(one);
      return one;
    },
    clear: () => series.clear(),
    reset(empty) {
      if (labels.length === 0) return;
      for (const one of series.values()) {
        empty(one);
        forgotten.add(one);
      }
    },
    remove: (values) => void series.delete(keyOf(values)),
    flatMap: (to) =>
      [...series]
        .filter(([, one]) => !forgotten.has(one) || !isEmpty(one))
        .flatMap(([key, one]) => to(key.split(separator).slice(0, labels.length), one)),
  };
}

/** Separates label values in keys; no value contains it. */
const separator = '\u001f';

/** Renders labels sorted by name as Prometheus' clients do, with `last` (for buckets and quantiles) at the end. */
export function labelWriter(labels: readonly string[]): (values: readonly string[], last?: string) => string {
  const sorted = labels.map((label, i) => ({ label, i })).sort((a, b) => (a.label < b.label ? -1 : 1));
  return (values, last) => {
    const pairs = sorted.map(({ label, i }) => `${label}="${escapeLabel(values[i] ?? '')}"`);
    if (last !== undefined) pairs.push(last);
    return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  };
}

export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

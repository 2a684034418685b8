/** The values of a metric's labels, in the order of its label names. */
export type LabelValues = readonly string[];

export interface Counter {
  add(labels?: LabelValues, amount?: number): void;
  /** One series of it, for those who write it often: it is found once. It is there from then on. */
  of(labels: LabelValues): { add(amount?: number): void };
}

export interface Gauge extends Counter {
  set(value: number, labels?: LabelValues): void;
}

export interface Histogram {
  observe(value: number, labels?: LabelValues): void;
  /** One series of it, as with counters. */
  of(labels: LabelValues): { observe(value: number): void };
}

export interface MetricOptions {
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Upper bounds in seconds that suit requests. */
export const requestBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** The metrics of one process. Recording costs a map lookup; the text is made when asked for. */
export interface Metrics {
  counter(name: string, options: MetricOptions): Counter;
  gauge(name: string, options: MetricOptions): Gauge;
  histogram(name: string, options: MetricOptions & { readonly buckets: readonly number[] }): Histogram;
  /** Sum, count, and quantiles (0.5, 0.9, 0.99: upstream's) of what was observed last. */
  summary(name: string, options: MetricOptions): Histogram;
  /** Runs before every rendering, to bring gauges up to date. */
  beforeRender(collect: () => void): void;
  /** Leaves metrics out of what is rendered, by their whole names. */
  disable(names: readonly string[]): void;
  /** All metrics in Prometheus' text format 0.0.4. */
  render(): string;
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  lines(): string[];
}

/** Throws when a name is taken: two families of one name would be unreadable. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const collectors: (() => void)[] = [];
  const disabled = new Set<string>();
  const register = (family: Family): void => {
    if (families.has(family.name)) throw new Error(`Cannot register metric "${family.name}": the name is taken`);
    families.set(family.name, family);
  };
  const valued = (name: string, type: 'counter' | 'gauge', { help, labels = [] }: MetricOptions): Gauge => {
    const series = new Map<string, { value: number }>();
    const seriesOf = (values: LabelValues): { value: number } => {
      const key = values.join(separator);
      let one = series.get(key);
      if (!one) {
        one = { value: 0 };
        series.set(key, one);
      }
      return one;
    };
    register({
      name,
      type,
      help,
      lines: () =>
        [...series].map(([key, { value }]) => `${name}${labelText(labels, key.split(separator))} ${numberText(value)}`),
    });
    return {
      set: (value, values = []) => {
        seriesOf(values).value = value;
      },
      add: (values = [], amount = 1) => {
        seriesOf(values).value += amount;
      },
      of: (values) => {
        const one = seriesOf(values);
        return {
          add: (amount = 1) => {
            one.value += amount;
          },
        };
      },
    };
  };
  return {
    counter: (name, options) => valued(name, 'counter', options),
    gauge: (name, options) => valued(name, 'gauge', options),
    histogram: (name, options) => {
      const histogram = createHistogram(name, options);
      register(histogram.family);
      return histogram;
    },
    summary: (name, options) => {
      const summary = createSummary(name, options);
      register(summary.family);
      return summary;
    },
    beforeRender: (collect) => void collectors.push(collect),
    disable(names) {
      for (const name of names) disabled.add(name);
    },
    render: () => {
      for (const collect of collectors) collect();
      return [...families.values()]
        .filter(({ name }) => !disabled.has(name))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(
          ({ name, help, type, lines }) =>
            `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines()
              .map((line) => `${line}\n`)
              .join('')}`,
        )
        .join('');
    },
  };
}

function createHistogram(
  name: string,
  { help, labels = [], buckets }: MetricOptions & { readonly buckets: readonly number[] },
): Histogram & { readonly family: Family } {
  interface Series {
    readonly counts: number[];
    count: number;
    sum: number;
  }
  const series = new Map<string, Series>();
  const seriesOf = (values: LabelValues): Series => {
    const key = values.join(separator);
    let one = series.get(key);
    if (!one) {
      one = { counts: buckets.map(() => 0), count: 0, sum: 0 };
      series.set(key, one);
    }
    return one;
  };
  const observe = (one: Series, value: number): void => {
    let at = 0;
    while (at < buckets.length && !(value <= (buckets[at] as number))) at++;
    if (at < buckets.length) one.counts[at] = (one.counts[at] as number) + 1;
    one.count++;
    one.sum += value;
  };
  const linesOf = (key: string, { counts, count, sum }: Series): string[] => {
    const values = key.split(separator);
    const bucket = (bound: string, n: number): string =>
      `${name}_bucket${labelText([...labels, 'le'], [...values.slice(0, labels.length), bound])} ${n}`;
    let below = 0;
    const lines = buckets.map((bound, i) => {
      below += counts[i] ?? 0;
      return bucket(numberText(bound), below);
    });
    const own = labelText(labels, values);
    return [...lines, bucket('+Inf', count), `${name}_sum${own} ${numberText(sum)}`, `${name}_count${own} ${count}`];
  };
  return {
    family: { name, help, type: 'histogram', lines: () => [...series].flatMap(([key, one]) => linesOf(key, one)) },
    observe: (value, values = []) => observe(seriesOf(values), value),
    of: (values) => {
      const one = seriesOf(values);
      return { observe: (value) => observe(one, value) };
    },
  };
}

const quantiles = [0.5, 0.9, 0.99];
/** Quantiles are of so many observations: what upstream looks at goes by time, and is as near to the truth as its sketch. */
const observedLast = 1024;

function createSummary(name: string, { help, labels = [] }: MetricOptions): Histogram & { readonly family: Family } {
  interface Series {
    readonly last: Float64Array;
    count: number;
    sum: number;
  }
  const series = new Map<string, Series>();
  const seriesOf = (values: LabelValues): Series => {
    const key = values.join(separator);
    let one = series.get(key);
    if (!one) {
      one = { last: new Float64Array(observedLast), count: 0, sum: 0 };
      series.set(key, one);
    }
    return one;
  };
  const observe = (one: Series, value: number): void => {
    one.last[one.count++ % observedLast] = value;
    one.sum += value;
  };
  const linesOf = (key: string, { last, count, sum }: Series): string[] => {
    const values = key.split(separator).slice(0, labels.length);
    const sorted = last.slice(0, Math.min(count, observedLast)).sort();
    const own = labelText(labels, values);
    return [
      ...quantiles.map((quantile) => {
        const at = Math.max(Math.ceil(quantile * sorted.length) - 1, 0);
        const text = labelText([...labels, 'quantile'], [...values, String(quantile)]);
        return `${name}${text} ${numberText(sorted[at] ?? Number.NaN)}`;
      }),
      `${name}_sum${own} ${numberText(sum)}`,
      `${name}_count${own} ${count}`,
    ];
  };
  return {
    family: { name, help, type: 'summary', lines: () => [...series].flatMap(([key, one]) => linesOf(key, one)) },
    observe: (value, values = []) => observe(seriesOf(values), value),
    of: (values) => {
      const one = seriesOf(values);
      return { observe: (value) => observe(one, value) };
    },
  };
}

/** Stands between label values in keys; no value holds it. */
const separator = '\u001f';

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, i) => `${name}="${escapeLabel(values[i] ?? '')}"`).join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

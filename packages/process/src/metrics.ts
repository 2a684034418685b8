import type { Counter, Gauge, Histogram, MetricOptions } from './metric.ts';
import { createHistogram } from './metric-histogram.ts';
import { type Family, labelRules, type MetricDescription } from './metric-series.ts';
import { createSummary } from './metric-summary.ts';
import { createValued } from './metric-valued.ts';

/** Upper bounds in seconds that suit requests. */
export const requestBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** `count` upper bounds, each `factor` times the one before. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((start * factor ** i).toPrecision(12)));
}

/** The metrics of one process. Recording costs a map look-up; the text is rendered on demand. */
export interface Metrics {
  counter(name: string, options: MetricOptions): Counter;
  gauge(name: string, options: MetricOptions): Gauge;
  histogram(name: string, options: MetricOptions & { readonly buckets: readonly number[] }): Histogram;
  /** Sum, count, and quantiles (0.5, 0.9, 0.99: upstream's) of the latest observations. */
  summary(name: string, options: MetricOptions): Histogram;
  /** Runs before every rendering, to bring gauges up to date. */
  beforeRender(collect: () => void): void;
  /** Hides metrics, by their full names. */
  disable(names: readonly string[]): void;
  /** All metrics, whether anything was recorded or not; without hidden ones. */
  describe(): readonly MetricDescription[];
  /** The number of hidden names, whether they exist or not. */
  disabledCount(): number;
  /** Resets all metrics with labels, as `DELETE /metrics` requests. */
  reset(): void;
  /** All metrics in Prometheus' text format 0.0.4. As upstream, omits those without series. */
  render(): string;
}

/** The response to a reset. */
export const metricsResetText = 'metrics reset\n';
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** The restrictions by the command line. */
export interface MetricRules {
  /** Full names of metrics that are left out. */
  readonly disabled?: readonly string[];
  /** By `metric,label`: the only values that this label may have; others become `unexpected`. */
  readonly allowedLabels?: Readonly<Record<string, readonly string[]>>;
}

/** Throws when a name is taken: two families of one name would be unreadable. */
export function createMetrics({ disabled: first = [], allowedLabels = {} }: MetricRules = {}): Metrics {
  const families = new Map<string, Family>();
  const collectors: (() => void)[] = [];
  const disabled = new Set<string>(first);
  const unexpected = { count: 0 };
  const register = <T extends { readonly family: Family }>(made: T): T => {
    const { name } = made.family.description;
    if (families.has(name)) throw new Error(`Cannot register metric "${name}": the name is taken`);
    families.set(name, made.family);
    return made;
  };
  const rulesOf = (name: string, labels: readonly string[] = []) => labelRules(name, labels, allowedLabels, unexpected);
  const metrics: Metrics = {
    counter: (name, options) => register(createValued(name, 'counter', options, rulesOf(name, options.labels))),
    gauge: (name, options) => register(createValued(name, 'gauge', options, rulesOf(name, options.labels))),
    histogram: (name, options) => register(createHistogram(name, options, rulesOf(name, options.labels))),
    summary: (name, options) => register(createSummary(name, options, rulesOf(name, options.labels))),
    beforeRender: (collect) => void collectors.push(collect),
    disable(names) {
      for (const name of names) disabled.add(name);
    },
    describe: () =>
      [...families.values()].map(({ description }) => description).filter(({ name }) => !disabled.has(name)),
    disabledCount: () => disabled.size,
    reset: () => {
      for (const family of families.values()) family.reset();
    },
    render: () => {
      for (const collect of collectors) collect();
      return [...families.values()]
        .filter(({ description }) => !disabled.has(description.name))
        .sort((a, b) => (a.description.name < b.description.name ? -1 : 1))
        .map(familyText)
        .join('');
    },
  };
  if (Object.keys(allowedLabels).length > 0) {
    const count = metrics.gauge('cardinality_enforcement_unexpected_categorizations_total', {
      help: 'The count of unexpected categorizations during cardinality enforcement.',
    });
    metrics.beforeRender(() => count.set(unexpected.count));
  }
  return metrics;
}

function familyText({ description: { name, help, stability, deprecated, type }, lines }: Family): string {
  const all = lines();
  if (all.length === 0) return '';
  const promise = `${stability && `[${stability}] `}${deprecated && `(Deprecated since ${deprecated}) `}`;
  return `# HELP ${name} ${promise}${escapeHelp(help)}\n# TYPE ${name} ${type}\n${all.join('\n')}\n`;
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

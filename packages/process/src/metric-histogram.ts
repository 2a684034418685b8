import type { Histogram, MetricOptions } from './metric.ts';
import { describe, type Family, type LabelRules, labelWriter, numberText, seriesMap } from './metric-series.ts';

interface Series {
  readonly counts: number[];
  count: number;
  sum: number;
}

/** The number of observations below each of `buckets`, their total number and their sum. */
export function createHistogram(
  name: string,
  options: MetricOptions & { readonly buckets: readonly number[] },
  rules: LabelRules,
): Histogram & { readonly family: Family } {
  const { labels = [], buckets } = options;
  const series = seriesMap<Series>(labels, rules, {
    make: () => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }),
    isEmpty: ({ count }) => count === 0,
  });
  const text = labelWriter(labels);
  const observe = (one: Series, value: number): void => {
    let at = 0;
    while (at < buckets.length && !(value <= (buckets[at] as number))) at++;
    if (at < buckets.length) one.counts[at] = (one.counts[at] as number) + 1;
    one.count++;
    one.sum += value;
  };
  const linesOf = (values: readonly string[], { counts, count, sum }: Series): string[] => {
    const bucket = (bound: string, n: number): string => `${name}_bucket${text(values, `le="${bound}"`)} ${n}`;
    let below = 0;
    const lines = buckets.map((bound, i) => {
      below += counts[i] ?? 0;
      return bucket(numberText(bound), below);
    });
    const own = text(values);
    return [...lines, bucket('+Inf', count), `${name}_sum${own} ${numberText(sum)}`, `${name}_count${own} ${count}`];
  };
  return {
    family: {
      description: { ...describe(name, 'histogram', options), buckets },
      lines: () => series.flatMap(linesOf),
      reset: () =>
        series.reset((one) => {
          one.counts.fill(0);
          one.count = one.sum = 0;
        }),
    },
    observe: (value, values = []) => observe(series.of(values), value),
    of: (values) => {
      const one = series.of(values);
      return { observe: (value) => observe(one, value) };
    },
  };
}

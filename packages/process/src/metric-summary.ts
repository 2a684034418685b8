import type { Histogram, MetricOptions } from './metric.ts';
import { describe, type Family, type LabelRules, labelWriter, numberText, seriesMap } from './metric-series.ts';

const quantiles = [0.5, 0.9, 0.99];
/** Quantiles cover this many observations: upstream's cover a time window, with the error of a sketch. */
const observedLast = 1024;

interface Series {
  readonly last: Float64Array;
  count: number;
  sum: number;
}

/** Count and sum of all observations, and quantiles of the latest ones. */
export function createSummary(
  name: string,
  options: MetricOptions,
  rules: LabelRules,
): Histogram & { readonly family: Family } {
  const { labels = [] } = options;
  const make = (): Series => ({ last: new Float64Array(observedLast), count: 0, sum: 0 });
  const series = seriesMap(labels, rules, { make, isEmpty: ({ count }) => count === 0 });
  const text = labelWriter(labels);
  const observe = (one: Series, value: number): void => {
    one.last[one.count++ % observedLast] = value;
    one.sum += value;
  };
  const linesOf = (values: readonly string[], { last, count, sum }: Series): string[] => {
    const sorted = last.slice(0, Math.min(count, observedLast)).sort();
    const own = text(values);
    return [
      ...quantiles.map((quantile) => {
        const at = Math.max(Math.ceil(quantile * sorted.length) - 1, 0);
        return `${name}${text(values, `quantile="${quantile}"`)} ${numberText(sorted[at] ?? Number.NaN)}`;
      }),
      `${name}_sum${own} ${numberText(sum)}`,
      `${name}_count${own} ${count}`,
    ];
  };
  return {
    family: {
      description: describe(name, 'summary', options),
      lines: () => series.flatMap(linesOf),
      reset: () =>
        series.reset((one) => {
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

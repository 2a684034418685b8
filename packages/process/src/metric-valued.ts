import type { Gauge, MetricOptions } from './metric.ts';
import { describe, type Family, type LabelRules, labelWriter, numberText, seriesMap } from './metric-series.ts';

/** A counter or a gauge: one number for each series. */
export function createValued(
  name: string,
  type: 'counter' | 'gauge',
  options: MetricOptions,
  rules: LabelRules,
): Gauge & { readonly family: Family } {
  const { labels = [] } = options;
  const series = seriesMap(labels, rules, { make: () => ({ value: 0 }), isEmpty: ({ value }) => value === 0 });
  const text = labelWriter(labels);
  return {
    family: {
      description: describe(name, type, options),
      lines: () => series.flatMap((values, { value }) => `${name}${text(values)} ${numberText(value)}`),
      reset: () =>
        series.reset((one) => {
          one.value = 0;
        }),
    },
    set: (value, values = []) => {
      series.of(values).value = value;
    },
    add: (values = [], amount = 1) => {
      series.of(values).value += amount;
    },
    of: (values) => {
      const one = series.of(values);
      return {
        add: (amount = 1) => {
          one.value += amount;
        },
      };
    },
    clear: () => series.clear(),
    remove: (values) => series.remove(values),
  };
}

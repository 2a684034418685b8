/** The values of a metric's labels, in the order of its label names. */
export type LabelValues = readonly string[];

export interface Counter {
  add(labels?: LabelValues, amount?: number): void;
  /** One series, for frequent updates: it is looked up once. It exists from then on. */
  of(labels: LabelValues): { add(amount?: number): void };
}

export interface Gauge extends Counter {
  set(value: number, labels?: LabelValues): void;
  /** Removes every series, so that only those set again remain. */
  clear(): void;
  remove(labels: LabelValues): void;
}

export interface Histogram {
  observe(value: number, labels?: LabelValues): void;
  /** One series, as with counters. */
  of(labels: LabelValues): { observe(value: number): void };
}

/** Upstream's stability level; `''` for metrics from elsewhere without one (`process_*`, cAdvisor's). */
export type Stability = 'STABLE' | 'BETA' | 'ALPHA' | '';

export interface MetricOptions {
  readonly help: string;
  /** `ALPHA` if not given, as for upstream. */
  readonly stability?: Stability;
  /** The release since which there is something better, `1.34.0`. */
  readonly deprecated?: string;
  readonly labels?: readonly string[];
}

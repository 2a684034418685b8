/** The values of a metric's labels, in the order of its label names. */
export type LabelValues = readonly string[];

export interface Counter {
  add(labels?: LabelValues, amount?: number): void;
  /** One series of it, for those who write it often: it is found once. It is there from then on. */
  of(labels: LabelValues): { add(amount?: number): void };
}

export interface Gauge extends Counter {
  set(value: number, labels?: LabelValues): void;
  /** Forgets every series, so that those are gone that are not set anew. */
  clear(): void;
  remove(labels: LabelValues): void;
}

export interface Histogram {
  observe(value: number, labels?: LabelValues): void;
  /** One series of it, as with counters. */
  of(labels: LabelValues): { observe(value: number): void };
}

/** What upstream promises of a metric; `''` for what comes from elsewhere (`process_*`, cAdvisor's) and has no such word. */
export type Stability = 'STABLE' | 'BETA' | 'ALPHA' | '';

export interface MetricOptions {
  readonly help: string;
  /** `ALPHA` if not given, as for upstream. */
  readonly stability?: Stability;
  /** The release since which there is something better, `1.34.0`. */
  readonly deprecated?: string;
  readonly labels?: readonly string[];
}

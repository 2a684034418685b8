import type { Clock } from '@typernetes/base';
import type { Histogram, Metrics } from '@typernetes/process';
import type { AdmissionPlugin, WriteKind } from './admission-plugin.ts';

export type AdmissionPhase = 'admit' | 'validate';

/** Records how long a step of admission took, in milliseconds, by its result. */
export interface Took {
  passed(ms: number): void;
  /** Records the previous duration again: reading the clock may take longer than the step itself. */
  passedAgain(): void;
  refused(ms: number): void;
}

/** Measures admission plugins and phases. */
export interface AdmissionTimes {
  now(): number;
  ofPlugin(plugin: AdmissionPlugin, phase: AdmissionPhase, operation: WriteKind['operation']): Took;
  ofPhase(phase: AdmissionPhase, operation: WriteKind['operation']): Took;
}

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const labels = ['type', 'operation', 'rejected'];

/** Under upstream's names and labels. Series are made when they are first needed. */
export function admissionMetrics(metrics: Metrics, clock: Pick<Clock, 'monotonic'>): AdmissionTimes {
  const controllers = metrics.histogram('apiserver_admission_controller_admission_duration_seconds', {
    help: 'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    stability: 'STABLE',
    labels: ['name', ...labels],
    buckets,
  });
  const steps = metrics.histogram('apiserver_admission_step_admission_duration_seconds', {
    help: 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    stability: 'STABLE',
    labels,
    buckets,
  });
  const summary = metrics.summary('apiserver_admission_step_admission_duration_seconds_summary', {
    help: 'Admission sub-step latency summary in seconds, broken out for each operation and API resource and step type (validate or admit).',
    labels,
  });
  const took = (kept: readonly Histogram[], values: readonly string[]): Took => {
    let series: ReturnType<Histogram['of']>[] | undefined;
    let last = 0;
    const observe = (): void => {
      series ??= kept.map((one) => one.of([...values, 'false']));
      for (const one of series) one.observe(last);
    };
    return {
      passed: (ms) => {
        last = ms / 1000;
        observe();
      },
      passedAgain: observe,
      refused: (ms) => {
        for (const one of kept) one.observe(ms / 1000, [...values, 'true']);
      },
    };
  };
  return {
    now: () => clock.monotonic(),
    ofPlugin: ({ name }, phase, operation) => took([controllers], [name, phase, operation]),
    ofPhase: (phase, operation) => took([steps, summary], [phase, operation]),
  };
}

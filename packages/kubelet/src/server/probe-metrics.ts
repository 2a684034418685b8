import type { ProbeSample } from '../probes/prober.ts';
import { family } from './usage-metrics.ts';

const types = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** `/metrics/probes`: how the probes of the containers that run have come out so far. */
export function probeMetrics(samples: readonly ProbeSample[]): string {
  return family(
    'prober_probe_total',
    'counter',
    'Cumulative number of a liveness, readiness or startup probe for a container by result.',
    samples.flatMap(({ pod: { metadata }, container, kind, counts }) =>
      Object.entries(counts)
        .filter(([, value]) => value > 0)
        .map(([result, value]) => ({
          labels: {
            container,
            namespace: metadata.namespace ?? 'default',
            pod: metadata.name,
            pod_uid: metadata.uid,
            probe_type: types[kind],
            result,
          },
          value,
          at: 0,
        })),
    ),
  );
}

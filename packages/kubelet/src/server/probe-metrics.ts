import { durationBuckets } from '../probes/probe-durations.ts';
import type { ProbeSample } from '../probes/prober.ts';
import { family } from './usage-metrics.ts';

const types = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** `/metrics/probes`: the results of the probes of running containers so far. */
export function probeMetrics(samples: readonly ProbeSample[]): string {
  const counts = family(
    'prober_probe_total',
    'counter',
    '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.',
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
  return durationMetrics(samples) + counts;
}

function durationMetrics(samples: readonly ProbeSample[]): string {
  const name = 'prober_probe_duration_seconds';
  const lines = samples.flatMap(({ pod: { metadata }, container, kind, durations }) => {
    if (!durations || durations.count === 0) return [];
    const own = `container="${container}",namespace="${metadata.namespace ?? 'default'}",pod="${metadata.name}",probe_type="${types[kind]}"`;
    return [
      ...durationBuckets.map((bound, at) => `${name}_bucket{${own},le="${bound}"} ${durations.counts[at]}`),
      `${name}_bucket{${own},le="+Inf"} ${durations.count}`,
      `${name}_sum{${own}} ${durations.sum}`,
      `${name}_count{${own}} ${durations.count}`,
    ];
  });
  if (lines.length === 0) return '';
  const head = `# HELP ${name} [ALPHA] Duration in seconds for a probe response.\n# TYPE ${name} histogram`;
  return `${head}\n${lines.join('\n')}\n`;
}

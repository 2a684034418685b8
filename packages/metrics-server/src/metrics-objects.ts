import type { Node, Pod } from '@typernetes/api/core/v1';
import type { NodeMetrics, PodMetrics } from '@typernetes/api/metrics/v1beta1';
import { timestamp } from '@typernetes/base';
import { type Draft, formatDuration, formatQuantity, quantityOf } from '@typernetes/machinery';
import type { Usage } from './usage-history.ts';

export const groupVersion = 'metrics.k8s.io/v1beta1';

/** The object whose metadata is copied. */
type Described = Pick<Node | Pod, 'metadata'>;

export function nodeMetrics({ metadata }: Described, usage: Usage, now: number): Draft<NodeMetrics> {
  return {
    kind: 'NodeMetrics',
    apiVersion: groupVersion,
    metadata: { name: metadata.name, creationTimestamp: timestamp(now), ...labelsOf(metadata) },
    timestamp: timestamp(usage.at),
    window: formatDuration(usage.windowMs),
    usage: amounts(usage),
  };
}

/** A pod's timestamp and window are those of the container measured first. */
export function podMetrics(
  { metadata }: Described,
  usages: ReadonlyMap<string, Usage>,
  now: number,
): Draft<PodMetrics> {
  const [earliest] = [...usages.values()].sort((one, other) => one.at - other.at);
  return {
    kind: 'PodMetrics',
    apiVersion: groupVersion,
    metadata: {
      name: metadata.name,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      creationTimestamp: timestamp(now),
      ...labelsOf(metadata),
    },
    timestamp: timestamp(earliest?.at ?? now),
    window: formatDuration(earliest?.windowMs ?? 0),
    containers: [...usages].sort(byName).map(([name, usage]) => ({ name, usage: amounts(usage) })),
  };
}

const labelsOf = ({ labels }: Described['metadata']): { labels?: Record<string, string> } => (labels ? { labels } : {});

const byName = ([one]: readonly [string, Usage], [other]: readonly [string, Usage]): number => (one < other ? -1 : 1);

const amounts = ({ cpuNanos, memoryBytes }: Usage): Record<string, string> => ({
  cpu: formatQuantity({ nanos: BigInt(cpuNanos), format: 'DecimalSI' }),
  memory: formatQuantity(quantityOf(Math.round(memoryBytes), 'BinarySI')),
});

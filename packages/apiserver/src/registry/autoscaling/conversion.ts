import type { HorizontalPodAutoscaler as V1 } from '@typernetes/api/autoscaling/v1';
import type { MetricSpec, HorizontalPodAutoscaler as V2 } from '@typernetes/api/autoscaling/v2';
import { behaviorFromGo, behaviorToGo } from './behavior-conversion.ts';
import {
  metricFromV1,
  metricStatusFromV1,
  metricStatusToV1,
  metricToV1,
  type V1Metric,
  type V1MetricStatus,
} from './metric-conversion.ts';

/** Fields that v1 lacks are kept in annotations, so that writing an object back through v1 loses nothing. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';
const currentMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
const toleranceAnnotations = {
  scaleUp: 'autoscaling.alpha.kubernetes.io/scale-up-tolerance',
  scaleDown: 'autoscaling.alpha.kubernetes.io/scale-down-tolerance',
} as const;
const ours = [
  metricsAnnotation,
  behaviorAnnotation,
  currentMetricsAnnotation,
  conditionsAnnotation,
  ...Object.values(toleranceAnnotations),
];

const isCpuUtilization = (metric: MetricSpec): boolean =>
  metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.target.averageUtilization != null;

export function fromV2(stored: V2): V1 {
  const { metrics, behavior, ...sameSpec } = stored.spec;
  const { currentMetrics, conditions, ...sameStatus } = stored.status ?? { desiredReplicas: 0 };
  const cpu = metrics?.find(isCpuUtilization);
  const others = metrics?.filter((metric) => metric !== cpu) ?? [];
  const cpuNow = currentMetrics?.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu');
  const utilization = cpuNow?.resource?.current.averageUtilization;
  return {
    apiVersion: 'autoscaling/v1',
    kind: stored.kind,
    metadata: annotated(stored.metadata, {
      [metricsAnnotation]: others.length > 0 ? others.map(metricToV1) : undefined,
      [behaviorAnnotation]: behavior && behaviorToGo(behavior),
      [currentMetricsAnnotation]: currentMetrics?.length ? currentMetrics.map(metricStatusToV1) : undefined,
      [conditionsAnnotation]: conditions?.length ? conditions : undefined,
      [toleranceAnnotations.scaleUp]: behavior?.scaleUp?.tolerance,
      [toleranceAnnotations.scaleDown]: behavior?.scaleDown?.tolerance,
    }),
    spec: {
      ...sameSpec,
      ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource?.target.averageUtilization } : {}),
    },
    status: {
      currentReplicas: 0,
      ...sameStatus,
      ...(utilization == null ? {} : { currentCPUUtilizationPercentage: utilization }),
    },
  };
}

export function toV2(served: V1): V2 {
  const { targetCPUUtilizationPercentage: cpu, ...sameSpec } = served.spec;
  const { currentCPUUtilizationPercentage: cpuNow, ...sameStatus } = served.status ?? {
    currentReplicas: 0,
    desiredReplicas: 0,
  };
  const annotations = served.metadata.annotations ?? {};
  const metrics: MetricSpec[] = (parsed<V1Metric[]>(annotations[metricsAnnotation]) ?? []).map(metricFromV1);
  if (cpu != null) {
    const target = { type: 'Utilization', averageUtilization: cpu } as const;
    metrics.push({ type: 'Resource', resource: { name: 'cpu', target } });
  }
  const behavior = behaviorIn(annotations);
  const conditions = parsed<NonNullable<V2['status']>['conditions']>(annotations[conditionsAnnotation]);
  const currentMetrics =
    parsed<V1MetricStatus[]>(annotations[currentMetricsAnnotation])?.map(metricStatusFromV1) ??
    (cpuNow == null
      ? null
      : [{ type: 'Resource' as const, resource: { name: 'cpu', current: { averageUtilization: cpuNow } } }]);
  return {
    apiVersion: 'autoscaling/v2',
    kind: served.kind,
    metadata: annotated(served.metadata, {}),
    spec: { ...sameSpec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
    status: {
      ...sameStatus,
      currentMetrics,
      ...(conditions ? { conditions } : {}),
    },
  };
}

/** The metadata with our annotations replaced by the given ones. */
function annotated<M extends V1['metadata']>(metadata: M, values: Readonly<Record<string, unknown>>): M {
  const { annotations: given, ...rest } = metadata;
  const annotations = { ...given };
  for (const key of ours) delete annotations[key];
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) annotations[key] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return (Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest) as M;
}

function behaviorIn(annotations: Readonly<Record<string, string>>): V2['spec']['behavior'] {
  const written = parsed<object>(annotations[behaviorAnnotation]);
  if (!written) return undefined;
  const behavior = behaviorFromGo(written);
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const tolerance = annotations[toleranceAnnotations[direction]];
    const rules = behavior[direction];
    if (tolerance !== undefined && rules) behavior[direction] = { ...rules, tolerance };
  }
  return behavior;
}

/** Anybody may have written the annotation: ignore invalid JSON. */
function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '@typernetes/api/autoscaling/v2';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const maxShown = 2;

export const horizontalPodAutoscalerPrinter: Printer<HorizontalPodAutoscaler> = {
  columns: [
    nameColumn,
    text('Reference'),
    text('Targets'),
    text('MinPods'),
    text('MaxPods'),
    text('Replicas'),
    ageColumn,
  ],
  cells: (autoscaler, now) => [
    autoscaler.metadata.name,
    `${autoscaler.spec.scaleTargetRef.kind}/${autoscaler.spec.scaleTargetRef.name}`,
    targets(autoscaler),
    String(autoscaler.spec.minReplicas ?? '<unset>'),
    autoscaler.spec.maxReplicas,
    autoscaler.status?.currentReplicas ?? 0,
    age(autoscaler.metadata.creationTimestamp, now),
  ],
};

function targets({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const shown = texts.slice(0, maxShown).join(', ');
  return texts.length > maxShown ? `${shown} + ${texts.length - maxShown} more...` : shown;
}

function metricText(metric: MetricSpec, current: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return amountText(metric.external?.target, current?.external?.current);
    case 'Object':
      return amountText(metric.object?.target, current?.object?.current);
    case 'Pods':
      return `${current?.pods?.current.averageValue ?? '<unknown>'}/${metric.pods?.target.averageValue ?? '0'}`;
    case 'Resource':
      return resourceText(metric.resource, current?.resource?.current);
    case 'ContainerResource':
      return resourceText(metric.containerResource, current?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

function amountText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue != null) return `${current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
  return `${current?.value ?? '<unknown>'}/${target?.value ?? '0'}`;
}

function resourceText(
  source: { readonly name: string; readonly target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  const { name, target } = source ?? {};
  if (target?.averageValue != null) return `${name}: ${current?.averageValue ?? '<unknown>'}/${target.averageValue}`;
  const now = current?.averageUtilization == null ? '<unknown>' : `${current.averageUtilization}%`;
  const wanted = target?.averageUtilization == null ? '<auto>' : `${target.averageUtilization}%`;
  return `${name}: ${now}/${wanted}`;
}

import type { HorizontalPodAutoscaler as First } from '@typernetes/api/autoscaling/v1';
import {
  type HorizontalPodAutoscaler,
  type HPAScalingRules,
  horizontalpodautoscalers,
  type MetricSpec,
  type MetricStatus,
  type MetricValueStatus,
} from '@typernetes/api/autoscaling/v2';
import { isNotFound } from '@typernetes/machinery';
import type { DescribeDeps, Describer } from './describer.ts';
import type { Description } from './description.ts';
import { describeMetadata } from './metadata.ts';
import { longTime } from './times.ts';

export const describeHorizontalPodAutoscaler: Describer<HorizontalPodAutoscaler> = async (asked, text, deps) => {
  const object = await asSecond(asked, deps);
  const { metadata, spec, status } = object;
  const { scaleTargetRef, metrics = [], behavior } = spec as NonNullable<typeof spec>;
  describeMetadata(text, metadata, { namespaced: true });
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  text.line(0, 'Reference:', `${scaleTargetRef.kind}/${scaleTargetRef.name}`);
  if (isFirst(object)) describeUtilization(text, object);
  else {
    text.line(0, 'Metrics:', '( current / target )');
    for (const [i, metric] of metrics.entries()) text.line(1, ...metricCells(metric, status?.currentMetrics?.[i]));
  }
  text.line(0, 'Min replicas:', String(spec?.minReplicas ?? '<unset>'));
  text.line(0, 'Max replicas:', String(spec?.maxReplicas ?? 0));
  if (behavior) {
    text.line(0, 'Behavior:');
    describeRules(text, 'Scale Up', behavior.scaleUp);
    describeRules(text, 'Scale Down', behavior.scaleDown);
  }
  const counts = `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`;
  text.line(0, `${scaleTargetRef.kind} pods:`, counts);
  if (status?.conditions?.length) {
    text.line(0, 'Conditions:');
    text.line(1, 'Type', 'Status', 'Reason', 'Message');
    text.line(1, '----', '------', '------', '-------');
    for (const c of status.conditions) text.line(1, c.type, c.status, c.reason ?? '', c.message ?? '');
  }
};

const unknown = '<unknown>';

/** Servers from before 1.23 have no other version. */
const isFirst = (object: HorizontalPodAutoscaler | First): object is First => object.apiVersion === 'autoscaling/v1';

/** Always uses the version that has all metrics, if the server has it. */
async function asSecond(object: HorizontalPodAutoscaler, { client }: DescribeDeps): Promise<HorizontalPodAutoscaler> {
  if (!isFirst(object)) return object;
  const { name, namespace } = object.metadata;
  try {
    return await client.resource(horizontalpodautoscalers).get({ name, ...(namespace ? { namespace } : {}) });
  } catch (error) {
    if (isNotFound(error)) return object;
    throw error;
  }
}

function describeUtilization(text: Description, { spec, status }: First): void {
  const target = spec?.targetCPUUtilizationPercentage;
  if (target === undefined) return;
  text.line(0, 'Target CPU utilization:', `${target}%`);
  text.line(0, 'Current CPU utilization:', `${status?.currentCPUUtilizationPercentage ?? unknown}%`);
}

/** The metric, and `current / target`. */
function metricCells(metric: MetricSpec, status: MetricStatus | undefined): [string] | [string, string] {
  const { external, pods, object, resource, containerResource } = metric;
  if (external) {
    const average = external.target.averageValue;
    const { current } = status?.external ?? {};
    const [what, now, target] = average
      ? ['average value', current?.averageValue, average]
      : ['value', current?.value, external.target.value];
    return [`"${external.metric.name}" (target ${what}):`, `${now ?? unknown} / ${target ?? ''}`];
  }
  if (pods) {
    const now = status?.pods?.current.averageValue ?? unknown;
    return [`"${pods.metric.name}" on pods:`, `${now} / ${pods.target.averageValue ?? ''}`];
  }
  if (object) {
    const of = `"${object.metric.name}" on ${object.describedObject.kind}/${object.describedObject.name} `;
    const { current } = status?.object ?? {};
    return object.target.type === 'AverageValue'
      ? [`${of}(target average value):`, `${current?.averageValue ?? unknown} / ${object.target.averageValue ?? ''}`]
      : [`${of}(target value):`, `${current?.value ?? unknown} / ${object.target.value ?? ''}`];
  }
  if (resource) return resourceCells(`resource ${resource.name} on pods`, resource.target, status?.resource?.current);
  if (containerResource) {
    const title = `resource ${containerResource.name} of container "${containerResource.container}" on pods`;
    return resourceCells(title, containerResource.target, status?.containerResource?.current);
  }
  return [`<unknown metric type "${metric.type}">`];
}

function resourceCells(
  title: string,
  target: { averageValue?: string; averageUtilization?: number },
  current: MetricValueStatus | undefined,
): [string, string] {
  if (target.averageValue) return [`${title}:`, `${current?.averageValue ?? unknown} / ${target.averageValue}`];
  const now =
    current?.averageUtilization === undefined
      ? unknown
      : `${current.averageUtilization}% (${current.averageValue ?? '0'})`;
  const wanted = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return [`${title}  (as a percentage of request):`, `${now} / ${wanted}`];
}

function describeRules(text: Description, title: string, rules: HPAScalingRules | undefined): void {
  if (!rules) return;
  text.line(1, `${title}:`);
  if (rules.stabilizationWindowSeconds !== undefined)
    text.line(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
  if (!rules.policies?.length) return;
  text.line(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}`);
  text.line(2, 'Policies:');
  for (const { type, value, periodSeconds } of rules.policies)
    text.line(3, `- Type: ${type}`, `Value: ${value}`, `Period: ${periodSeconds} seconds`);
}

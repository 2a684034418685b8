import { isPodReady } from '@typernetes/api';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricValueStatus,
} from '@typernetes/api/autoscaling/v2';
import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import {
  approximateValue,
  formatLabelSelector,
  formatQuantity,
  milliValue,
  quantityOfMilli,
} from '@typernetes/machinery';
import type { AutoscalingSettings } from '../context/settings.ts';
import type { MetricsClient } from './metrics-client.ts';
import {
  type Replicas,
  replicasForAverage,
  replicasForShare,
  replicasForUtilization,
  replicasForValue,
  requestsOf,
  type Tolerances,
} from './usage.ts';

interface MetricView {
  readonly hpa: HorizontalPodAutoscaler;
  /** From the scale: the wanted and the current replicas. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly selector: string;
  readonly pods: readonly Pod[];
  readonly now: number;
  readonly settings: AutoscalingSettings;
}

interface Proposal {
  readonly replicas: number;
  /** The metric's name in events. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** A metric without a usable value: `reason` is that of the event and the condition. */
export class MetricError extends Error {
  override readonly name = 'MetricError';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

function tolerancesOf({ spec }: HorizontalPodAutoscaler, { tolerance }: AutoscalingSettings): Tolerances {
  const of = (text: string | undefined): number => (text === undefined ? tolerance : approximateValue(text));
  return { up: of(spec.behavior?.scaleUp?.tolerance), down: of(spec.behavior?.scaleDown?.tolerance) };
}

/** The replicas proposed by one metric. Throws a {@link MetricError}. */
export async function propose(metric: MetricSpec, view: MetricView, client: MetricsClient): Promise<Proposal> {
  const source = sources[metric.type];
  if (!source) throw new MetricError('InvalidMetricSourceType', `unknown metric source type "${metric.type}"`);
  try {
    return await source.propose(metric, view, client);
  } catch (error) {
    throw new MetricError(source.reason, messageOf(error));
  }
}

interface Source {
  readonly reason: string;
  propose(metric: MetricSpec, view: MetricView, client: MetricsClient): Promise<Proposal>;
}

const sources: Readonly<Record<string, Source>> = {
  Resource: {
    reason: 'FailedGetResourceMetric',
    async propose({ resource }, view, client) {
      if (!resource) throw new Error('metric source is missing');
      const { name, target } = resource;
      const { replicas, current, what } = await ofResource({ resource: name, target }, view, client);
      return { replicas, name: `${name} resource${what}`, status: { type: 'Resource', resource: { name, current } } };
    },
  },
  ContainerResource: {
    reason: 'FailedGetContainerResourceMetric',
    async propose({ containerResource }, view, client) {
      if (!containerResource) throw new Error('metric source is missing');
      const { name, container, target } = containerResource;
      const { replicas, current, what } = await ofResource({ resource: name, container, target }, view, client);
      const status = { type: 'ContainerResource', containerResource: { name, container, current } };
      return { replicas, name: `${name} container resource${what}`, status };
    },
  },
  Pods: {
    reason: 'FailedGetPodsMetric',
    async propose({ pods: source }, view, client) {
      if (!source) throw new Error('metric source is missing');
      const { metric, target } = source;
      const usages = await client
        .ofPods(namespaceOf(view), { metric, selector: view.selector })
        .catch((error: unknown) => {
          throw new Error(`unable to get metric ${metric.name}: ${messageOf(error)}`, { cause: error });
        });
      const { replicas, milli } = replicasForAverage(usages, milliValue(target.averageValue ?? '0'), computation(view));
      const current = { averageValue: textOf(milli) };
      return { replicas, name: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current } } };
    },
  },
  Object: {
    reason: 'FailedGetObjectMetric',
    async propose({ object }, view, client) {
      if (!object) throw new Error('metric source is missing');
      const { metric, describedObject, target } = object;
      const milli = await client.ofObject(namespaceOf(view), describedObject, metric).catch((error: unknown) => {
        const { kind, name } = describedObject;
        const what = `unable to get metric ${metric.name}: ${kind} on ${namespaceOf(view)} ${name}`;
        throw new Error(`${what} ${messageOf(error)}`, { cause: error });
      });
      const { replicas, current } = ofOne(milli, target, view);
      const status = { type: 'Object', object: { metric, describedObject, current } };
      return { replicas, name: `${describedObject.kind} metric ${metric.name}`, status };
    },
  },
  External: {
    reason: 'FailedGetExternalMetric',
    async propose({ external }, view, client) {
      if (!external) throw new Error('metric source is missing');
      const { metric, target } = external;
      const shown = metric.selector ? formatLabelSelector(metric.selector) : 'nil';
      const milli = await client.external(namespaceOf(view), metric).catch((error: unknown) => {
        const what = `unable to get external metric ${namespaceOf(view)}/${metric.name}/${shown}`;
        throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
      });
      const { replicas, current } = ofOne(milli, target, view);
      const status = { type: 'External', external: { metric, current } };
      return { replicas, name: `external metric ${metric.name}(${shown})`, status };
    },
  },
};

const namespaceOf = ({ hpa }: MetricView): string => hpa.metadata.namespace ?? '';
const textOf = (milli: number): string => formatQuantity(quantityOfMilli(Math.round(milli)));

function computation(view: MetricView, resource = '') {
  const { settings, now, pods, specReplicas: current } = view;
  const { cpuInitializationPeriodMs, initialReadinessDelayMs } = settings;
  const grouping = { now, isCpu: resource === 'cpu', cpuInitializationPeriodMs, initialReadinessDelayMs };
  return { pods, current, tolerances: tolerancesOf(view.hpa, settings), grouping };
}

type Target = NonNullable<MetricSpec['resource']>['target'];

async function ofResource(
  { resource, container, target }: { resource: string; container?: string; target: Target },
  view: MetricView,
  client: MetricsClient,
): Promise<{ replicas: number; current: MetricValueStatus; what: string }> {
  const isRaw = target.averageValue !== undefined;
  try {
    const usages = await client
      .resource(namespaceOf(view), { resource, selector: view.selector, container })
      .catch((error: unknown) => {
        throw new Error(`unable to get metrics for resource ${resource}: ${messageOf(error)}`, { cause: error });
      });
    if (isRaw) {
      const wanted = milliValue(target.averageValue ?? '0');
      const { replicas, milli } = replicasForAverage(usages, wanted, computation(view, resource));
      return { replicas, current: { averageValue: textOf(milli) }, what: '' };
    }
    const requests = requestsOf(view.pods, { resource, container });
    const found: Replicas = replicasForUtilization(usages, target.averageUtilization ?? 0, {
      ...computation(view, resource),
      requests,
    });
    const current = { averageUtilization: found.utilization ?? 0, averageValue: textOf(found.milli) };
    return { replicas: found.replicas, current, what: ' utilization (percentage of request)' };
  } catch (error) {
    throw new Error(`failed to get ${resource} ${isRaw ? 'usage' : 'utilization'}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** For a single value of all pods: compared with a target for all, or per pod. */
function ofOne(milli: number, target: Target, view: MetricView): { replicas: number; current: MetricValueStatus } {
  const tolerances = tolerancesOf(view.hpa, view.settings);
  if (target.averageValue !== undefined) {
    const wanted = milliValue(target.averageValue);
    const found = replicasForShare(milli, wanted, { replicas: view.statusReplicas, tolerances });
    return { replicas: found.replicas, current: { averageValue: textOf(found.milli) } };
  }
  const ready = view.pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  const wanted = milliValue(target.value ?? '0');
  const { replicas } = replicasForValue(milli, wanted, { current: view.specReplicas, ready, tolerances });
  return { replicas, current: { value: textOf(milli) } };
}

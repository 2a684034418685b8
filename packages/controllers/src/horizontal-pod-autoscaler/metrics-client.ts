import type { CrossVersionObjectReference, MetricIdentifier } from '@typernetes/api/autoscaling/v2';
import type { PodMetrics } from '@typernetes/api/metrics/v1beta1';
import { messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import {
  type APIGroup,
  formatLabelSelector,
  isNotFound,
  type LabelSelector,
  milliValue,
  parseDuration,
  parseTime,
} from '@typernetes/machinery';
import { servedKind } from '../scales/served-kind.ts';
import type { PodUsage, Usages } from './usage.ts';

interface MetricValue {
  readonly describedObject?: { readonly name: string };
  readonly timestamp: string;
  readonly windowSeconds?: number;
  readonly value: string;
}

interface List<T> {
  readonly items: readonly T[];
}

/** The three aggregated APIs of metrics. Amounts in thousandths. Errors are worded as upstream's. */
export interface MetricsClient {
  resource(
    namespace: string,
    query: { resource: string; selector: string; container?: string | undefined },
  ): Promise<Usages>;
  ofPods(namespace: string, query: { metric: MetricIdentifier; selector: string }): Promise<Usages>;
  ofObject(namespace: string, object: CrossVersionObjectReference, metric: MetricIdentifier): Promise<number>;
  external(namespace: string, metric: MetricIdentifier): Promise<number>;
}

const defaultWindowMs = 60_000;

export function metricsClient(client: Pick<ApiClient, 'json'>): MetricsClient {
  const fetch = async <T>(api: string, path: string): Promise<readonly T[]> => {
    let items: readonly T[];
    try {
      ({ items } = await client.json<List<T>>('GET', path));
    } catch (error) {
      throw new Error(`unable to fetch metrics from ${api} metrics API: ${messageOf(error)}`, { cause: error });
    }
    if (items.length === 0) throw new Error(`no metrics returned from ${api} metrics API`);
    return items;
  };

  const custom = async (): Promise<string> => {
    const group = 'custom.metrics.k8s.io';
    try {
      const { preferredVersion } = await client.json<APIGroup>('GET', `/apis/${group}`);
      return `/apis/${group}/${preferredVersion?.version ?? 'v1beta2'}`;
    } catch (error) {
      if (isNotFound(error)) return `/apis/${group}/v1beta2`;
      throw error;
    }
  };

  return {
    async resource(namespace, { resource, selector, container }) {
      const query = selector ? `?labelSelector=${encodeURIComponent(selector)}` : '';
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods${query}`;
      const items = await fetch<PodMetrics>('resource', path);
      const usages = new Map<string, PodUsage>();
      for (const { metadata, timestamp, window, containers } of items) {
        const chosen = container === undefined ? containers : containers.filter(({ name }) => name === container);
        if (container !== undefined && chosen.length === 0)
          throw new Error(`container ${container} not present in metrics for pod ${namespace}/${metadata.name}`);
        const amounts = chosen.map(({ usage }) => usage[resource]);
        if (amounts.some((amount) => amount === undefined)) continue; // not measured yet
        const milli = amounts.reduce((sum, amount) => sum + milliValue(amount ?? '0'), 0);
        usages.set(metadata.name, { milli, at: parseTime(timestamp), windowMs: parseDuration(window) });
      }
      return usages;
    },
    async ofPods(namespace, { metric, selector }) {
      const query = queryOf({ labelSelector: selector, metricLabelSelector: labels(metric.selector) });
      const path = `${await custom()}/namespaces/${namespace}/pods/*/${encodeURIComponent(metric.name)}${query}`;
      const items = await fetch<MetricValue>('custom', path);
      return new Map(
        items.map(({ describedObject, value, timestamp, windowSeconds }) => [
          describedObject?.name ?? '',
          {
            milli: milliValue(value),
            at: parseTime(timestamp),
            windowMs: windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000,
          },
        ]),
      );
    },
    async ofObject(namespace, object, metric) {
      const { name, selector } = metric;
      const query = queryOf({ metricLabelSelector: labels(selector) });
      const end = `${encodeURIComponent(name)}${query}`;
      const root = await custom();
      const path =
        object.kind === 'Namespace' && (object.apiVersion ?? 'v1') === 'v1'
          ? `${root}/namespaces/${object.name}/metrics/${end}`
          : `${root}/${await placeOf(client, namespace, object)}/${object.name}/${end}`;
      const [value] = await fetch<MetricValue>('custom', path);
      return milliValue(value?.value ?? '0');
    },
    async external(namespace, { name, selector }) {
      const query = queryOf({ labelSelector: labels(selector) });
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${encodeURIComponent(name)}${query}`;
      const items = await fetch<MetricValue>('external', path);
      return items.reduce((sum, { value }) => sum + milliValue(value), 0);
    },
  };
}

const labels = (selector: LabelSelector | undefined): string => (selector ? formatLabelSelector(selector) : '');

function queryOf(values: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
  return query === '' ? '' : `?${query}`;
}

/** `namespaces/shop/deployments.apps`: where the custom metrics of an object's resource are. */
async function placeOf(
  client: Pick<ApiClient, 'json'>,
  namespace: string,
  { kind, apiVersion = 'v1' }: CrossVersionObjectReference,
): Promise<string> {
  const { group, plural, namespaced } = await servedKind(client, { kind, apiVersion });
  const resource = group ? `${plural}.${group}` : plural;
  return namespaced ? `namespaces/${namespace}/${resource}` : resource;
}

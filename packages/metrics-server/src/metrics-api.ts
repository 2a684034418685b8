import type { Node, Pod } from '@typernetes/api/core/v1';
import type { NodeMetrics, PodMetrics } from '@typernetes/api/metrics/v1beta1';
import type { Clock } from '@typernetes/base';
import type { Lister } from '@typernetes/client';
import {
  badRequest,
  type Draft,
  everyField,
  everything,
  type FieldSelector,
  keyOf,
  type ListMeta,
  notFound,
  parseFieldSelector,
  parseSelector,
  type Selector,
} from '@typernetes/machinery';
import { groupVersion, nodeMetrics, podMetrics } from './metrics-objects.ts';
import type { MetricsTarget } from './metrics-target.ts';
import type { UsageHistory } from './usage-history.ts';

/** Metrics are not stored, so they have no uid or resource version. */
export type Metrics = Draft<NodeMetrics> | Draft<PodMetrics>;

export interface MetricsList {
  readonly kind: 'NodeMetricsList' | 'PodMetricsList';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly items: readonly Metrics[];
}

export interface MetricsSources {
  readonly history: Pick<UsageHistory, 'node' | 'pod'>;
  readonly nodes: Pick<Lister<Node>, 'get' | 'list'>;
  /** Running pods. */
  readonly pods: Pick<Lister<Pod>, 'get' | 'list' | 'inNamespace'>;
  readonly clock: Clock;
}

const group = 'metrics.k8s.io';

/** Answers reads of node and pod metrics. Throws a StatusError if an object does not exist or a selector is invalid. */
export class MetricsApi {
  readonly #sources: MetricsSources;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  get({ resource, namespace, name = '' }: MetricsTarget): Metrics {
    if (resource === 'nodes') {
      const node = this.#sources.nodes.get(keyOf({ metadata: { name } }));
      const found = node && this.#ofNode(node);
      if (!found) throw notFound({ group, plural: 'nodemetrics' }, name);
      return found;
    }
    const pod = this.#sources.pods.get(keyOf({ metadata: { name, namespace } }));
    const found = pod && this.#ofPod(pod);
    if (!found) throw notFound({ group, plural: 'podmetrics' }, `${namespace}/${name}`);
    return found;
  }

  /** Omits objects without metrics. Sorted by namespace and name. */
  list({ resource, namespace }: MetricsTarget, query: URLSearchParams): MetricsList {
    const { nodes, pods } = this.#sources;
    const isChosen = choice(query);
    const items =
      resource === 'nodes'
        ? sorted(nodes.list().filter(isChosen)).map((node) => this.#ofNode(node))
        : sorted((namespace ? pods.inNamespace(namespace) : pods.list()).filter(isChosen)).map((pod) =>
            this.#ofPod(pod),
          );
    return {
      kind: resource === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList',
      apiVersion: groupVersion,
      metadata: {},
      items: items.filter((item) => item !== undefined),
    };
  }

  #ofNode(node: Node): Draft<NodeMetrics> | undefined {
    const { history, clock } = this.#sources;
    const usage = history.node(node.metadata.name);
    return usage && nodeMetrics(node, usage, clock.now());
  }

  #ofPod(pod: Pod): Draft<PodMetrics> | undefined {
    const { history, clock } = this.#sources;
    const usages = history.pod(`${pod.metadata.namespace}/${pod.metadata.name}`);
    return usages && podMetrics(pod, usages, clock.now());
  }
}

type Named = Pick<Node | Pod, 'metadata'>;

function sorted<T extends Named>(objects: readonly T[]): readonly T[] {
  const key = ({ metadata }: Named): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return [...objects].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** Selects by labels, name and namespace; any other field counts as empty, as upstream has it. */
function choice(query: URLSearchParams): (object: Named) => boolean {
  const labels = readable<Selector>(query.get('labelSelector'), parseSelector) ?? everything;
  const fields = readable<FieldSelector>(query.get('fieldSelector'), parseFieldSelector) ?? everyField;
  return ({ metadata }) => {
    const fieldOf = (field: string): string =>
      field === 'metadata.name' ? metadata.name : field === 'metadata.namespace' ? (metadata.namespace ?? '') : '';
    return labels.matches(metadata.labels) && fields.matches(fieldOf);
  };
}

function readable<T>(text: string | null, read: (text: string) => T): T | undefined {
  if (!text) return undefined;
  try {
    return read(text);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

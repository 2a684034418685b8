import { createHash } from 'node:crypto';
import { groupVersion } from './metrics-objects.ts';

const [group = '', version = ''] = groupVersion.split('/');
const root = `/apis/${groupVersion}`;
const nameOf = (type: string): string => `io.k8s.metrics.pkg.apis.metrics.v1beta1.${type}`;
const ref = (type: string) => ({ $ref: `#/components/schemas/${nameOf(type)}` });
const text = (description: string) => ({ type: 'string', description });
const listOf = (type: string, description: string) => ({
  type: 'array',
  description,
  items: { allOf: [ref(type)], default: {} },
});
const meaning = (kind: string) => [{ group, version, kind }];

const typeMeta = {
  apiVersion: text(
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  ),
  kind: text(
    'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  ),
};
const metadata = {
  type: 'object',
  description:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
};
const usage = {
  type: 'object',
  description: 'The memory usage is the memory working set.',
  additionalProperties: { type: 'string' },
};
const span = {
  timestamp: {
    type: 'string',
    format: 'date-time',
    description:
      'The following fields define time interval from which metrics were collected from the interval [Timestamp-Window, Timestamp].',
  },
  window: { type: 'string' },
};

const kinds = {
  NodeMetrics: {
    description: 'NodeMetrics sets resource usage metrics of a node.',
    properties: { ...typeMeta, metadata, ...span, usage },
    required: ['timestamp', 'window', 'usage'],
  },
  NodeMetricsList: {
    description: 'NodeMetricsList is a list of NodeMetrics.',
    properties: { ...typeMeta, metadata, items: listOf('NodeMetrics', 'List of node metrics.') },
    required: ['items'],
  },
  PodMetrics: {
    description: 'PodMetrics sets resource usage metrics of a pod.',
    properties: {
      ...typeMeta,
      metadata,
      ...span,
      containers: listOf('ContainerMetrics', 'Metrics for all containers are collected within the same time window.'),
    },
    required: ['timestamp', 'window', 'containers'],
  },
  PodMetricsList: {
    description: 'PodMetricsList is a list of PodMetrics.',
    properties: { ...typeMeta, metadata, items: listOf('PodMetrics', 'List of pod metrics.') },
    required: ['items'],
  },
};

const container = {
  type: 'object',
  description: 'ContainerMetrics sets resource usage metrics of a container.',
  properties: { name: text('Container name corresponding to the one from pod.spec.containers.'), usage },
  required: ['name', 'usage'],
};

const schemas = Object.fromEntries([
  ...Object.entries(kinds).map(([kind, schema]) => [
    nameOf(kind),
    { type: 'object', ...schema, 'x-kubernetes-group-version-kind': meaning(kind) },
  ]),
  [nameOf('ContainerMetrics'), container],
]);

const parameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });

/** The description of a GET of a path, such as one pod by name. */
function reading(kind: string, { action, answer, path }: { action: 'list' | 'get'; answer: string; path: string }) {
  return {
    get: {
      tags: ['metrics_v1beta1'],
      description: action === 'list' ? `list objects of kind ${kind}` : `read the specified ${kind}`,
      responses: { 200: { description: 'OK', content: { 'application/json': { schema: ref(answer) } } } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': meaning(kind)[0],
    },
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name)),
  };
}

const paths = Object.fromEntries(
  (
    [
      ['nodes', 'NodeMetrics', 'list'],
      ['nodes/{name}', 'NodeMetrics', 'get'],
      ['pods', 'PodMetrics', 'list'],
      ['namespaces/{namespace}/pods', 'PodMetrics', 'list'],
      ['namespaces/{namespace}/pods/{name}', 'PodMetrics', 'get'],
    ] as const
  ).map(([path, kind, action]) => [
    `${root}/${path}`,
    reading(kind, { action, answer: action === 'list' ? `${kind}List` : kind, path }),
  ]),
);

const document = {
  openapi: '3.0.0',
  info: { title: 'Kubernetes metrics-server', version },
  paths,
  components: { schemas },
};

const hash = createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase();

/** OpenAPI v3 documents by path; `kubectl explain` reads them. */
export const openApi: Readonly<Record<string, object>> = {
  '/openapi/v3': { paths: { [root.slice(1)]: { serverRelativeURL: `/openapi/v3${root}?hash=${hash}` } } },
  [`/openapi/v3${root}`]: document,
};

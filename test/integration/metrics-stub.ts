import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Labels = Readonly<Record<string, string>>;

const node = (name: string, labels: Labels, status: object) => ({ metadata: { name, labels }, status });
const nodes = [
  node('big', { role: 'a' }, { allocatable: { cpu: '4', memory: '8Gi' }, capacity: { cpu: '8', memory: '16Gi' } }),
  node('none', { role: 'a' }, { allocatable: {}, capacity: { cpu: '1' } }),
  node('silent', { role: 'b' }, { allocatable: { cpu: '2', memory: '2Gi' }, capacity: { cpu: '2', memory: '2Gi' } }),
  node(
    'small',
    { role: 'b' },
    {
      allocatable: { cpu: '1500m', memory: '1000Mi' },
      capacity: { cpu: '2', memory: '1Gi' },
      nodeInfo: { swap: { capacity: 1_073_741_824 } },
    },
  ),
];
const times = { timestamp: '2026-01-01T00:00:00Z', window: '10s' };
const use = (cpu: string, memory: string, more: object = {}) => ({ cpu, memory, ...more });
const nodeUse = (name: string, labels: Labels, usage: object) => ({ metadata: { name, labels }, ...times, usage });
const nodeMetrics = [
  nodeUse('small', { role: 'b' }, use('250m', '300Mi', { swap: '10Mi' })),
  nodeUse('big', { role: 'a' }, use('1234567890n', '4194304Ki')),
  nodeUse('none', { role: 'a' }, use('1', '1500M')),
];
const podUse = (
  namespace: string,
  name: string,
  labels: Labels,
  containers: readonly (readonly [string, object])[],
) => ({
  metadata: { name, namespace, labels },
  ...times,
  containers: containers.map(([container, usage]) => ({ name: container, usage })),
});
const podMetrics = [
  podUse('default', 'web', { app: 'web' }, [
    ['zeta', use('999n', '1023Ki')],
    ['alpha', use('1500m', '64Mi', { swap: '3Mi' })],
  ]),
  podUse('default', 'db', { app: 'db' }, [['db', use('100m', '2Gi')]]),
  podUse('other', 'web', { app: 'web' }, [['c', use('7', '5G')]]),
  podUse('other', 'idle', {}, []),
];
const pod = (namespace: string, name: string, labels: Labels, ageS: number) => ({
  metadata: { name, namespace, labels, creationTimestamp: new Date(Date.now() - ageS * 1000).toISOString() },
  spec: { containers: [{ name: 'c' }] },
  status: { phase: 'Running' },
});
const pods = [
  ...podMetrics.map(({ metadata }) => pod(metadata.namespace, metadata.name, metadata.labels, 600)),
  pod('old', 'waiting', { app: 'old' }, 600),
  pod('young', 'waiting', { app: 'young' }, 10),
];

const type = (name: string, kind: string, namespaced: boolean) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ['get', 'list'],
});
const version = { groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1' };
const group = { name: 'metrics.k8s.io', versions: [version], preferredVersion: version };
const coreTypes = [type('nodes', 'Node', false), type('pods', 'Pod', true)];
const metricTypes = [type('nodes', 'NodeMetrics', false), type('pods', 'PodMetrics', true)];

/** The response for a path; a list if there are items. */
function at(
  path: string,
  withMetrics: boolean,
): { kind: string; apiVersion: string; items?: readonly Named[] } | undefined {
  const documents: Readonly<Record<string, object>> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: withMetrics ? [group] : [] },
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: coreTypes },
    ...(withMetrics
      ? {
          '/apis/metrics.k8s.io': { kind: 'APIGroup', apiVersion: 'v1', ...group },
          '/apis/metrics.k8s.io/v1beta1': {
            kind: 'APIResourceList',
            groupVersion: version.groupVersion,
            resources: metricTypes,
          },
        }
      : {}),
  };
  if (documents[path]) return documents[path] as never;
  const [, core, metrics, namespace, plural = '', name] =
    /^\/(?:(api\/v1)|(apis\/metrics\.k8s\.io\/v1beta1))(?:\/namespaces\/([^/]+))?\/(nodes|pods)(?:\/([^/]+))?$/.exec(
      path,
    ) ?? [];
  if (metrics && !withMetrics) return undefined;
  const all = { nodes: metrics ? nodeMetrics : nodes, pods: metrics ? podMetrics : pods }[plural] as
    | readonly Named[]
    | undefined;
  if (!all) return undefined;
  const here = all.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const kind = `${plural === 'nodes' ? 'Node' : 'Pod'}${metrics ? 'Metrics' : ''}`;
  const apiVersion = core ? 'v1' : version.groupVersion;
  const one = here.find(({ metadata }) => metadata.name === name);
  if (name !== undefined) return one && { kind, apiVersion, ...one };
  return { kind: `${kind}List`, apiVersion, items: here };
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Labels };
}

/**
 * A server of the metrics API, and of its nodes and pods; below `/empty` there are no metrics yet, below `/none` no
 * metrics API.
 */
export async function startMetricsStub(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const [, mode, rest = ''] = /^(?:\/(empty|none))?(\/.*)$/.exec(request.url ?? '') ?? [];
    const [path = '', query] = rest.split('?');
    const found = at(path, mode !== 'none');
    const parameters = new URLSearchParams(query);
    const [label, value] = (parameters.get('labelSelector') ?? '').split('=');
    const [field, wanted] = (parameters.get('fieldSelector') ?? '').split('=');
    const items = (mode === 'empty' && path.includes('metrics.k8s.io') ? [] : found?.items)?.filter(
      ({ metadata }) =>
        (!label || metadata.labels[label] === value) && (field !== 'metadata.name' || metadata.name === wanted),
    );
    const details = { name: path.split('/').at(-1), group: 'metrics.k8s.io', kind: 'pods' };
    const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
    const message = `${path.includes('nodes') ? 'nodemetrics' : 'podmetrics'}.metrics.k8s.io "${details.name}" not found`;
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        found ? { ...found, ...(found.items ? { metadata: {}, items } : {}) } : { ...missing, message, details },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

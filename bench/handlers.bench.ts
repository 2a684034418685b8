/**
 * What a request costs behind the sockets: the configured server in this process, one request after the other, objects in memory. With
 * `--kubelets=N` so many watch the pods of a node each.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  loopbackUser,
  startConfiguredServer,
} from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiRequest, readBody } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { sampleConfigMap } from './sample-config-map.ts';

const { values, positionals: only } = parseArgs({
  options: { kubelets: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const { flags } = parseFlags(apiServerFlags, [
  '--storage-backend=memory',
  '--authorization-mode=Node,RBAC',
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  '--service-cluster-ip-range=10.96.0.0/12',
]);
const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
const signingKey = createPrivateKey(privateKeyPem(await newPrivateKey()));
const store = new MemoryStore();
const server = await startConfiguredServer({
  config,
  resources: builtInResources,
  store,
  log: silentLogger,
  material: {
    tls: { cert: '', key: '' },
    clientCa: undefined,
    requestHeaderCa: undefined,
    serviceAccountKeys: [createPublicKey(signingKey)],
    serviceAccountSigningKey: signingKey,
    kubeletClient: undefined,
  },
});
const transport = server.transport(loopbackUser);
const base = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const podEvents = '/api/v1/namespaces/default/events';

async function call(method: string, path: string, body?: string, type = 'application/json'): Promise<void> {
  const headers = { 'user-agent': 'bench/1.0', ...(body === undefined ? {} : { 'content-type': type }) };
  await ask({ method, path, headers, ...(body === undefined ? {} : { body }) });
}

/** A kubelet that watches the pods of its node until `signal` aborts. */
async function follow(node: string, signal: AbortSignal): Promise<void> {
  const path = `/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3D${node}`;
  const { body } = await transport.request({ method: 'GET', path, headers: { 'user-agent': 'bench/1.0' }, signal });
  const events = body[Symbol.asyncIterator]();
  const next = (): void =>
    void events.next().then(
      ({ done }) => (done ? undefined : next()),
      () => undefined,
    );
  next();
}

async function ask(request: ApiRequest): Promise<void> {
  const { method, path } = request;
  const response = await transport.request(request);
  const bytes = await readBody(response);
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${Buffer.from(bytes)}`);
}

const pod = (i: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: `pod-${i}`, labels: { app: 'bench' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
    },
  });
const binding = (i: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace: 'default', name: `pod-${i}` },
    target: { kind: 'Node', name: 'node-1' },
  });
const scheduled = (i: number): string => {
  const at = '2026-01-01T00:00:00Z';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'default', name: `pod-${i}.18f0` },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'default',
      name: `pod-${i}`,
      uid: 'u',
      resourceVersion: '1',
    },
    reason: 'Scheduled',
    message: `Successfully assigned default/pod-${i} to node-1`,
    source: { component: 'default-scheduler' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: 'Normal',
    reportingComponent: 'default-scheduler',
    reportingInstance: '',
  });
};

const n = 4000;
const merge = '{"metadata":{"annotations":{"a":"b"}}}';
const applied = (i: number): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}` }, data: { payload: 'v' } });
const list = (path: string, accept = 'application/json'): Promise<void> =>
  ask({ method: 'GET', path, headers: { 'user-agent': 'bench/1.0', accept } });
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const metadata = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** Of each series so many in a round; of lists, which are of all 4,000, fewer. */
const series: readonly [name: string, work: (i: number) => Promise<void>, count?: number][] = [
  ['create', (i) => call('POST', base, sampleConfigMap(i))],
  ['get', (i) => call('GET', `${base}/cm-${i}`)],
  ['list all', () => list(base), 40],
  ['list, limit=500', () => list(`${base}?limit=500`), 100],
  ['list all as Table', () => list(base, table), 20],
  ["list all's metadata", () => list(base, metadata), 40],
  ['update', (i) => call('PUT', `${base}/cm-${i}`, sampleConfigMap(i, 'u'))],
  ['merge patch', (i) => call('PATCH', `${base}/cm-${i}`, merge, 'application/merge-patch+json')],
  [
    'apply',
    (i) => call('PATCH', `${base}/cm-${i}?fieldManager=b&force=true`, applied(i), 'application/apply-patch+yaml'),
  ],
  ['delete', (i) => call('DELETE', `${base}/cm-${i}`)],
  ['create pod', (i) => call('POST', pods, pod(i))],
  ['bind pod', (i) => call('POST', `${pods}/pod-${i}/binding`, binding(i))],
  ['create event', (i) => call('POST', podEvents, scheduled(i))],
  ['delete pod', (i) => call('DELETE', `${pods}/pod-${i}?gracePeriodSeconds=0`)],
  ['delete event', (i) => call('DELETE', `${podEvents}/pod-${i}.18f0`)],
];
const kubelets = new AbortController();
try {
  await call('POST', '/api/v1/namespaces/default/serviceaccounts', '{"metadata":{"name":"default"}}');
  for (let i = 0; i < Number(values.kubelets); i++) await follow(`node-${i}`, kubelets.signal);
  // Names of series; all if none are given. Whoever leaves out deleting gets one round.
  for (let round = 0; round < (only.length > 0 && !only.some((name) => name.startsWith('delete')) ? 1 : 3); round++)
    for (const [name, work, count = n] of series) {
      if (only.length > 0 && !only.includes(name)) continue;
      const from = process.cpuUsage();
      for (let i = 0; i < count; i++) await work(i);
      const { user, system } = process.cpuUsage(from);
      console.log(JSON.stringify({ round, series: name, cpuUs: Math.round((user + system) / count) }));
    }
} finally {
  kubelets.abort();
  transport.close();
  await server.close();
  await store.close();
}

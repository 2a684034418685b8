/**
 * What a request costs behind the sockets in two versions of the server at once: this tree's and that of another checkout, which has
 * node_modules of its own, in one process, a few requests of each in turns. So load and compiling meet both alike.
 *
 *     node bench/beside.ts ROOT [requests]
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readBody } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { sampleConfigMap } from './sample-config-map.ts';

type Call = (method: string, path: string, body?: object | string, type?: string) => Promise<void>;

const [other = '', count = '2000'] = process.argv.slice(2);
const requests = Number(count);
/** So few that most slices are over before somebody else gets the processor. */
const slice = 8;
/** Of all slices the one that is looked at, by time: longer ones were interrupted. */
const undisturbed = 0.12;

const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const named = (kind: string, name: string): object => ({ apiVersion: 'v1', kind, metadata: { name } });
const container = { name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } };
const podSpec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [container] };
const series: readonly (readonly [name: string, work: (call: Call, i: number) => Promise<void>])[] = [
  ['create', (call, i) => call('POST', maps, sampleConfigMap(i))],
  ['get', (call, i) => call('GET', `${maps}/cm-${i}`)],
  ['update', (call, i) => call('PUT', `${maps}/cm-${i}`, sampleConfigMap(i, 'u'))],
  [
    'merge patch',
    (call, i) =>
      call('PATCH', `${maps}/cm-${i}`, { metadata: { annotations: { a: 'b' } } }, 'application/merge-patch+json'),
  ],
  [
    'apply',
    (call, i) => {
      const wanted = { ...named('ConfigMap', `cm-${i}`), data: { payload: 'v' } };
      return call('PATCH', `${maps}/cm-${i}?fieldManager=b&force=true`, wanted, 'application/apply-patch+yaml');
    },
  ],
  ['delete', (call, i) => call('DELETE', `${maps}/cm-${i}`)],
  ['create pod', (call, i) => call('POST', pods, { ...named('Pod', `pod-${i}`), spec: podSpec })],
  [
    'bind pod',
    (call, i) =>
      call('POST', `${pods}/pod-${i}/binding`, {
        ...named('Binding', `pod-${i}`),
        target: { kind: 'Node', name: 'node-1' },
      }),
  ],
  ['delete pod', (call, i) => call('DELETE', `${pods}/pod-${i}?gracePeriodSeconds=0`)],
];

/** The server of a checkout. The store is this tree's for both. */
async function serverOf(root: string): Promise<Call> {
  const api: typeof import('@typernetes/apiserver') = await import(join(root, 'packages/apiserver/src/index.ts'));
  const { flags } = parseFlags(api.apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
  ]);
  const signingKey = createPrivateKey(privateKeyPem(await newPrivateKey()));
  const { silentLogger } = await import('@typernetes/base/testing');
  const server = await api.startConfiguredServer({
    config: api.completeConfig(flags, { defaultAddress: () => '127.0.0.1' }),
    resources: api.builtInResources,
    store: new MemoryStore(),
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
  const transport = server.transport(api.loopbackUser);
  const call: Call = async (method, path, body, type = 'application/json') => {
    const headers = { 'user-agent': 'bench/1.0', ...(body === undefined ? {} : { 'content-type': type }) };
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await transport.request({ method, path, headers, ...(text === undefined ? {} : { body: text }) });
    const bytes = await readBody(response);
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${Buffer.from(bytes)}`);
  };
  await call('POST', '/api/v1/namespaces/default/serviceaccounts', named('ServiceAccount', 'default'));
  return call;
}

/** µs a request in both, in slices that take turns at being first. */
async function compare(both: readonly Call[], work: (call: Call, i: number) => Promise<void>): Promise<number[]> {
  const took = both.map((): number[] => []);
  for (let from = 0; from < requests; from += slice) {
    const turns = [...both.entries()];
    for (const [at, call] of (from / slice) % 2 === 0 ? turns : turns.reverse()) {
      const start = performance.now();
      await Promise.all(Array.from({ length: slice }, (_, i) => work(call, from + i)));
      took[at]?.push(((performance.now() - start) * 1000) / slice);
    }
  }
  return took.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length * undisturbed)] ?? Number.NaN);
}

if (other === '') throw new Error('Usage: node bench/beside.ts ROOT [requests]');
const both = [await serverOf(resolve(other)), await serverOf(join(import.meta.dirname, '..'))];
for (let pass = 1; pass <= 3; pass++)
  for (const [name, work] of series) {
    const [theirs = 0, ours = 0] = await compare(both, work);
    const figures = { theirUs: Math.round(theirs), ourUs: Math.round(ours), ratio: Number((ours / theirs).toFixed(2)) };
    console.log(JSON.stringify({ pass, series: name, ...figures }));
  }
// Both servers would go on.
process.exit(0);

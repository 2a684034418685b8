import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';

const cpu = ['50m', '100m', '200m', '1', '2', '0.5', '1500m', '0'];
const memory = ['10Mi', '64Mi', '128Mi', '1Gi', '100M', '1', '0'];

function amounts(chance: Chance, share = 0.7): Json {
  return {
    ...(chance.of(share) ? { cpu: chance.pick(cpu) } : {}),
    ...(chance.of(share) ? { memory: chance.pick(memory) } : {}),
    ...(chance.of(0.1) ? { 'ephemeral-storage': '1Gi' } : {}),
    ...(chance.of(0.1) ? { 'example.com/gpu': chance.pick(['1', '2']) } : {}),
  };
}

function limit(chance: Chance): Json {
  const type = chance.pick(['Container', 'Container', 'Pod', 'PersistentVolumeClaim']);
  const part = (share: number, name: string): Json =>
    chance.of(share)
      ? {
          [name]: type === 'PersistentVolumeClaim' ? { storage: chance.pick(['1Gi', '2Gi', '10Gi']) } : amounts(chance),
        }
      : {};
  return {
    type,
    ...part(0.4, 'min'),
    ...part(0.4, 'max'),
    ...(type === 'Container' ? { ...part(0.5, 'default'), ...part(0.5, 'defaultRequest') } : {}),
    ...(chance.of(0.2) ? { maxLimitRequestRatio: { cpu: chance.pick(['2', '1', '4']) } } : {}),
  };
}

const hard = [
  'pods',
  'services',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
  'count/deployments.apps',
  'count/jobs.batch',
  'cpu',
  'memory',
  'requests.cpu',
  'limits.memory',
  'requests.storage',
  'fast.storageclass.storage.k8s.io/requests.storage',
  'requests.example.com/gpu',
  'replicationcontrollers',
  'resourcequotas',
  'ephemeral-storage',
];

function quota(chance: Chance): Json {
  const scopes = chance.some(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'PriorityClass'], 0, 1);
  const selector = {
    matchExpressions: [
      {
        scopeName: 'PriorityClass',
        operator: chance.pick(['In', 'Exists', 'NotIn', 'DoesNotExist']),
        values: chance.pick([['high'], [], ['low', 'high']]),
      },
    ],
  };
  return {
    hard: Object.fromEntries(
      chance
        .some(hard, 1, 4)
        .map((name) => [
          name,
          name === 'cpu' || name.endsWith('.cpu')
            ? chance.pick(cpu)
            : /memory|storage/.test(name)
              ? chance.pick(['100Mi', '1Gi', '5Gi'])
              : chance.pick(['0', '1', '2', '5']),
        ]),
    ),
    ...(chance.of(0.3) ? { scopes } : {}),
    ...(chance.of(0.15) ? { scopeSelector: selector } : {}),
  };
}

const container = (chance: Chance, name: string): Json => ({
  name,
  image: chance.pick(['a', 'a:1', 'a:latest']),
  ...(chance.of(0.7)
    ? {
        resources: {
          ...(chance.of(0.7) ? { requests: amounts(chance) } : {}),
          ...(chance.of(0.6) ? { limits: amounts(chance) } : {}),
        },
      }
    : {}),
});

const toleration = (chance: Chance): Json => ({
  ...(chance.of(0.8)
    ? { key: chance.pick(['a', 'node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable', 'A B']) }
    : {}),
  ...(chance.of(0.6) ? { operator: chance.pick(['Exists', 'Equal', 'In']) } : {}),
  ...(chance.of(0.3) ? { value: chance.pick(['x', '']) } : {}),
  ...(chance.of(0.6) ? { effect: chance.pick(['NoExecute', 'NoSchedule', 'PreferNoSchedule']) } : {}),
  ...(chance.of(0.4) ? { tolerationSeconds: chance.pick([0, 30, -1]) } : {}),
});

function pod(chance: Chance): Json {
  return {
    containers: Array.from({ length: 1 + chance.below(2) }, (_, i) => container(chance, `c${i}`)),
    ...(chance.of(0.3) ? { initContainers: [container(chance, 'i')] } : {}),
    ...(chance.of(0.3) ? { tolerations: Array.from({ length: 1 + chance.below(2) }, () => toleration(chance)) } : {}),
    ...(chance.of(0.3)
      ? { priorityClassName: chance.pick(['high', 'low', 'none', 'system-cluster-critical', 'never']) }
      : {}),
    ...(chance.of(0.1) ? { priority: chance.pick([1, 1000, 0]) } : {}),
    ...(chance.of(0.2) ? { activeDeadlineSeconds: 5 } : {}),
    ...(chance.of(0.2) ? { serviceAccountName: chance.pick(['default', 'app', 'none']) } : {}),
    ...(chance.of(0.2) ? { automountServiceAccountToken: chance.of(0.5) } : {}),
    ...(chance.of(0.15) ? { runtimeClassName: chance.pick(['gv', 'none']) } : {}),
    ...(chance.of(0.1) ? { nodeName: chance.pick(['n1', 'n2']) } : {}),
    ...(chance.of(0.1) ? { restartPolicy: 'Never' } : {}),
    ...(chance.of(0.1) ? { overhead: { cpu: '10m' } } : {}),
    ...(chance.of(0.1) ? { preemptionPolicy: chance.pick(['Never', 'PreemptLowerPriority']) } : {}),
  };
}

/** A namespace with limits, quotas, service accounts and classes: compares their effect on pods and other objects. */
export async function admission(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const namespace = `n${index}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const quietly = (path: string, body: Json) => compare.quietly({ method: 'POST', path, body });
  await quietly('/api/v1/namespaces', { metadata: { name: namespace } });
  await quietly(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
  await quietly(`${core}/serviceaccounts`, {
    metadata: { name: 'app' },
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'pull' }],
  });
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  await quietly(classes, { metadata: { name: 'high' }, value: 1000 });
  await quietly(classes, { metadata: { name: 'low' }, value: 10, ...(index % 3 === 0 ? { globalDefault: true } : {}) });
  await quietly(classes, { metadata: { name: 'never' }, value: 5, preemptionPolicy: 'Never' });
  await quietly('/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'gv' },
    handler: 'gv',
    overhead: { podFixed: { cpu: '10m', memory: '5Mi' } },
    scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'gv', operator: 'Exists' }] },
  });
  await quietly('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'a.b/c',
  });
  const ask = async (path: string, body: Json): Promise<void> =>
    void (await compare.ask({ method: 'POST', path, body }));
  if (chance.of(0.7))
    await ask(`${core}/limitranges`, {
      metadata: { name: 'l' },
      spec: { limits: Array.from({ length: 1 + chance.below(3) }, () => limit(chance)) },
    });
  if (chance.of(0.6)) await ask(`${core}/resourcequotas`, { metadata: { name: 'q' }, spec: quota(chance) });
  // No controller runs on either side, so the usage is set by hand.
  const status = JSON.stringify({ status: await usage(compare, core) });
  await compare.quietly({
    method: 'PATCH',
    path: `${core}/resourcequotas/q/status`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: status,
  });
  for (let i = 0; i < 8; i++) {
    const name = `p${i}`;
    const kind = chance.pick(['pods', 'pods', 'pods', 'persistentvolumeclaims', 'services', 'deployments', 'secrets']);
    if (kind === 'pods')
      await ask(`${core}/pods`, {
        metadata: { name, ...(chance.of(0.1) ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}) },
        spec: pod(chance),
      });
    if (kind === 'persistentvolumeclaims')
      await ask(`${core}/persistentvolumeclaims`, {
        metadata: { name },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: chance.pick(['1Gi', '3Gi', '20Gi', '1Ki']) } },
          ...(chance.of(0.3) ? { storageClassName: chance.pick(['', 'fast', 'none']) } : {}),
        },
      });
    if (kind === 'services')
      await ask(`${core}/services`, {
        metadata: { name },
        spec: {
          type: chance.pick(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
          ports: [{ port: 80 }],
          externalName: 'a.b',
          ...(chance.of(0.2) ? { externalIPs: ['192.0.2.1'] } : {}),
        },
      });
    if (kind === 'deployments')
      await ask(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
        metadata: { name },
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: pod(chance) },
        },
      });
    if (kind === 'secrets')
      await ask(`${core}/secrets`, {
        metadata: { name, ...(chance.of(0.3) ? { annotations: { 'kubernetes.io/service-account.name': 'app' } } : {}) },
        type: chance.pick(['Opaque', 'kubernetes.io/service-account-token', 'kubernetes.io/tls', 'x']),
      });
    await compare.ask({ method: 'GET', path: `${core}/resourcequotas/q` });
  }
  for (const path of ['pods', 'persistentvolumeclaims', 'secrets', 'resourcequotas', 'limitranges'])
    await compare.quietly({ method: 'DELETE', path: `${core}/${path}?gracePeriodSeconds=0` });
  await compare.quietly({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
}

async function usage(compare: Comparison, core: string): Promise<Json> {
  const { ours } = await compare.quietly({ method: 'GET', path: `${core}/resourcequotas/q` });
  const { spec } = JSON.parse(ours.text) as { spec?: { hard?: Json } };
  const limits = spec?.hard ?? {};
  return { hard: limits, used: Object.fromEntries(Object.keys(limits).map((name) => [name, '0'])) };
}

/** Runs the items of `run-once.ts`, in three pods of the namespace `items`. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { imageRepository, imageTag } from '@typernetes/base';
import { eventually } from '../../eventually.ts';
import type { Shell } from '../../walkthrough/walkthrough.ts';
import { type Container, type Context, items, ownContainers } from './run-once.ts';

export const namespace = 'items';
export const etcdImage = `${imageRepository}/etcd:${imageTag}`;
export const object = (kind: string, name: string, more: object = {}, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  ...more,
});
export const list = (objects: readonly object[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });

const encode = (text: string): string => Buffer.from(text).toString('base64');
const busybox = { image: 'busybox', imagePullPolicy: 'IfNotPresent' };
const shell = (script: string) => ({ ...busybox, command: ['sh', '-c', script] });

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const amount = (name: string, resource: string) => ({ name, valueFrom: { resourceFieldRef: { resource } } });
const env = [
  field('POD_NAME', 'metadata.name'),
  field('POD_NAMESPACE', 'metadata.namespace'),
  field('POD_UID', 'metadata.uid'),
  field('POD_IP', 'status.podIP'),
  amount('CPU_LIMIT', 'limits.cpu'),
  amount('CPU_REQUEST', 'requests.cpu'),
  amount('MEMORY_LIMIT', 'limits.memory'),
  amount('MEMORY_REQUEST', 'requests.memory'),
];
const envFrom = ['#', '$', '1-', 'p-'].flatMap((prefix) => [
  { prefix: `${prefix}configmap`, configMapRef: { name: 'items' } },
  { prefix: `${prefix}secret`, secretRef: { name: 'items' } },
]);

/** A container that runs its items' scripts one after the other, each under a heading with the item's index. */
function container(name: Container) {
  const mine = items.map((item, place) => ({ ...item, place })).filter((item) => item.container === name);
  const mounts = mine.flatMap(({ mounts, place }) =>
    mounts.map((mount, i) => ({
      volume: { name: `v-${place}-${i}`, ...mount.source },
      mount: {
        name: `v-${place}-${i}`,
        mountPath: mount.at ?? `/v/${place}/${i}`,
        ...(mount.subPath ? { subPath: mount.subPath } : {}),
      },
    })),
  );
  const script = mine.map(({ script, mounts, place }) => {
    const path = (i: number): string => mounts[i]?.at ?? `/v/${place}/${i}`;
    const lines = script.replaceAll(/\$([01])/g, (_, i: string) => path(Number(i)));
    return `echo '--- ${place}'; (${lines}); echo`;
  });
  const limits = { cpu: '1250m', memory: '64Mi' };
  const resources = name === 'limited' ? { requests: { cpu: '250m', memory: '32Mi' }, limits } : {};
  return {
    volumes: mounts.map(({ volume }) => volume),
    container: {
      name,
      ...shell(script.join('\n')),
      env,
      envFrom,
      resources,
      ...(name === 'user' ? { securityContext: { runAsUser: 1000 } } : {}),
      volumeMounts: mounts.map(({ mount }) => mount),
    },
  };
}

function pods(): readonly object[] {
  const shared = (['root', 'user', 'limited'] as const).map(container);
  const single = ownContainers(etcdImage).map(({ spec }, i) => ({ name: `own-${i}`, ...busybox, ...spec }));
  const another = { name: 'another', ...shell('echo hello from another > /shared/from-another') };
  const sharedMount = [{ name: 'shared', mountPath: '/shared' }];
  const copy = 'cp /usr/bin/id /shared/id && chmod 4755 /shared/id';
  const escalating = (name: string, allowPrivilegeEscalation: boolean) => ({
    name,
    image: 'debian',
    command: ['/shared/id', '-u'],
    securityContext: { runAsUser: 1000, allowPrivilegeEscalation },
    volumeMounts: sharedMount,
  });
  const group = container('group');
  return [
    object('Pod', 'plain', {
      spec: {
        restartPolicy: 'Never',
        containers: [
          ...shared.map(({ container }) => container),
          ...single,
          { ...another, volumeMounts: sharedMount },
          {
            name: 'own-hosts',
            ...shell('head -1 /etc/hosts'),
            volumeMounts: [{ name: 'hosts', mountPath: '/etc/hosts' }],
          },
        ],
        volumes: [
          ...shared.flatMap(({ volumes }) => volumes),
          { name: 'shared', emptyDir: {} },
          { name: 'hosts', hostPath: { path: '/etc/hosts', type: 'File' } },
        ],
      },
    }),
    object('Pod', 'group', {
      spec: {
        restartPolicy: 'Never',
        hostname: 'querier',
        subdomain: 'names',
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['192.0.2.53'], searches: ['resolv.conf.local'] },
        securityContext: {
          runAsUser: 1001,
          runAsGroup: 2002,
          fsGroup: 1001,
          sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }],
        },
        containers: [group.container],
        volumes: group.volumes,
      },
    }),
    object('Pod', 'escalation', {
      spec: {
        restartPolicy: 'Never',
        initContainers: [{ name: 'copy', image: 'debian', command: ['sh', '-c', copy], volumeMounts: sharedMount }],
        containers: [escalating('refused', false), escalating('allowed', true)],
        volumes: [{ name: 'shared', emptyDir: {} }],
      },
    }),
  ];
}

const data = { 'data-1': 'value-1' };

/** The ConfigMaps and Secrets that the items read. */
const configuration = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'items-too' } },
  object('ConfigMap', 'items', { data, binaryData: { 'dump.bin': Buffer.from('defbfe00', 'hex').toString('base64') } }),
  object('Secret', 'items', { data: { 'data-1': encode('value-1') } }),
  {
    ...object('Secret', 'items', { data: { 'data-1': encode('another') } }),
    metadata: { name: 'items', namespace: 'items-too' },
  },
];

const bytes = (quantity: string): number => Number.parseInt(quantity, 10) * (quantity.endsWith('Ki') ? 1024 : 1);
const cores = (quantity: string): number =>
  Math.ceil(Number.parseInt(quantity, 10) / (quantity.endsWith('m') ? 1000 : 1));

/** Tests for a cluster of one machine that accepts pods. */
export function testContainers(cluster: { host(): Shell; machine: string }): void {
  describe('containers of conformance items', () => {
    let host: Shell;
    const get = async <T>(what: string): Promise<T> =>
      JSON.parse(await host.run(`kubectl get -n ${namespace} ${what} -o json`));
    const logOf = (pod: string, name: string): Promise<string> =>
      host.run(`kubectl logs -n ${namespace} ${pod} -c ${name}`);
    /** The output of each container of a pod. */
    async function logsOf(pod: string): Promise<ReadonlyMap<string, string>> {
      const logs = new Map<string, string>();
      const lines = await host.run(`kubectl logs -n ${namespace} ${pod} --all-containers --prefix`);
      for (const [, name = '', line = ''] of lines.matchAll(/^\[pod\/[^/]+\/([^\]]+)\] (.*\n?)/gm))
        logs.set(name, (logs.get(name) ?? '') + line);
      return logs;
    }
    const ended = (pod: string): Promise<Pod> =>
      eventually(async () => {
        const found = await get<Pod>(`pod ${pod}`);
        const states = found.status?.containerStatuses?.map(({ name, state }) => `${name} ${JSON.stringify(state)}`);
        assert.ok(['Succeeded', 'Failed'].includes(found.status?.phase ?? ''), `${states}`);
        return found;
      });

    before(async () => {
      host = cluster.host();
      await host.run('kubectl apply -f -', { input: list(configuration) });
      await eventually(() => host.run(`kubectl get -n ${namespace} serviceaccount/default configmap/kube-root-ca.crt`));
      await host.run('kubectl create -f -', { input: list(pods()) });
    });

    test('print what the items expect', async (context) => {
      const found = { plain: await ended('plain'), group: await ended('group') };
      const logs = { plain: await logsOf('plain'), group: await logsOf('group') };
      const { status: node } = await get<Node>(`node ${cluster.machine}`);
      const { cpu = '', memory = '' } = node?.allocatable ?? {};
      for (const name of ['root', 'user', 'limited', 'group'] as const) {
        const { metadata, status } = name === 'group' ? found.group : found.plain;
        const seen: Context = {
          node: { cpu: cores(cpu), memory: bytes(memory) },
          pod: { name: metadata.name, uid: metadata.uid, ip: status?.podIP ?? '' },
        };
        const parts = ((name === 'group' ? logs.group : logs.plain).get(name) ?? '').split(/^--- (\d+)\n/m);
        const saying = new Map(parts.flatMap((part, i) => (i % 2 ? [[Number(part), parts[i + 1]?.slice(0, -1)]] : [])));
        for (const [place, item] of items.entries()) {
          if (item.container !== name) continue;
          await context.test(item.name, () =>
            assert.equal(saying.get(place), item.says instanceof Function ? item.says(seen) : item.says),
          );
        }
      }
      const statuses = found.plain.status?.containerStatuses;
      for (const [i, { name, log, message }] of ownContainers(etcdImage).entries()) {
        await context.test(name, async () => {
          const said = logs.plain.get(`own-${i}`) ?? '';
          if (typeof log === 'string') assert.equal(said, log);
          else if (log) assert.match(said, log);
          if (message !== undefined) {
            const terminated = statuses?.find((one) => one.name === `own-${i}`)?.state?.terminated;
            assert.deepEqual([terminated?.exitCode, terminated?.message ?? ''], [0, message]);
          }
        });
      }
      await context.test('KubeletManagedEtcHosts: the hosts file of the node, where it is mounted', () =>
        assert.doesNotMatch(logs.plain.get('own-hosts') ?? '', /^# Kubernetes-managed hosts file/),
      );
    });

    test('Security Context when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false', async () => {
      await ended('escalation');
      assert.deepEqual([await logOf('escalation', 'refused'), await logOf('escalation', 'allowed')], ['1000\n', '0\n']);
    });
  });
}

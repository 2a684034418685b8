import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints, Node, Pod, Service } from '@typernetes/api/core/v1';
import { notFound } from '@typernetes/machinery';
import type { StoredCall } from '../handlers/resource-call.ts';
import type { KubeletAccess } from './pod-handlers.ts';
import { nodeBackend, podBackend, serviceBackend } from './proxy-backends.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const node = (address: string): Node => ({
  metadata: meta('n'),
  spec: {},
  status: { addresses: [{ type: 'InternalIP', address }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } },
});
const pod = (name: string, ip: string): Pod => ({
  metadata: meta(name),
  spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 8080 }] }] },
  status: { podIP: ip, podIPs: [{ ip }] },
});
const service = (...ports: { name?: string; port: number }[]): Service => ({
  metadata: meta('s'),
  spec: { ports, selector: {} },
});
const address = (ip: string, name?: string, namespace = 'shop') => ({
  ip,
  ...(name ? { targetRef: { kind: 'Pod', name, namespace } } : {}),
});
const endpoints = (...subsets: NonNullable<Endpoints['subsets']>): Endpoints => ({ metadata: meta('s'), subsets });

interface World {
  readonly objects?: Readonly<Record<string, object>>;
  /** What chance says. */
  readonly chance?: number;
}

/** The backend as `scheme host:port`; `name` is as in the path. */
async function reached(kind: 'nodes' | 'pods' | 'services', name: string, { objects = {}, chance = 0 }: World) {
  const storageOf = ({ plural, group }: { plural: string; group: string }) => ({
    get: async (_namespace: string, wanted: string) => {
      const object = objects[`${plural}/${wanted}`];
      if (!object) throw notFound({ plural, group }, wanted);
      return { object };
    },
  });
  const access = {
    router: { storageOf },
    addressTypes: ['InternalIP'],
    tls: () => ({ servername: 'kubelet' }),
    random: { next: () => chance },
  } as unknown as KubeletAccess & { random: { next(): number } };
  const storage = storageOf({ plural: kind, group: '' });
  const call = { storage, namespace: kind === 'nodes' ? '' : 'shop', name } as unknown as StoredCall;
  const backend =
    kind === 'nodes'
      ? await nodeBackend(access, call, '/')
      : kind === 'pods'
        ? await podBackend(call, '/')
        : await serviceBackend(access, call, '/');
  const scheme = backend.tls ? (backend.tls.servername ?? 'https') : 'http';
  return `${scheme} ${backend.host}:${backend.port}`;
}

test('a node means its kubelet, unless another port is named', async () => {
  const objects = { 'nodes/n': node('10.0.0.7') };
  const at = (name: string) => reached('nodes', name, { objects });
  assert.equal(await at('n'), 'kubelet 10.0.0.7:10250');
  assert.equal(await at('n:10250'), 'kubelet 10.0.0.7:10250');
  assert.equal(await at('https:n:10250'), 'kubelet 10.0.0.7:10250');
  assert.equal(await at('n:10255'), 'http 10.0.0.7:10255');
  assert.equal(await at('https:n:9100'), 'https 10.0.0.7:9100');
  await assert.rejects(at('ftp:n:21'), { reason: 'BadRequest', message: 'invalid node request "ftp:n:21"' });
  await assert.rejects(at(':10255'), { message: 'invalid node request ":10255"' });
  await assert.rejects(at('gone:10255'), { reason: 'NotFound' });
});

test("refuses this server's own addresses as nodes or pods", async () => {
  const own = { 'nodes/n': node('127.0.0.1'), 'pods/p': pod('p', '169.254.169.254'), 'pods/none': pod('none', '') };
  const no = { reason: 'BadRequest', message: 'address not allowed' };
  assert.equal(await reached('nodes', 'n', { objects: own }), 'kubelet 127.0.0.1:10250');
  await assert.rejects(reached('nodes', 'n:2379', { objects: own }), no);
  await assert.rejects(reached('pods', 'p:80', { objects: own }), no);
  await assert.rejects(reached('pods', 'none', { objects: own }), no);
});

test('a pod is reached at the named port, or its first', async () => {
  const objects = { 'pods/p': pod('p', '10.244.1.2') };
  const at = (name: string) => reached('pods', name, { objects });
  assert.equal(await at('p'), 'http 10.244.1.2:8080');
  assert.equal(await at('https:p:443'), 'https 10.244.1.2:443');
  assert.equal(await at('p:web'), 'http 10.244.1.2:8080');
});

test('a service leads to any one of its pods', async () => {
  const ports = [{ name: 'web', port: 8080 }];
  const objects = {
    'services/s': service({ name: 'web', port: 80 }),
    'pods/a': pod('a', '10.244.1.2'),
    'pods/b': pod('b', '10.244.1.3'),
    'endpoints/s': endpoints({ ports, addresses: [address('10.244.1.2', 'a'), address('10.244.1.3', 'b')] }),
  };
  const at = (name: string, chance = 0) => reached('services', name, { objects, chance });
  assert.equal(await at('s:web'), 'http 10.244.1.2:8080');
  assert.equal(await at('s:80', 0.9), 'http 10.244.1.3:8080');
  assert.equal(await at('https:s:80'), 'https 10.244.1.2:8080');
  const unavailable = (message: string) => ({ reason: 'ServiceUnavailable', message });
  await assert.rejects(at('s:81'), unavailable('no service port 81 found for service "s"'));
  await assert.rejects(at('s:other'), unavailable('no endpoints available for service "s:other"'));
  await assert.rejects(at('s'), unavailable('no endpoints available for service "s"'));
});

test('ignores endpoints that are not pods of the namespace', async () => {
  const ports = [{ port: 80 }];
  const addresses = [
    address('192.168.0.1'),
    address('192.168.0.2', 'gone'),
    address('192.168.0.3', 'a', 'elsewhere'),
    address('192.168.0.4', 'a'),
  ];
  const objects = { 'services/s': service({ port: 80 }), 'pods/a': pod('a', '10.244.1.2') };
  await assert.rejects(
    reached('services', 's', { objects: { ...objects, 'endpoints/s': endpoints({ ports, addresses }) } }),
    { reason: 'ServiceUnavailable', message: 'no endpoints available for service "s"' },
  );
  const withPod = endpoints({ ports, addresses: [...addresses, address('10.244.1.2', 'a')] });
  assert.equal(
    await reached('services', 's', { objects: { ...objects, 'endpoints/s': withPod } }),
    'http 10.244.1.2:80',
  );
});

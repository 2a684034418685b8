import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  csidrivers,
  csinodes,
  csistoragecapacities,
  type StorageClass,
  storageclasses,
} from '@typernetes/api/storage/v1';
import { FakeApi } from '@typernetes/client/testing';
import type { ApiObject, Draft, ResourceType } from '@typernetes/machinery';
import { fitErrorMessage } from '../cycle/fit-error.ts';
import { searchNodes } from '../cycle/plan.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { clusterOf, defaultProfile, fakeHandle } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { makeClaim, makeClass, makeVolume } from '../testing/storage.ts';

interface Storage {
  readonly claims?: PersistentVolumeClaim[];
  readonly volumes?: PersistentVolume[];
  readonly classes?: StorageClass[];
  readonly csiNodes?: CSINode[];
  readonly csiDrivers?: CSIDriver[];
  readonly capacities?: CSIStorageCapacity[];
}

interface Case extends Storage {
  readonly name: string;
  readonly pods?: Record<string, Pod[]>;
  /** The nodes that do, or the message. */
  readonly expected: string[] | string;
}

const nodes = [
  makeNode('n1', { labels: { 'topology.kubernetes.io/zone': 'a' } }),
  makeNode('n2', { labels: { 'topology.kubernetes.io/zone': 'b' } }),
];
const using = (...claims: string[]): Pod =>
  makePod({ volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) });
const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const csi = (handle: string, rest = {}) =>
  makeVolume(handle, { csi: { driver: 'example.com/csi', volumeHandle: handle }, ...rest });
const noProvisioner = makeClass('late', { provisioner: 'kubernetes.io/no-provisioner' });

const cases: readonly Case[] = [
  { name: 'a claim that is missing', expected: 'persistentvolumeclaim "c" not found.' },
  {
    name: 'a claim that should have been bound already',
    claims: [makeClaim('c', { storageClassName: 'now' })],
    classes: [makeClass('now', { volumeBindingMode: 'Immediate' })],
    expected: 'pod has unbound immediate PersistentVolumeClaims.',
  },
  {
    name: 'a claim that is bound goes where its volume is',
    claims: [makeClaim('c', { volume: 'v' })],
    volumes: [makeVolume('v', { nodes: ['n2'] })],
    expected: ['n2'],
  },
  {
    name: 'nowhere, if that node is not there',
    claims: [makeClaim('c', { volume: 'v' })],
    volumes: [makeVolume('v', { nodes: ['n3'] })],
    expected: "2 node(s) didn't match PersistentVolume's node affinity.",
  },
  {
    name: 'the volume of a bound claim is gone',
    claims: [makeClaim('c', { volume: 'v' })],
    expected: 'persistentvolume "v" not found.',
  },
  {
    name: 'a waiting claim wants an available volume that is large enough',
    claims: [makeClaim('c')],
    classes: [noProvisioner],
    volumes: [
      makeVolume('small', { nodes: ['n1'], size: '512Mi' }),
      makeVolume('fine', { nodes: ['n2'], size: '2Gi' }),
    ],
    expected: ['n2'],
  },
  {
    name: 'a volume that is promised to another claim does not do',
    claims: [makeClaim('c')],
    classes: [noProvisioner],
    volumes: [makeVolume('v', { claimRef: { namespace: 'default', name: 'other' } })],
    expected: "2 node(s) didn't find available persistent volumes to bind.",
  },
  {
    name: 'without a volume one is provisioned where the class allows it',
    claims: [makeClaim('c')],
    classes: [
      makeClass('late', {
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'topology.kubernetes.io/zone', values: ['b'] }] }],
      }),
    ],
    expected: ['n2'],
  },
  {
    name: 'once a node is selected no other will do',
    claims: [makeClaim('c', { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } })],
    classes: [makeClass('late')],
    expected: ['n1'],
  },
  {
    name: 'a driver that publishes capacities is held to them',
    claims: [makeClaim('c')],
    classes: [makeClass('late')],
    csiDrivers: [{ metadata: meta('example.com/csi'), spec: { storageCapacity: true } }],
    capacities: [
      {
        metadata: { ...meta('cap'), namespace: 'kube-system' },
        storageClassName: 'late',
        capacity: '10Gi',
        nodeTopology: { matchLabels: { 'topology.kubernetes.io/zone': 'a' } },
      },
    ],
    expected: ['n1'],
  },
  {
    name: 'the zone that a volume is labelled with',
    claims: [makeClaim('c', { volume: 'v' })],
    volumes: [makeVolume('v', { labels: { 'topology.kubernetes.io/zone': 'b__c' } })],
    expected: ['n2'],
  },
  {
    name: 'a driver attaches only so many volumes to a node',
    claims: [makeClaim('c', { volume: 'v' }), makeClaim('d', { volume: 'w' })],
    volumes: [csi('v'), csi('w')],
    csiNodes: [
      {
        metadata: meta('n1'),
        spec: { drivers: [{ name: 'example.com/csi', nodeID: 'x', allocatable: { count: 1 } }] },
      },
    ],
    pods: { n1: [using('d')] },
    expected: ['n2'],
  },
  {
    name: 'a claim for one pod of the cluster',
    claims: [makeClaim('c', { volume: 'v', accessModes: ['ReadWriteOncePod'] })],
    volumes: [makeVolume('v')],
    pods: { n1: [using('c')] },
    expected: '2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.',
  },
];

for (const { name, pods, expected, ...storage } of cases) {
  test(name, async () => {
    const handle = await handleWith(storage);
    const search = searchNodes(using('c'), clusterOf(nodes, pods), { profile: defaultProfile(handle), pick: () => 0 });
    const found = search.feasible ? search.feasible.map((node) => node.name).sort() : fitErrorMessage(search.diagnosis);
    assert.deepEqual(found, typeof expected === 'string' ? `0/2 nodes are available: ${expected}` : expected);
  });
}

test('a volume promised to one pod is not offered to the next', async () => {
  const handle = await handleWith({
    claims: [makeClaim('c'), makeClaim('d')],
    classes: [noProvisioner],
    volumes: [makeVolume('only')],
  });
  const profile = defaultProfile(handle);
  const cluster = clusterOf(nodes);
  const search = (claim: string) => searchNodes(using(claim), cluster, { profile, pick: () => 0 });
  const first = search('c');
  const [node] = first.feasible ?? [];
  assert.ok(node && first.feasible);
  const placed = { pod: first.cycle.pod, node };
  for (const plugin of profile.at.reserve) plugin.reserve?.(placed, first.cycle.prepared(plugin));
  assert.equal(search('d').feasible, undefined);
  for (const plugin of profile.at.reserve) plugin.unreserve?.(placed, first.cycle.prepared(plugin));
  assert.equal(search('d').feasible?.length, 2);
});

/** A handle whose informers hold the objects. */
async function handleWith(storage: Storage): Promise<PluginHandle> {
  const handle = fakeHandle(new FakeApi());
  defaultProfile(handle); // asks for the informers
  const put = async <T extends ApiObject>(type: ResourceType<T>, objects: readonly T[] = []): Promise<void> => {
    const api = handle.client.resource(type);
    for (const object of objects) {
      const { metadata, ...rest } = object;
      const { resourceVersion: _, ...draft } = metadata;
      await api.create({ ...rest, metadata: draft } as unknown as Draft<T>);
      // The status of a new object cannot be set on creation.
      if ('status' in object)
        await api.patch(metadata, { status: object.status }, { type: 'merge', subresource: 'status' });
    }
  };
  await put(persistentvolumeclaims, storage.claims);
  await put(persistentvolumes, storage.volumes);
  await put(storageclasses, storage.classes);
  await put(csinodes, storage.csiNodes);
  await put(csidrivers, storage.csiDrivers);
  await put(csistoragecapacities, storage.capacities);
  const stop = new AbortController();
  const running = handle.informers.run(stop.signal);
  await handle.informers.untilSynced(stop.signal);
  stop.abort();
  await running;
  return handle;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, events, type Namespace, type Node, namespaces, pods, services } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { ResourceType } from '@typernetes/machinery';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { eventRateLimit } from './event-rate-limit.ts';
import { imagePolicyWebhook } from './image-policy-webhook.ts';
import { namespaceAutoProvision, namespaceExists } from './namespace-existence.ts';
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission.ts';
import { covers, podNodeSelector, podTolerationRestriction } from './placement-restrictions.ts';
import { podResizeValidator } from './pod-resize-validator.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import {
  alwaysDeny,
  denyServiceExternalIPs,
  extendedResourceToleration,
  limitPodHardAntiAffinityTopology,
} from './simple-restrictions.ts';

const pod = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'web', ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
const namespace = (annotations: object) =>
  literalReads<Namespace>([{ metadata: { name: 'default', annotations } } as never]);

test('pods get the zone and region labels of their node, on creation or by binding', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' };
  const plugin = podTopologyLabels({ nodes: literalReads<Node>([{ metadata: { name: 'n', labels } } as never]) });
  const binding = { metadata: { name: 'web' }, target: { kind: 'Node', name: 'n' } };
  await runPlugin(plugin, admissionRequest(pods, { subresource: 'binding', object: binding }));
  const bound = pod({ nodeName: 'n' }, { labels: { 'topology.kubernetes.io/zone': 'own' } });
  await runPlugin(plugin, admissionRequest(pods, { object: bound }));
  const { other: _, ...copied } = labels;
  assert.deepEqual((binding.metadata as { labels?: object }).labels, copied);
  assert.deepEqual((bound.metadata as { labels?: object }).labels, { ...copied, 'topology.kubernetes.io/zone': 'own' });
});

test('a pod grows only to what its node has', async () => {
  const node = {
    metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux' } },
    status: { allocatable: { cpu: '2', memory: '1Gi' } },
  };
  const plugin = podResizeValidator({ nodes: literalReads<Node>([node as never]) });
  const sized = (cpu: string, generation: number) =>
    pod({ nodeName: 'n', containers: [{ name: 'c', resources: { requests: { cpu } } }] }, { generation });
  const resize = (cpu: string) =>
    runPlugin(
      plugin,
      admissionRequest(pods, {
        operation: 'UPDATE',
        subresource: 'resize',
        object: sized(cpu, 2),
        oldObject: sized('1', 1),
      }),
    );
  await resize('2');
  await assert.rejects(resize('3'), {
    message:
      'pods "web" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000',
    details: { name: 'web', kind: 'pods', causes: [{ reason: 'NodeCapacity' }] },
  });
  node.metadata.labels['kubernetes.io/os'] = 'windows';
  await assert.rejects(resize('3'), {
    message: 'pods "web" is forbidden: pod resize is only supported on linux nodes, node "n" is "windows"',
    details: { name: 'web', kind: 'pods', causes: [{ reason: 'UnsupportedPlatform' }] },
  });
});

test('a pod may only be updated in ways that its node declares to support', async () => {
  const node = { metadata: { name: 'n' }, status: { declaredFeatures: ['InPlacePodVerticalScalingInitContainers'] } };
  const plugin = nodeDeclaredFeatureValidator({ nodes: literalReads<Node>([node as never]) });
  const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
  const resize = (next: object, nodeName = 'n') =>
    runPlugin(
      plugin,
      admissionRequest(pods, {
        operation: 'UPDATE',
        subresource: 'resize',
        name: 'web',
        object: pod({ nodeName, ...next }),
        oldObject: pod({ nodeName, ...requests('1'), initContainers: [{ name: 'i', ...requests('1') }] }),
      }),
    );
  const init = (cpu: string) => ({ initContainers: [{ name: 'i', ...requests(cpu) }] });
  await resize({ ...requests('1'), ...init('1') }, 'gone');
  await resize({ ...requests('1'), ...init('2') });
  const message =
    'pods "web" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "n"';
  await assert.rejects(resize({ ...requests('2'), ...init('1') }), { message });
  await assert.rejects(resize({ ...requests('1'), ...init('2') }, 'gone'), /node "gone" not found/);
});

test('small restrictions', async () => {
  const term = (topologyKey: string) =>
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } } });
  await runPlugin(limitPodHardAntiAffinityTopology, admissionRequest(pods, { object: term('kubernetes.io/hostname') }));
  await assert.rejects(
    runPlugin(limitPodHardAntiAffinityTopology, admissionRequest(pods, { object: term('zone') })),
    /affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io\/hostname is allowed/,
  );
  const service = (externalIPs: string[]) => ({ metadata: { name: 's' }, spec: { externalIPs } });
  await assert.rejects(
    runPlugin(denyServiceExternalIPs, admissionRequest(services, { object: service(['1.2.3.4']) })),
    /Use of external IPs is denied by admission control/,
  );
  const kept = {
    operation: 'UPDATE' as const,
    object: service(['1.2.3.4']),
    oldObject: service(['1.2.3.4', '1.2.3.5']),
  };
  await runPlugin(denyServiceExternalIPs, admissionRequest(services, kept));
  const gpu = pod({ containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1', cpu: '1' } } }] });
  for (let i = 0; i < 2; i++) await runPlugin(extendedResourceToleration, admissionRequest(pods, { object: gpu }));
  assert.deepEqual((gpu.spec as { tolerations?: object[] }).tolerations, [
    { key: 'example.com/gpu', operator: 'Exists' },
  ]);
  await assert.rejects(
    runPlugin(alwaysDeny, admissionRequest(pods, { object: pod() })),
    /admission control is denying all modifications/,
  );
});

test('creates missing namespaces, or refuses writes in them', async () => {
  const made: string[] = [];
  const client = {
    resource: () => ({ create: async ({ metadata }: { metadata: { name: string } }) => made.push(metadata.name) }),
  };
  const provision = namespaceAutoProvision({ namespaces: namespace({}), client: client as never });
  await runPlugin(provision, admissionRequest(pods, { object: pod() }));
  await runPlugin(provision, admissionRequest(pods, { object: pod(), namespace: 'new' }));
  await runPlugin(provision, { ...admissionRequest(pods, { object: pod(), namespace: 'dry' }), dryRun: true });
  assert.deepEqual(made, ['new']);
  const exists = namespaceExists({ namespaces: namespace({}) });
  await runPlugin(exists, admissionRequest(namespaces, { object: { metadata: { name: 'x' } }, namespace: 'x' }));
  await assert.rejects(runPlugin(exists, admissionRequest(pods, { namespace: 'x' })), /namespaces "x" not found/);
});

test('nodes of a namespace', async () => {
  const selectors = { clusterDefaultNodeSelector: 'kind=small', default: 'env=prod,kind=small,disk=ssd' };
  const admitted = async (annotations: object, nodeSelector: object) => {
    const object = pod({ nodeSelector });
    await runPlugin(
      podNodeSelector({ namespaces: namespace(annotations), selectors }),
      admissionRequest(pods, { object }),
    );
    return object.spec as { nodeSelector?: object };
  };
  const annotated = { 'scheduler.alpha.kubernetes.io/node-selector': 'env=prod' };
  assert.deepEqual((await admitted(annotated, { disk: 'ssd' })).nodeSelector, { env: 'prod', disk: 'ssd' });
  assert.deepEqual((await admitted({}, {})).nodeSelector, { kind: 'small' });
  await assert.rejects(admitted(annotated, { env: 'test' }), /conflicts with its namespace node label selector/);
  await assert.rejects(admitted(annotated, { disk: 'hdd' }), /conflict with its namespace whitelist/);
});

test('tolerations of a namespace', async () => {
  const all = { key: 'a', operator: 'Exists' };
  const admitted = async (annotations: object, tolerations: object[]) => {
    const object = pod({ tolerations });
    const plugin = podTolerationRestriction({ namespaces: namespace(annotations), config: undefined });
    await runPlugin(plugin, admissionRequest(pods, { object }));
    return (object.spec as { tolerations?: object[] }).tolerations;
  };
  const defaults = { 'scheduler.alpha.kubernetes.io/defaultTolerations': JSON.stringify([all]) };
  const whitelist = { 'scheduler.alpha.kubernetes.io/tolerationsWhitelist': JSON.stringify([all]) };
  assert.deepEqual(await admitted(defaults, [{ key: 'a', operator: 'Equal', value: '1', effect: 'NoSchedule' }]), [
    all,
  ]);
  assert.deepEqual(await admitted(whitelist, [{ key: 'a', operator: 'Equal', value: '1' }]), [
    { key: 'a', operator: 'Equal', value: '1' },
  ]);
  await assert.rejects(
    admitted(whitelist, [{ key: 'b', operator: 'Exists' }]),
    /conflict with its namespace whitelist/,
  );
  assert.ok(covers({ operator: 'Exists' }, { key: 'x', operator: 'Equal', value: '1', effect: 'NoExecute' }));
  assert.ok(!covers({ key: 'x', operator: 'Equal', value: '1' }, { key: 'x', operator: 'Exists' }));
});

test('limits the rate of events', async () => {
  const clock = new FakeClock();
  const limits = [{ type: 'Namespace', qps: 1, burst: 2 }];
  const plugin = eventRateLimit({ config: { limits } as never, clock });
  const send = (space: string) =>
    runPlugin(plugin, admissionRequest(events, { object: { metadata: { name: 'e' } }, namespace: space }));
  await send('a');
  await send('a');
  await send('b');
  await assert.rejects(send('a'), { message: 'limit reached on type Namespace for key a', code: 429 });
  await clock.advance(1000);
  await send('a');
});

test('an image is only reviewed once while the answer is valid', async () => {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const config = { kubeConfigFile: 'x', allowTTL: 10, denyTTL: 10 };
  const post = async (review: { spec?: { containers?: { image?: string }[] } }) => {
    asked.push(review);
    const bad = review.spec?.containers?.some(({ image }) => image === 'bad');
    return { status: bad ? { allowed: false, reason: 'too old' } : { allowed: true } };
  };
  const plugin = imagePolicyWebhook({ config, clock, post });
  const run = (image: string) =>
    runPlugin(plugin, admissionRequest(pods, { object: pod({ containers: [{ name: 'c', image }] }) }));
  await run('good');
  await run('good');
  assert.equal(asked.length, 1);
  await assert.rejects(run('bad'), /image policy webhook backend denied one or more images: too old/);
  const failing = (defaultAllow: boolean) =>
    imagePolicyWebhook({
      config: { ...config, defaultAllow },
      clock,
      post: async () => Promise.reject(new Error('down')),
    });
  await runPlugin(failing(true), admissionRequest(pods, { object: pod() }));
  await assert.rejects(runPlugin(failing(false), admissionRequest(pods, { object: pod() })), /down/);
});

test('changing owners takes the permission to delete, and blocking owners the one to update their finalizers', async () => {
  const may = new Set(['delete configmaps']);
  const plugin = ownerReferencesPermissionEnforcement({
    authorize: async ({ verb, resource, subresource }) => {
      const what = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
      return { verdict: may.has(what) ? 'allow' : 'no-opinion', reason: 'no rule' } as const;
    },
    resourcesOf: (_version, kind) => (kind === 'Pod' ? [pods as ResourceType<unknown>] : []),
  });
  const owned = (kind: string, blockOwnerDeletion: boolean) => ({
    metadata: { name: 'c', ownerReferences: [{ apiVersion: 'v1', kind, name: 'o', uid: 'u', blockOwnerDeletion }] },
  });
  const write = (object: object) => runPlugin(plugin, admissionRequest(configmaps, { object }));
  await write(owned('Pod', false));
  await assert.rejects(write(owned('Pod', true)), /refers to a resource you can't set finalizers on: no rule, <nil>/);
  await assert.rejects(write(owned('Odd', true)), /cannot find RESTMapping for APIVersion v1 Kind Odd/);
  may.add('update pods/finalizers');
  await write(owned('Pod', true));
  may.clear();
  await assert.rejects(write(owned('Pod', false)), /cannot set an ownerRef on a resource you can't delete: no rule/);
});

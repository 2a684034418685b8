import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes, type Pod, persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { defaultStorageClass } from './default-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { priority } from './priority.ts';
import { runtimeClass } from './runtime-class.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

const podWith = (spec: object): Pod =>
  ({ metadata: { name: 'web' }, spec: { containers: [], ...spec } }) as unknown as Pod;
const admitted = async (plugin: AdmissionPlugin, spec: object): Promise<Pod> => {
  const pod = podWith(spec);
  await runPlugin(plugin, admissionRequest(pods, { object: pod }));
  return pod;
};

const fiveMinutes = defaultTolerationSeconds({ notReady: 300, unreachable: 300 });

test('pods tolerate broken nodes for five minutes by default', async () => {
  const notReady = {
    key: 'node.kubernetes.io/not-ready',
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  };
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' };
  assert.deepEqual((await admitted(fiveMinutes, {})).spec.tolerations, [notReady, unreachable]);
  const own = { ...notReady, tolerationSeconds: 5 };
  assert.deepEqual((await admitted(fiveMinutes, { tolerations: [own] })).spec.tolerations, [own, unreachable]);
  const all = { operator: 'Exists' };
  assert.deepEqual((await admitted(fiveMinutes, { tolerations: [all] })).spec.tolerations, [all]);
  const shorter = defaultTolerationSeconds({ notReady: 30, unreachable: 20 });
  assert.deepEqual((await admitted(shorter, {})).spec.tolerations, [
    { ...notReady, tolerationSeconds: 30 },
    { ...unreachable, tolerationSeconds: 20 },
  ]);
});

test('a new node is tainted once', async () => {
  const node = { metadata: { name: 'n' }, spec: {} } as Node;
  for (let i = 0; i < 2; i++) await runPlugin(taintNodesByCondition, admissionRequest(nodes, { object: node }));
  assert.deepEqual(node.spec?.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});

test('priority comes from the class', async () => {
  const high = { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' };
  const base = { metadata: { name: 'base' }, value: 7, globalDefault: true };
  const none = priority({ priorityClasses: literalReads([high]) });
  const some = priority({ priorityClasses: literalReads([high, base]) });
  const cases: [AdmissionPlugin, object, unknown[]][] = [
    [none, {}, [undefined, 0, 'PreemptLowerPriority']],
    [some, {}, ['base', 7, 'PreemptLowerPriority']],
    [some, { priorityClassName: 'high' }, ['high', 1000, 'Never']],
    [
      none,
      { priorityClassName: 'system-node-critical' },
      ['system-node-critical', 2_000_001_000, 'PreemptLowerPriority'],
    ],
  ];
  for (const [plugin, spec, expected] of cases) {
    const pod = await admitted(plugin, spec);
    assert.deepEqual([pod.spec.priorityClassName, pod.spec.priority, pod.spec.preemptionPolicy], expected);
  }
  await assert.rejects(admitted(none, { priorityClassName: 'x' }), /no PriorityClass with name x was found/);
  await assert.rejects(
    admitted(none, { priorityClassName: 'high', priority: 1 }),
    /the integer value of priority \(1\) must not be provided/,
  );
  const again = { metadata: { name: 'base' }, value: 1, globalDefault: true };
  await assert.rejects(runPlugin(some, admissionRequest(priorityclasses, { object: again })), /is already marked/);
  await runPlugin(some, admissionRequest(priorityclasses, { object: again, operation: 'UPDATE' }));
  const second = { metadata: { name: 'second' }, value: 1, globalDefault: true };
  await assert.rejects(
    runPlugin(some, admissionRequest(priorityclasses, { object: second })),
    /PriorityClass base is already marked as default. Only one default can exist/,
  );
});

test('limit ranges fill in and refuse', async () => {
  const ranger = (...limits: object[]) =>
    limitRanger({
      limitRanges: literalReads([{ metadata: { name: 'l', namespace: 'default' }, spec: { limits } }] as never),
    });
  const container = (resources: object = {}) => ({ containers: [{ name: 'c', resources }] });
  const defaults = { type: 'Container', default: { cpu: '200m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } };
  const pod = await admitted(ranger(defaults), container({ limits: { cpu: '1' } }));
  assert.deepEqual(pod.spec.containers[0]?.resources, {
    limits: { cpu: '1', memory: '1Gi' },
    requests: { cpu: '100m' },
  });
  assert.deepEqual(pod.metadata.annotations, {
    'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; memory limit for container c',
  });
  const cases: [object, object, string][] = [
    [
      { type: 'Container', min: { cpu: '100m' } },
      container(),
      'minimum cpu usage per Container is 100m.  No request is specified',
    ],
    [
      { type: 'Container', min: { cpu: '100m' } },
      container({ requests: { cpu: '50m' } }),
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      { type: 'Container', max: { cpu: '1' } },
      container({ limits: { cpu: '2' } }),
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      container({ requests: { cpu: '1' }, limits: { cpu: '3' } }),
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
    // The same violation of two containers is reported once.
    [
      { type: 'Container', max: { cpu: '1' } },
      { containers: [{}, {}] },
      'maximum cpu usage per Container is 1.  No limit is specified',
    ],
    [
      { type: 'Pod', max: { memory: '1Gi' } },
      { containers: [{ resources: { limits: { memory: '1Gi' } } }, { resources: { limits: { memory: '1Mi' } } }] },
      'maximum memory usage per Pod is 1Gi, but limit is 1025Mi',
    ],
  ];
  for (const [limit, spec, why] of cases) {
    await assert.rejects(admitted(ranger(limit), spec), { message: `pods "web" is forbidden: ${why}` });
  }
  await admitted(ranger({ type: 'Container', max: { cpu: '1' } }), container({ limits: { cpu: '1' } }));
});

test('volumes: protected on creation, of the default class, expandable only if the class allows it', async () => {
  const fast = {
    metadata: {
      name: 'fast',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    allowVolumeExpansion: true,
  };
  const storageClasses = literalReads([
    fast,
    { metadata: { name: 'slow', creationTimestamp: '2026-01-02T00:00:00Z' } },
  ] as never);
  const claim = { metadata: { name: 'c', finalizers: [] as string[] }, spec: {} as { storageClassName?: string } };
  await runPlugin(storageObjectInUseProtection, admissionRequest(persistentvolumeclaims, { object: claim }));
  assert.deepEqual(claim.metadata.finalizers, ['kubernetes.io/pvc-protection']);
  await runPlugin(
    defaultStorageClass({ storageClasses: storageClasses as never }),
    admissionRequest(persistentvolumeclaims, { object: claim }),
  );
  assert.equal(claim.spec.storageClassName, 'fast');
  const none = { metadata: { name: 'c' }, spec: { storageClassName: '' } };
  await runPlugin(
    defaultStorageClass({ storageClasses: storageClasses as never }),
    admissionRequest(persistentvolumeclaims, { object: none }),
  );
  assert.equal(none.spec.storageClassName, '');

  const resize = persistentVolumeClaimResize({ storageClasses: storageClasses as never });
  const sized = (storageClassName: string, storage: string, phase: string) => ({
    metadata: { name: 'c' },
    spec: { storageClassName, resources: { requests: { storage } } },
    status: { phase },
  });
  const grow = (name: string, phase: string) =>
    runPlugin(
      resize,
      admissionRequest(persistentvolumeclaims, {
        operation: 'UPDATE',
        oldObject: sized(name, '1Gi', phase),
        object: sized(name, '2Gi', phase),
      }),
    );
  await grow('fast', 'Bound');
  await assert.rejects(grow('fast', 'Pending'), /Only bound persistent volume claims can be expanded/);
  await assert.rejects(grow('slow', 'Bound'), /only dynamically provisioned pvc can be resized/);
});

test('images are always pulled, and runtime classes add their overhead', async () => {
  const pulled = await admitted(alwaysPullImages, { initContainers: [{ imagePullPolicy: 'Never' }], containers: [{}] });
  assert.deepEqual(
    [pulled.spec.initContainers?.[0]?.imagePullPolicy, pulled.spec.containers[0]?.imagePullPolicy],
    ['Always', 'Always'],
  );
  const kata = {
    metadata: { name: 'kata' },
    overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { kata: 'yes' } },
  };
  const plugin = runtimeClass({ runtimeClasses: literalReads([kata] as never) });
  const pod = await admitted(plugin, { runtimeClassName: 'kata' });
  assert.deepEqual([pod.spec.overhead, pod.spec.nodeSelector], [{ cpu: '250m' }, { kata: 'yes' }]);
  await assert.rejects(admitted(plugin, { runtimeClassName: 'x' }), /pod rejected: RuntimeClass "x" not found/);
  await assert.rejects(
    admitted(plugin, { overhead: { cpu: '1' } }),
    /Pod Overhead set without corresponding RuntimeClass defined Overhead/,
  );
  await assert.rejects(
    admitted(plugin, { runtimeClassName: 'kata', nodeSelector: { kata: 'no' } }),
    /conflict: runtimeClass.scheduling.nodeSelector\[kata\] = yes/,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Node, Pod, PodSpec } from '@typernetes/api/core/v1';
import { RecordedEvents } from '@typernetes/client/testing';
import { containerEvents } from '../status/container-events.ts';
import { podOf } from '../testing/pod-machine.ts';
import { createAdmission } from './admission.ts';

const asking = (resources: Record<string, string>): Container => ({ name: 'c', resources: { requests: resources } });
const listening = (hostPort: number): Container => ({ name: 'c', ports: [{ containerPort: 80, hostPort }] });
const node = { metadata: { name: 'n', labels: { disk: 'ssd' } }, spec: {} } as unknown as Node;

function admission(pods: readonly Pod[] = [], taints: NonNullable<NonNullable<Node['spec']>['taints']> = []) {
  const events = new RecordedEvents();
  const admit = createAdmission({
    events: containerEvents(events),
    pressure: () => undefined,
    host: () => ({ appArmor: false, seLinux: false }),
    unsafeSysctls: ['kernel.msg*'],
    allocatable: () => ({ cpu: '2', memory: '1Gi', pods: '3' }),
    node: () => ({ ...node, spec: { taints } }),
    pods: () => pods,
    hasEnded: (pod) => pod.metadata.name === 'over',
  });
  return { events, admit };
}

const full = [podOf('a', { containers: [asking({ cpu: '1500m' })] })];

for (const [name, spec, others, reason, message] of [
  [
    'cpu',
    { containers: [asking({ cpu: '600m' })] },
    full,
    'OutOfcpu',
    "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000",
  ],
  [
    'memory',
    { containers: [asking({ memory: '2Gi' })] },
    full,
    'OutOfmemory',
    "Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
  ],
  [
    'places',
    {},
    [podOf('a'), podOf('b'), podOf('c')],
    'OutOfpods',
    "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  ],
  [
    'labels',
    { nodeSelector: { disk: 'hdd' } },
    [],
    'NodeAffinity',
    "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    'ports',
    { containers: [listening(80)] },
    [podOf('a', { containers: [listening(80)] })],
    'NodePorts',
    "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  [
    'kernel settings',
    { securityContext: { sysctls: [{ name: 'kernel/sem', value: '1' }] } },
    [],
    'SysctlForbidden',
    'forbidden sysctl: "kernel.sem" not allowlisted',
  ],
  [
    'kernel settings of the host',
    { hostIPC: true, securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
    [],
    'SysctlForbidden',
    'forbidden sysctl: "kernel.msgmax" not allowed with host ipc enabled',
  ],
  [
    'AppArmor',
    { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
    [],
    'AppArmor',
    'Cannot enforce AppArmor: AppArmor is not enabled on the host',
  ],
] as const) {
  test(`a pod that the node cannot give what it asks for is refused: ${name}`, () => {
    const { admit, events } = admission(others);
    assert.deepEqual(admit(podOf('p', spec as unknown as Partial<PodSpec>)), {
      refused: { reason, message: `Pod was rejected: ${message}`, rejected: true },
    });
    assert.deepEqual(events.seen, [`Warning ${reason} ${message}`]);
  });
}

test('admits pods that fit; ended pods take no room, and allowed sysctls are set', () => {
  const over = podOf('over', { containers: [asking({ cpu: '2' }), listening(80)] });
  const fits: Partial<PodSpec> = {
    containers: [asking({ cpu: '500m' }), listening(80)],
    nodeSelector: { disk: 'ssd' },
    securityContext: {
      // The runtime ignores it on a host without SELinux.
      seLinuxOptions: { level: 's0' },
      sysctls: [
        { name: 'net.ipv4.tcp_syncookies', value: '1' },
        { name: 'kernel.msgmax', value: '1' },
      ],
    },
  };
  assert.deepEqual(admission([...full, over]).admit(podOf('p', fits)), { preempts: [] });
});

test('a NoExecute taint keeps out pods that do not tolerate it', () => {
  const { admit } = admission([], [{ key: 'k', effect: 'NoExecute' }]);
  assert.equal(admit(podOf('p')).refused?.reason, 'TaintToleration');
  assert.deepEqual(admit(podOf('p', { tolerations: [{ operator: 'Exists' }] })), { preempts: [] });
});

const critical = (resources: Record<string, string>, spec: Partial<PodSpec> = {}): Pod =>
  podOf('vip', { priority: 2_000_000_000, containers: [asking(resources)], ...spec });

test('a critical pod that only lacks room is admitted, and other pods are preempted', () => {
  const { admit, events } = admission([...full, podOf('b')]);
  assert.deepEqual(
    admit(critical({ cpu: '1' })).preempts?.map(({ metadata }) => metadata.name),
    ['a'],
  );
  assert.deepEqual(events.seen, ['Warning Preempting Preempted in order to admit critical pod']);
});

test('a critical pod is still refused when preemption cannot make room, or when room is not all it lacks', () => {
  const { admit, events } = admission([podOf('vip-2', { priority: 2_000_000_000, ...full[0]?.spec })]);
  const lacking =
    'preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources';
  assert.deepEqual(admit(critical({ cpu: '1' })).refused, {
    reason: 'UnexpectedAdmissionError',
    message: `Pod was rejected: Unexpected error while attempting to recover from admission failure: ${lacking}: [(res: cpu, q: 500), ]`,
    rejected: true,
  });
  const elsewhere = admission(full);
  assert.equal(
    elsewhere.admit(critical({ cpu: '1' }, { nodeSelector: { disk: 'hdd' } })).refused?.reason,
    'NodeAffinity',
  );
  assert.ok(![...events.seen, ...elsewhere.events.seen].some((text) => text.includes('Preempt')));
});

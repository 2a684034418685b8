import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { containerHash } from '../pod/labels.ts';
import type { ProbeVerdicts } from '../probes/probe-verdicts.ts';
import type { ContainerRecord, PodRecord, SandboxRecord } from '../runtime/pod-record.ts';
import { type PodPlan, planPod } from './plan.ts';

const image = (name: string): Container => ({ name, image: 'busybox' });
const web = image('web');
const setup = image('setup');
const proxy: Container = { ...image('proxy'), restartPolicy: 'Always' };

function pod(spec: Partial<NonNullable<Pod['spec']>>): Pod {
  const metadata = { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [web], ...spec } };
}

const sandbox = (id: string, attempt: number, ready: boolean): SandboxRecord => ({
  id,
  attempt,
  ready,
  handler: '',
  createdAt: attempt,
  ips: [],
});

function record(
  container: Container,
  state: ContainerRecord['state'],
  more: Partial<ContainerRecord> = {},
): ContainerRecord {
  return {
    id: `${container.name}-0`,
    name: container.name,
    sandboxId: 's0',
    attempt: 0,
    hash: containerHash(container),
    state,
    createdAt: 0,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: '',
    imageId: '',
    logPath: '',
    ...more,
  };
}

const seen = (containers: ContainerRecord[], sandboxes = [sandbox('s0', 0, true)]): PodRecord => ({
  uid: 'u',
  name: 'p',
  namespace: 'default',
  sandboxes,
  containers,
});

const healthy: ProbeVerdicts = { failed: () => undefined, started: () => true };

function summary(plan: PodPlan) {
  return {
    sandbox: plan.sandbox,
    start: plan.start.map(({ container, attempt }) => `${container.spec.name}/${attempt}`),
    kill: plan.kill.map(({ message }) => message),
    stopAll: plan.stopAll,
  };
}

const keep = { sandbox: 'keep', start: [] as string[], kill: [] as string[], stopAll: false };
const failed = { exitCode: 1 };

for (const [name, spec, runtime, expected] of [
  ['a new pod gets a sandbox and its containers', {}, seen([], []), { ...keep, sandbox: 'create', start: ['web/0'] }],
  [
    'init containers come first',
    { initContainers: [setup] },
    seen([], []),
    { ...keep, sandbox: 'create', start: ['setup/0'] },
  ],
  ['what runs is left alone', {}, seen([record(web, 'running')]), keep],
  ['a sandbox without containers gets them', {}, seen([]), { ...keep, start: ['web/0'] }],
  ['an ended container starts again', {}, seen([record(web, 'exited')]), { ...keep, start: ['web/1'] }],
  [
    'a success ends a pod that restarts on failure',
    { restartPolicy: 'OnFailure' },
    seen([record(web, 'exited')]),
    { ...keep, stopAll: true },
  ],
  [
    'a failure does not',
    { restartPolicy: 'OnFailure' },
    seen([record(web, 'exited', failed)]),
    { ...keep, start: ['web/1'] },
  ],
  [
    'without restarts the end is the end',
    { restartPolicy: 'Never' },
    seen([record(web, 'exited', failed)]),
    { ...keep, stopAll: true },
  ],
  ['a running init container is waited for', { initContainers: [setup] }, seen([record(setup, 'running')]), keep],
  [
    'after it the others start',
    { initContainers: [setup] },
    seen([record(setup, 'exited')]),
    { ...keep, start: ['web/0'] },
  ],
  [
    'a failed init container is tried again',
    { initContainers: [setup] },
    seen([record(setup, 'exited', failed)]),
    { ...keep, start: ['setup/1'] },
  ],
  [
    'without restarts it ends the pod',
    { initContainers: [setup], restartPolicy: 'Never' },
    seen([record(setup, 'exited', failed)]),
    { ...keep, stopAll: true },
  ],
  [
    'a sidecar that has started lets the others start',
    { initContainers: [proxy] },
    seen([record(proxy, 'running')]),
    { ...keep, start: ['web/0'] },
  ],
  [
    'an ended sidecar starts again beside them',
    { initContainers: [proxy] },
    seen([record(proxy, 'exited'), record(web, 'running')]),
    { ...keep, start: ['proxy/1'] },
  ],
  [
    'a changed image replaces the container',
    {},
    seen([record(web, 'running', { hash: 'old' })]),
    { ...keep, start: ['web/1'], kill: ['Container web definition changed, will be restarted'] },
  ],
  [
    'a dead sandbox is replaced with what ran in it',
    {},
    seen([record(web, 'exited', failed)], [sandbox('s0', 0, false)]),
    { ...keep, sandbox: 'create', start: ['web/1'], stopAll: true },
  ],
  [
    'unless everything was done',
    { restartPolicy: 'Never' },
    seen([record(web, 'exited')], [sandbox('s0', 0, false)]),
    { ...keep, sandbox: 'none' },
  ],
] as const) {
  test(name, () => assert.deepEqual(summary(planPod(pod(spec as object), runtime, healthy)), expected));
}

test('a failed liveness probe restarts the container, unless the restart policy forbids it', () => {
  const probes: ProbeVerdicts = { failed: () => 'liveness', started: () => true };
  const running = seen([record(web, 'running')]);
  assert.deepEqual(summary(planPod(pod({}), running, probes)), {
    ...keep,
    start: ['web/1'],
    kill: ['Container web failed liveness probe, will be restarted'],
  });
  assert.deepEqual(summary(planPod(pod({ restartPolicy: 'Never' }), running, probes)), {
    ...keep,
    stopAll: true,
  });
});

test('a startup probe that passes lets the next container start; one that fails restarts the sidecar', () => {
  const both = pod({ initContainers: [proxy, { ...proxy, name: 'second' }] });
  const running = seen([record(proxy, 'running')]);
  const verdict = (started: boolean, failed?: 'startup'): ProbeVerdicts => ({
    failed: () => failed,
    started: () => started,
  });
  assert.deepEqual(summary(planPod(both, running, verdict(false))), keep);
  assert.deepEqual(summary(planPod(both, running, verdict(true))), { ...keep, start: ['second/0'] });
  assert.deepEqual(summary(planPod(both, running, verdict(false, 'startup'))), {
    ...keep,
    start: ['proxy/1'],
    kill: ['Init container proxy failed startup probe'],
  });
});

test('ends the sidecars of a completed pod', () => {
  const job = pod({ initContainers: [proxy], restartPolicy: 'Never' });
  const done = seen([record(web, 'exited'), record(proxy, 'running')]);
  assert.deepEqual(summary(planPod(job, done, healthy)), { ...keep, stopAll: true });
  const sidecarDead = seen([record(web, 'running'), record(proxy, 'exited')]);
  assert.deepEqual(summary(planPod(job, sidecarDead, healthy)), { ...keep, start: ['proxy/1'] });
});

test('an init container that left no record is not run again once a later one has started', () => {
  const two = pod({ initContainers: [setup, { ...setup, name: 'later' }] });
  const later = record({ ...setup, name: 'later' }, 'exited');
  assert.deepEqual(summary(planPod(two, seen([later]), healthy)), { ...keep, start: ['web/0'] });
});

test('ephemeral containers start once, whatever else is going on', () => {
  const debug = { name: 'debug', image: 'busybox' };
  const debugged = pod({ initContainers: [setup], ephemeralContainers: [debug] });
  assert.deepEqual(summary(planPod(debugged, seen([record(setup, 'running')]), healthy)), {
    ...keep,
    start: ['debug/0'],
  });
  const over = seen([record(debug, 'exited', failed), record(setup, 'running')]);
  assert.deepEqual(summary(planPod(debugged, over, healthy)), keep);
});

const onExit = (action: string, values: number[]) => ({ action, exitCodes: { operator: 'In', values } });

for (const [name, container, exitCode, expected] of [
  ["a container's own policy goes before the pod's", { ...web, restartPolicy: 'Never' }, 1, { ...keep, stopAll: true }],
  [
    'a rule goes before the policy',
    { ...web, restartPolicy: 'Never', restartPolicyRules: [onExit('Restart', [42])] },
    42,
    { ...keep, start: ['web/1'] },
  ],
  [
    'a rule for another exit code does not',
    { ...web, restartPolicy: 'Never', restartPolicyRules: [onExit('Restart', [42])] },
    41,
    { ...keep, stopAll: true },
  ],
] as const) {
  test(name, () => {
    const own = { ...container } as unknown as Container;
    const ended = seen([record(own, 'exited', { exitCode })]);
    assert.deepEqual(summary(planPod(pod({ containers: [own] }), ended, healthy)), expected);
  });
}

test('a rule may restart all containers, init containers first', () => {
  const rules = [onExit('RestartAllContainers', [7])];
  const main: Container = { ...web, restartPolicy: 'Never', restartPolicyRules: rules };
  const all = pod({ initContainers: [setup], containers: [main, image('side')] });
  const before = [
    record(main, 'exited', { exitCode: 7, createdAt: 1, finishedAt: 5 }),
    record(image('side'), 'running', { createdAt: 1 }),
    record(setup, 'exited', { createdAt: 0 }),
  ];
  assert.deepEqual(summary(planPod(all, seen(before), healthy)), {
    ...keep,
    kill: ['Stopping container side'],
    start: ['setup/1'],
  });
  const after = [
    record(setup, 'exited', { createdAt: 8, attempt: 1 }),
    record(main, 'exited', { exitCode: 7, createdAt: 1, finishedAt: 5 }),
    record(image('side'), 'exited', { exitCode: 137, createdAt: 1, finishedAt: 7 }),
  ];
  assert.deepEqual(summary(planPod(all, seen(after), healthy)), { ...keep, start: ['web/1', 'side/1'] });
});

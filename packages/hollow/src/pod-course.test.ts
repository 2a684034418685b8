import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';
import { type PodPlace, planPod, usualCourse } from './pod-course.ts';

interface Given {
  readonly metadata?: Partial<Pod['metadata']>;
  readonly spec?: Pod['spec'];
  readonly phase?: NonNullable<Pod['status']>['phase'];
}

const plain: Pod['spec'] = { containers: [{ name: 'main', image: 'web:1' }], nodeName: 'node-1' };
const meta = {
  name: 'web',
  namespace: 'default',
  uid: '1',
  generation: 3,
  resourceVersion: '7',
  creationTimestamp: '',
};

const pod = ({ metadata, spec = plain, phase = 'Pending' }: Given = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta, ...metadata },
  spec,
  status: { phase },
});

const place =
  (course: PodPlace['course'] = { ready: true }) =>
  (): PodPlace => ({
    course,
    hostIP: '192.0.2.1',
    podIP: '198.51.100.1',
    at: '2026-01-01T00:00:00Z',
  });

const reported = (step: ReturnType<typeof planPod>) => {
  assert.equal(step.do, 'report');
  return step.do === 'report' ? step.status : {};
};

test('a new pod runs and is ready', () => {
  const status = reported(planPod(pod(), place()));
  assert.deepEqual(
    [status.phase, status.podIP, status.hostIP, status.observedGeneration],
    ['Running', '198.51.100.1', '192.0.2.1', 3],
  );
  assert.equal(findCondition(status.conditions, 'Ready')?.status, 'True');
  assert.deepEqual([...new Set(status.conditions?.map(({ observedGeneration }) => observedGeneration))], [3]);
  assert.deepEqual(
    status.containerStatuses?.map(({ name, ready }) => [name, ready]),
    [['main', true]],
  );
});

test('a pod of the host network has the address of its node', () => {
  const spec = { containers: [{ name: 'main', image: 'web:1' }], hostNetwork: true };
  assert.equal(reported(planPod(pod({ spec }), place())).podIP, '192.0.2.1');
});

test('a pod that never becomes ready runs all the same', () => {
  const status = reported(planPod(pod(), place({ ready: false })));
  const ready = findCondition(status.conditions, 'Ready');
  assert.deepEqual([status.phase, ready?.status, ready?.reason], ['Running', 'False', 'ContainersNotReady']);
});

test('a readiness gate holds the pod back alone', () => {
  const spec = {
    containers: [{ name: 'main', image: 'web:1' }],
    readinessGates: [{ conditionType: 'example.com/go' }],
  };
  const { conditions } = reported(planPod(pod({ spec }), place()));
  assert.equal(findCondition(conditions, 'Ready')?.reason, 'ReadinessGatesNotReady');
  assert.equal(findCondition(conditions, 'ContainersReady')?.status, 'True');
});

test('a running pod is left alone, unless its course ends', () => {
  const running = { ...pod(), status: reported(planPod(pod(), place())) };
  assert.deepEqual(planPod(running, place()), { do: 'nothing' });
  const ended = reported(planPod(pod({ phase: 'Running' }), place({ ready: true, exitCode: 3 })));
  assert.equal(ended.phase, 'Failed');
  assert.equal(ended.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
});

test('a pod that is being deleted is removed whatever its phase', () => {
  const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  for (const phase of ['Pending', 'Running', 'Succeeded'] as const) {
    assert.deepEqual(planPod(pod({ metadata, phase }), place()), { do: 'remove' });
  }
});

test('a pod that is kept by a finalizer fails before it is removed', () => {
  const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['batch.kubernetes.io/job-tracking'] };
  const status = reported(planPod(pod({ metadata, phase: 'Running' }), place()));
  assert.deepEqual([status.phase, status.containerStatuses?.[0]?.state?.terminated?.exitCode], ['Failed', 137]);
  assert.deepEqual(planPod(pod({ metadata, phase: 'Failed' }), place()), { do: 'remove' });
});

test('pods of Jobs succeed, others run on', () => {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: '2', controller: true };
  assert.deepEqual(usualCourse(pod({ metadata: { ownerReferences: [owner] } })), {
    ready: true,
    exitCode: 0,
  });
  assert.deepEqual(usualCourse(pod()), { ready: true });
});

test('a change of the spec is seen, and another image starts the container again', () => {
  const status = reported(planPod(pod(), place()));
  const running = { ...pod({ phase: 'Running' }), status };
  assert.deepEqual(planPod(running, place()), { do: 'nothing' });
  const spec = { ...plain, containers: [{ name: 'main', image: 'web:2' }] };
  const changed = reported(planPod({ ...running, spec, metadata: { ...meta, generation: 4 } }, place()));
  assert.equal(changed.observedGeneration, 4);
  const [main] = changed.containerStatuses ?? [];
  assert.deepEqual([main?.image, main?.restartCount, main?.lastState?.terminated?.exitCode], ['web:2', 1, 137]);
});

test('a readiness gate that opens later makes the pod ready', () => {
  const spec = { ...plain, readinessGates: [{ conditionType: 'example.com/open' }] };
  const status = reported(planPod(pod({ spec }), place()));
  const conditions = [...(status.conditions ?? []), { type: 'example.com/open', status: 'True' as const }];
  const next = reported(planPod({ ...pod({ spec }), status: { ...status, conditions } }, place()));
  assert.equal(findCondition(next.conditions, 'Ready')?.status, 'True');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import type { PodCourse } from './pod-course.ts';
import { podReconciler } from './pod-reconciler.ts';

const ref = { namespace: 'default', name: 'web' };
const signal = new AbortController().signal;

async function reconciled(course: (pod: Pod) => PodCourse) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'web:1' }] };
  let pod = await api.resource<Pod>(pods).create({ metadata: ref, spec });
  const said: string[] = [];
  const reconciler = podReconciler({
    client: api,
    pods: { get: () => pod },
    course,
    hostIPOf: () => '192.0.2.1',
    events: { event: (...[target, ...words]) => said.push([target.metadata.name, ...words].join(' ')) },
    clock,
  });
  const step = async () => {
    const result = await reconciler.reconcile('default/web', signal);
    pod = await api.resource<Pod>(pods).get(ref);
    return { result, pod };
  };
  return { said, step };
}

test('a pod whose course fails says so, and is tried again', async () => {
  let attempts = 0;
  const { said, step } = await reconciled(() => {
    if (++attempts > 1) return { ready: true };
    throw new TypeError('no such label');
  });
  const message = 'podCourse failed: TypeError: no such label';
  const first = await step();
  assert.deepEqual(said, [`web Warning PodCourseFailed ${message}`]);
  assert.equal(first.pod.status?.phase, 'Pending');
  assert.deepEqual(first.pod.status?.containerStatuses?.[0]?.state, {
    waiting: { reason: 'PodCourseFailed', message },
  });
  assert.deepEqual(first.result, { requeueAfterMs: 10_000 });
  const { pod, result } = await step();
  assert.deepEqual([pod.status?.phase, result], ['Running', {}]);
});

test('a course of another shape is refused', async () => {
  for (const [course, got] of [
    [undefined, 'undefined'],
    [{ ready: 'yes' }, '{"ready":"yes"}'],
    [{ ready: true, exitCode: '1' }, '{"ready":true,"exitCode":"1"}'],
    [Promise.resolve({ ready: true }), 'a promise'],
  ] as const) {
    const { said, step } = await reconciled(() => course as unknown as PodCourse);
    await step();
    assert.deepEqual(said, [
      `web Warning PodCourseFailed podCourse must return { ready: boolean, exitCode?: integer }, got ${got}`,
    ]);
  }
});

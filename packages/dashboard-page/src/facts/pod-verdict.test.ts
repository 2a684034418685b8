import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod, PodStatus } from '@typernetes/api/core/v1';
import { podVerdict, restartsOf } from './pod-verdict.ts';

const podWith = (status: PodStatus, metadata: { deletionTimestamp?: string; finalizers?: string[] } = {}): Pod => ({
  metadata: {
    name: 'web',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    namespace: 'default',
    ...metadata,
  },
  spec: { containers: [{ name: 'web', image: 'web' }], terminationGracePeriodSeconds: 30 },
  status,
});
const container = (status: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'web',
  image: 'web',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...status,
});
const crashed = { terminated: { exitCode: 137, reason: 'OOMKilled' } };

const cases: readonly (readonly [what: string, pod: Pod, tone: string, word: string, why: RegExp])[] = [
  [
    'a ready pod',
    podWith({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }),
    'ok',
    'Running',
    /^$/,
  ],
  [
    'one that no node has room for',
    podWith({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/3 nodes are available: 3 Insufficient cpu.',
        },
      ],
    }),
    'bad',
    'Unschedulable',
    /^0\/3 nodes are available: 3 Insufficient cpu\.$/,
  ],
  ['one that was just made', podWith({ phase: 'Pending' }), 'busy', 'Pending', /scheduler/],
  [
    'one whose containers are being made',
    podWith({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True' }],
      containerStatuses: [container({ state: { waiting: { reason: 'ContainerCreating' } } })],
    }),
    'busy',
    'Pending',
    /node is preparing/,
  ],
  [
    'one that keeps crashing',
    podWith({
      phase: 'Running',
      containerStatuses: [
        container({
          restartCount: 4,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s restarting failed container' } },
          lastState: crashed,
        }),
      ],
    }),
    'bad',
    'CrashLoopBackOff',
    /^Container web \(restarted 4×\): back-off 1m20s restarting failed container; it ended with exit code 137 \(OOMKilled\)$/,
  ],
  [
    'one whose image is nowhere',
    podWith({
      phase: 'Pending',
      containerStatuses: [container({ state: { waiting: { reason: 'ImagePullBackOff' } } })],
    }),
    'bad',
    'ImagePullBackOff',
    /^Container web: ImagePullBackOff$/,
  ],
  [
    'one whose init container fails',
    podWith({ phase: 'Pending', initContainerStatuses: [container({ name: 'setup', state: crashed })] }),
    'bad',
    'Init:OOMKilled',
    /^Container setup: it ended with exit code 137 \(OOMKilled\)$/,
  ],
  [
    'one that runs and is not ready',
    podWith({
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [container({ state: { running: { startedAt: '2026-01-01T00:00:00Z' } } })],
    }),
    'busy',
    'NotReady',
    /readiness probe does not succeed/,
  ],
  ['one that is done', podWith({ phase: 'Succeeded' }), 'off', 'Completed', /^$/],
  [
    'one that was evicted',
    podWith({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    'bad',
    'Evicted',
    /low on resource/,
  ],
  [
    'one that is going',
    podWith({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    'busy',
    'Terminating',
    /by 2026-01-01T00:00:00Z at the latest, after 30 s of grace/,
  ],
  [
    'one that a finalizer holds',
    podWith({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/hold'] }),
    'busy',
    'Terminating',
    /example\.com\/hold/,
  ],
];

for (const [what, pod, tone, word, why] of cases)
  test(`${what} is ${word}`, () => {
    const verdict = podVerdict(pod);
    assert.deepEqual([verdict.tone, verdict.word], [tone, word]);
    assert.match(verdict.why.join('\n'), why);
  });

test('the restarts of all containers count', () => {
  const status = {
    initContainerStatuses: [container({ restartCount: 1 })],
    containerStatuses: [container({ restartCount: 2 })],
  };
  assert.equal(restartsOf(podWith(status)), 3);
});

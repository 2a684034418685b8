import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labels } from '../pod/labels.ts';
import { runningPods } from './running-pods.ts';

test('shows what the runtime runs, as much as it knows of it, the newest first', async () => {
  const metadata = (name: string) => ({ name, namespace: 'ns', uid: `uid-${name}`, attempt: 0 });
  const sandbox = (name: string, state: string, createdAt: string) => ({ metadata: metadata(name), state, createdAt });
  const container = (name: string, pod: string, state: string) => ({
    metadata: { name, attempt: 0 },
    image: { image: 'busybox:1' },
    state,
    createdAt: '5',
    labels: { [labels.podUid]: `uid-${pod}`, [labels.podName]: pod, [labels.podNamespace]: 'ns' },
  });
  const pods = await runningPods({
    listPodSandboxes: async () =>
      [
        sandbox('old', 'SANDBOX_READY', '1'),
        sandbox('new', 'SANDBOX_READY', '9'),
        sandbox('gone', 'SANDBOX_NOTREADY', '3'),
        sandbox('left', 'SANDBOX_NOTREADY', '3'),
      ] as never,
    listContainers: async () =>
      [
        container('a', 'old', 'CONTAINER_RUNNING'),
        container('b', 'old', 'CONTAINER_EXITED'),
        container('c', 'left', 'CONTAINER_RUNNING'),
      ] as never,
  });
  const shown = (name: string, ...containers: readonly string[]) => ({
    metadata: { name, namespace: 'ns', uid: `uid-${name}` },
    spec: { containers: containers.map((one) => ({ name: one, image: 'busybox:1', resources: {} })) },
    status: {},
  });
  assert.deepEqual(pods, [shown('new'), shown('left', 'c'), shown('old', 'a')]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { type ContainerStatus, RuntimeError, type RuntimeEvent } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import { RuntimeWatch } from './runtime-watch.ts';

/** The runtime's successive answers about a container whose end has been announced. */
async function announced(
  states: readonly (ContainerStatus['state'] | 'unavailable')[],
): Promise<{ looks: number; synced: string[] }> {
  const clock = new FakeClock();
  const controller = new AbortController();
  const synced: string[] = [];
  let looks = 0;
  const watch = new RuntimeWatch({
    clock,
    log: silentLogger,
    onChange: (uid) => void synced.push(uid),
    onGap: () => void synced.push('everybody'),
    runtime: {
      async *events(signal): AsyncGenerator<RuntimeEvent> {
        yield { type: 'stopped', containerId: 'c' };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      containerStatus: async () => {
        const state = states[Math.min(looks++, states.length - 1)];
        if (state === 'unavailable') throw new RuntimeError('Unavailable', 'connection refused');
        return { state, labels: { [labels.podUid]: 'pod' } } as unknown as ContainerStatus;
      },
      podSandboxStatus: async () => {
        throw new RuntimeError('NotFound', 'no such sandbox');
      },
    },
  });
  const running = watch.run(controller.signal);
  for (let i = 0; i < 20; i++) await clock.advance(10);
  controller.abort();
  await running;
  return { looks, synced };
}

test('a pod learns that its container has ended once the runtime knows it, however quick the end was', async () => {
  assert.deepEqual(await announced(['CONTAINER_EXITED']), { looks: 1, synced: ['pod'] });
  assert.deepEqual(await announced(['CONTAINER_RUNNING', 'CONTAINER_EXITED']), { looks: 2, synced: ['pod'] });
  assert.deepEqual(await announced(['CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED']), {
    looks: 3,
    synced: ['pod'],
  });
  assert.deepEqual((await announced(['CONTAINER_CREATED'])).synced, []);
});

test('all pods look when it is unknown whose container has ended', async () => {
  assert.deepEqual((await announced(['unavailable'])).synced, ['everybody']);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { FakeRuntime } from '@typernetes/cri/testing';
import { completeConfiguration } from '../config/defaults.ts';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { PodMachine, podOf } from '../testing/pod-machine.ts';
import { NodeShutdown } from './node-shutdown.ts';
import { shutdownGroups, shutdownPeriods, totalSeconds } from './plan.ts';

const withPriority = (name: string, priority: number, grace = 30): Pod =>
  podOf(name, { priority, terminationGracePeriodSeconds: grace });

test('critical pods get the last part of the time, or all pods what their priority is configured to get', () => {
  const two = shutdownPeriods(
    completeConfiguration({ shutdownGracePeriod: '30s', shutdownGracePeriodCriticalPods: '10s' }),
  );
  assert.deepEqual(two, [
    { priority: 0, seconds: 20 },
    { priority: 2_000_000_000, seconds: 10 },
  ]);
  assert.equal(totalSeconds(two), 30);
  assert.deepEqual(shutdownPeriods(completeConfiguration({})), []);
  const three = shutdownPeriods(
    completeConfiguration({
      shutdownGracePeriodByPodPriority: [
        { priority: 100, shutdownGracePeriodSeconds: 5 },
        { priority: 10, shutdownGracePeriodSeconds: 7 },
      ],
    }),
  );
  const pods = [withPriority('low', 1), withPriority('ten', 10), withPriority('high', 1000)];
  assert.deepEqual(
    shutdownGroups(pods, three).map((group) => [group.seconds, group.pods.map(({ metadata }) => metadata.name)]),
    [
      [7, ['low', 'ten']],
      [5, ['high']],
    ],
  );
});

test('ends pods one priority after the other, each group within its own period', async () => {
  const clock = new FakeClock();
  const gone = new Set<string>();
  const failed: [string, PodVerdict][] = [];
  const pods = [withPriority('web', 0, 60), withPriority('dns', 2_000_001_000, 1)];
  let warnings = 0;
  const shutdown = new NodeShutdown({
    periods: [
      { priority: 0, seconds: 20 },
      { priority: 2_000_000_000, seconds: 10 },
    ],
    pods: () => pods,
    fail: (pod, verdict) => void failed.push([pod.metadata.name, verdict]),
    isGone: ({ metadata }) => gone.has(metadata.name),
    onShutdown: () => void warnings++,
    clock,
    log: silentLogger,
  });
  const refusal = (): string | undefined => shutdown.refusal?.reason;
  assert.equal(refusal(), undefined);
  const { signal } = new AbortController();
  const done = shutdown.begin(signal);
  assert.equal(shutdown.begin(signal), done);
  assert.equal(shutdown.problem, 'node is shutting down');
  assert.equal(refusal(), 'NodeShutdown');
  await clock.advance(19_000);
  assert.deepEqual(
    failed.map(([name, { reason, graceSeconds }]) => [name, reason, graceSeconds]),
    [['web', 'Terminated', 20]],
  );
  assert.equal(warnings, 1);
  for (let step = 0; step < 20; step++) await clock.advance(100);
  assert.deepEqual(failed[1]?.[0], 'dns', 'its turn comes when the time of those before it is over');
  assert.equal(failed[1]?.[1].graceSeconds, 1);
  gone.add('dns').add('web');
  for (let step = 0; step < 5; step++) await clock.advance(100);
  await done;
});

test('a kubelet that ends with its node has seen the end of pods that had to be killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const m = new PodMachine(folder, {
    // A kill takes its time, on a busy machine above all.
    through: (runtime) =>
      new Proxy(runtime, {
        get: (of, name) => {
          if (name === 'stopContainer')
            return async (...call: Parameters<FakeRuntime['stopContainer']>) => {
              await m.clock.sleep(700, call[2]?.signal);
              await of.stopContainer(...call);
            };
          const value: unknown = Reflect.get(of, name, of);
          return typeof value === 'function' ? value.bind(of) : value;
        },
      }),
  });
  m.runtime.stubborn.add('web');
  try {
    const critical = withPriority('dns', 2_000_001_000);
    m.workers.set(critical);
    await m.until(() => m.statuses.last(critical)?.phase === 'Running');
    const shutdown = new NodeShutdown({
      periods: [{ priority: 0, seconds: 4 }],
      pods: () => m.workers.pods,
      fail: (pod, verdict) => m.workers.fail(pod.metadata.uid, verdict),
      isGone: (pod) => !m.workers.holds(pod.metadata.uid),
      onShutdown: () => {},
      clock: m.clock,
      log: silentLogger,
    });
    let isOver = false;
    const over = shutdown.begin(new AbortController().signal).then(() => {
      isOver = true;
    });
    await m.later(() => isOver, 100);
    assert.ok(m.runtime.calls.includes('stop web/0 within 4 s'));
    await over;
    const { phase, reason } = m.statuses.last(critical) ?? {};
    assert.deepEqual([phase, reason], ['Failed', 'Terminated']);
  } finally {
    await m.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

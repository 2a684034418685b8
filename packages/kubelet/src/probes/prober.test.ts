import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { containersOf } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import { containerEvents } from '../status/container-events.ts';
import { podOf } from '../testing/pod-machine.ts';
import { Prober } from './prober.ts';

/** When a container is asked every two seconds, s from its start, by somebody who takes so long for each answer, ms. */
async function questions(answersAfterMs: readonly number[], forMs: number): Promise<readonly number[]> {
  const clock = new FakeClock();
  const start = clock.monotonic();
  const asked: number[] = [];
  const prober = new Prober({
    runtime: {
      execSync: async () => {
        asked.push((clock.monotonic() - start) / 1000);
        await clock.sleep(answersAfterMs[asked.length - 1] ?? 0);
        return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      },
    },
    clock,
    random: { next: () => 0 },
    events: containerEvents(new RecordedEvents()),
    log: silentLogger,
    onChange: () => {},
  });
  const readinessProbe = { exec: { command: ['check'] }, periodSeconds: 2 };
  const pod = podOf('web', { containers: [{ name: 'web', image: 'app:1', readinessProbe }] });
  const record = { id: 'c', startedAt: clock.now() } as ContainerRecord;
  prober.watch(
    pod,
    containersOf(pod).map((container) => ({ container, record })),
    '10.0.0.1',
  );
  await clock.advance(forMs);
  prober.forget(pod);
  return asked;
}

test('a period is from one question to the next, however long the answer takes', async () => {
  assert.deepEqual(await questions([1500, 500, 1500], 7000), [0, 2, 4, 6]);
});

test('after an answer that took longer than the period the next question comes at once', async () => {
  assert.deepEqual(await questions([5000], 8000), [0, 5, 7]);
});

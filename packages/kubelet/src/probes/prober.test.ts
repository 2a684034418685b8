import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Probe } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { containersOf } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import { containerEvents } from '../status/container-events.ts';
import { podOf } from '../testing/pod-machine.ts';
import { Prober } from './prober.ts';

interface Probing {
  /** How long each answer takes, in milliseconds. */
  readonly answersAfterMs?: readonly number[];
  /** What each answer is; success beyond them. */
  readonly codes?: readonly number[];
  readonly probes?: Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;
  readonly forMs: number;
}

/** When a container is asked what, in seconds from its start. */
async function questions({ answersAfterMs = [], codes = [], probes, forMs }: Probing): Promise<readonly string[]> {
  const clock = new FakeClock();
  const start = clock.monotonic();
  const asked: string[] = [];
  const prober = new Prober({
    runtime: {
      execSync: async ({ cmd = [] }) => {
        const turn = asked.push(`${cmd[0]} ${(clock.monotonic() - start) / 1000}`) - 1;
        await clock.sleep(answersAfterMs[turn] ?? 0);
        return { exitCode: codes[turn] ?? 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      },
    },
    clock,
    random: { next: () => 0 },
    events: containerEvents(new RecordedEvents()),
    log: silentLogger,
    onChange: () => {},
  });
  const pod = podOf('web', {
    containers: [{ name: 'web', image: 'app:1', ...(probes ?? { readinessProbe: probe() }) }],
  });
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

const probe = (what = 'ready', periodSeconds = 2): Probe => ({
  ...{ exec: { command: [what] }, periodSeconds, failureThreshold: 3, successThreshold: 1 },
});

test('a period is from one question to the next, however long the answer takes', async () => {
  const asked = await questions({ answersAfterMs: [1500, 500, 1500], forMs: 7000 });
  assert.deepEqual(asked, ['ready 0', 'ready 2', 'ready 4', 'ready 6']);
});

test('after an answer that took longer than the period the next question comes at once', async () => {
  assert.deepEqual(await questions({ answersAfterMs: [5000], forMs: 8000 }), ['ready 0', 'ready 5', 'ready 7']);
});

test('a container that is not ready at once is asked again a second later, then once in a period', async () => {
  const probes = { readinessProbe: probe('ready', 10) };
  const asked = await questions({ codes: [1, 1, 0], probes, forMs: 22_000 });
  assert.deepEqual(asked, ['ready 0', 'ready 1', 'ready 11', 'ready 21']);
});

test('as soon as a container has started it is asked whether it is alive and ready', async () => {
  const probes = {
    startupProbe: probe('started', 3),
    livenessProbe: probe('alive', 10),
    readinessProbe: probe('ready', 10),
  };
  const asked = await questions({ codes: [1, 0], probes, answersAfterMs: [0, 250], forMs: 9000 });
  assert.deepEqual(asked, ['started 0', 'started 3', 'alive 3.25', 'ready 3.25']);
});

test('containers that come after the end are not probed', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const prober = new Prober({
    runtime: {
      execSync: async () => {
        asked++;
        return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      },
    },
    clock,
    random: { next: () => 0 },
    events: containerEvents(new RecordedEvents()),
    log: silentLogger,
    onChange: () => {},
  });
  const pod = podOf('web', { containers: [{ name: 'web', image: 'app:1', readinessProbe: probe() }] });
  const watch = (id: string): void =>
    prober.watch(
      pod,
      containersOf(pod).map((container) => ({
        container,
        record: { id, startedAt: clock.now() } as ContainerRecord,
      })),
      '10.0.0.1',
    );
  const stop = new AbortController();
  const running = prober.run(stop.signal);
  watch('before');
  await clock.advance(1000);
  assert.equal(asked, 1);
  stop.abort();
  await running;
  watch('after');
  await clock.advance(10_000);
  assert.equal(asked, 1);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { deleted, PodMachine, podOf } from '../testing/pod-machine.ts';

/** A pod of one container that takes twenty seconds to stop. */
async function ending(
  t: TestContext,
  more: Partial<Container>,
): Promise<{ m: PodMachine; pod: Pod; ready: () => unknown }> {
  const folder = mkdtempSync(join(tmpdir(), 'ending-readiness-'));
  const m = new PodMachine(folder);
  t.after(async () => {
    await m.stop();
    rmSync(folder, { recursive: true });
  });
  const lifecycle = { preStop: { sleep: { seconds: 20 } } };
  const pod = podOf('p', { containers: [{ name: 'web', image: 'app:1', lifecycle, ...more }] });
  const ready = (): unknown => {
    const status = m.statuses.last(pod);
    const condition = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    return [status?.containerStatuses?.[0]?.ready, condition];
  };
  m.workers.set(pod);
  await m.later(() => m.statuses.last(pod)?.containerStatuses?.[0]?.ready === true);
  return { m, pod, ready };
}

test('a terminating pod stays ready as long as its containers run: they may still serve', async (t) => {
  const { m, pod, ready } = await ending(t, {});
  m.workers.set(deleted(pod, 30));
  await m.clock.advance(10_000);
  assert.deepEqual(ready(), [true, 'True']);
  await m.later(() => m.statuses.finished.includes('uid-p'));
  assert.deepEqual(ready(), [false, 'False']);
});

test('only readiness probes continue while a pod terminates', async (t) => {
  const probe = { exec: { command: ['check'] }, periodSeconds: 2, failureThreshold: 1 };
  const { m, pod, ready } = await ending(t, { readinessProbe: probe, livenessProbe: probe });
  m.workers.set(deleted(pod, 30));
  await m.clock.advance(4000);
  assert.deepEqual(ready(), [true, 'True']);
  m.runtime.onExec = () => ({ exitCode: 1 });
  const before = m.events.seen.length;
  await m.clock.advance(8000);
  assert.deepEqual(ready(), [false, 'False'], 'while it still runs');
  assert.ok(m.runtime.running.includes('web/0'));
  const said = m.events.seen.slice(before).join('\n');
  assert.match(said, /Readiness probe failed/);
  assert.doesNotMatch(said, /Liveness probe failed/);
  await m.later(() => m.statuses.finished.includes('uid-p'));
});

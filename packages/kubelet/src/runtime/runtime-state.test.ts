/** What a kubelet says of its runtime while that does not answer. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { RuntimeStatus } from '@typernetes/cri';
import { FakeRuntime } from '@typernetes/cri/testing';
import { RuntimeState } from './runtime-state.ts';

type Answer = (signal?: AbortSignal) => Promise<RuntimeStatus>;

async function stateOf(t: TestContext) {
  const cniDir = await mkdtemp(join(tmpdir(), 'runtime-state-'));
  const clock = new FakeClock();
  const fake = new FakeRuntime({ clock, registry: [] });
  const status = (): Promise<RuntimeStatus> => fake.status();
  let answering: Answer = status;
  const seen = { changes: 0 };
  const state = new RuntimeState({
    runtime: { status: ({ signal } = {}) => answering(signal) },
    clock,
    log: silentLogger,
    cniDir,
    onChange: () => seen.changes++,
    status: await status(),
  });
  const stop = new AbortController();
  const running = state.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
    await rm(cniDir, { recursive: true });
  });
  await clock.advance(0);
  assert.equal(state.runtimeProblem, undefined);
  const answer = (how: Answer): void => {
    answering = how;
  };
  return { state, clock, seen, status, answer };
}

const refused: Answer = () => Promise.reject(new Error('connect ECONNREFUSED'));
const silent: Answer = (signal) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

test('a runtime that is started anew leaves its node ready, and pods that wait for it go on at once', async (t) => {
  const { state, clock, seen, status, answer } = await stateOf(t);
  const { changes } = seen;
  answer(refused);
  await clock.advance(20_000);
  assert.equal(state.runtimeProblem, undefined);
  assert.equal(seen.changes, changes);
  answer(status);
  await clock.advance(1000);
  assert.equal(state.runtimeProblem, undefined);
  assert.equal(seen.changes, changes + 1);
  await clock.advance(60_000);
  assert.equal(state.runtimeProblem, undefined);
});

for (const [how, answering] of [
  ['refuses', refused],
  ['does not answer', silent],
] as const) {
  test(`a runtime that ${how} for half a minute is down`, async (t) => {
    const { state, clock, seen, answer } = await stateOf(t);
    const { changes } = seen;
    answer(answering);
    await clock.advance(29_000);
    assert.equal(state.runtimeProblem, undefined);
    await clock.advance(1000);
    assert.equal(state.runtimeProblem, 'container runtime is down');
    assert.equal(seen.changes, changes + 1);
  });
}

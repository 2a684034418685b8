/** A pod that is deleted while the container runtime makes something for it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerRuntime } from '@typernetes/cri';
import type { FakeRuntime } from '@typernetes/cri/testing';
import { deleted, PodMachine, podOf } from '../testing/pod-machine.ts';

const calls = ['runPodSandbox', 'createContainer', 'startContainer'] as const;
type Call = (typeof calls)[number];

/** A machine whose runtime starts handling `call` and finishes it when `answer` says so. */
async function slowMachine(t: TestContext, call: Call, answer: Promise<void>) {
  const begun = Promise.withResolvers<AbortSignal>();
  const through = (runtime: FakeRuntime): ContainerRuntime =>
    new Proxy(runtime, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        if (name !== call) return value.bind(of);
        return async (...args: unknown[]) => {
          const { signal } = args.at(-1) as { signal: AbortSignal };
          begun.resolve(signal);
          const calledOff = new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
          await Promise.race([answer, calledOff]);
          return value.apply(of, args);
        };
      },
    });
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const machine = new PodMachine(folder, { through });
  t.after(async () => {
    await machine.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { machine, begun: begun.promise };
}

for (const call of calls) {
  test(`${call} is let finish when the pod is deleted meanwhile: then nothing of it is left`, async (t) => {
    const answer = Promise.withResolvers<void>();
    const { machine: m, begun } = await slowMachine(t, call, answer.promise);
    const pod = podOf('p');
    m.workers.set(pod);
    const signal = await begun;
    m.workers.set(deleted(pod, 30));
    await m.clock.advance(1000);
    assert.equal(signal.aborted, false, 'nobody calls it off midway');
    assert.deepEqual(m.statuses.finished, []);
    answer.resolve();
    await m.later(() => m.statuses.finished.includes('uid-p'));
    assert.deepEqual(m.runtime.remains, { sandboxes: 0, containers: 0 });
    assert.deepEqual(
      m.events.seen.filter((event) => event.startsWith('Warning')),
      [],
      'it has not failed',
    );
  });

  test(`${call} is called off when it has not finished ten seconds after the pod's deletion`, async (t) => {
    const { machine: m, begun } = await slowMachine(t, call, new Promise(() => {}));
    const pod = podOf('p');
    m.workers.set(pod);
    const signal = await begun;
    m.workers.set(deleted(pod, 30));
    await m.clock.advance(9000);
    assert.equal(signal.aborted, false);
    await m.later(() => m.statuses.finished.includes('uid-p'));
    assert.equal(signal.aborted, true);
  });
}

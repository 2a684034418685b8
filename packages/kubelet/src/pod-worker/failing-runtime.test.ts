/**
 * The final state of pods must not depend on which calls the container runtime refused, missed or left unanswered on
 * the way.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pod, PodSpec } from '@typernetes/api/core/v1';
import { systemClock } from '@typernetes/base';
import { seededNumbers, seedsOr } from '@typernetes/base/testing';
import { type ContainerRuntime, RuntimeError } from '@typernetes/cri';
import type { FakeRuntime } from '@typernetes/cri/testing';
import { deleted, PodMachine, podOf } from '../testing/pod-machine.ts';

/** How a call fails: the runtime refuses it, it never arrives, or it succeeds and the response is lost. */
type Disturbance = 'refused' | 'lost' | 'unanswered';

const kinds: readonly Disturbance[] = ['refused', 'lost', 'unanswered'];
const untouched: ReadonlySet<string | symbol> = new Set(['events', 'close', 'injectsCdiDevices']);

/**
 * A runtime client whose calls fail whenever `next` says so; `cut` breaks the event streams, as a crash of the runtime
 * does.
 */
class FlakyWay {
  readonly runtime: ContainerRuntime;
  #deadFor = 0;
  readonly #streams = new Set<AbortController>();
  readonly #next: (call: string) => Disturbance | undefined;

  constructor(target: FakeRuntime, next: (call: string) => Disturbance | undefined) {
    this.#next = next;
    this.runtime = new Proxy(target, {
      get: (of, name) => {
        if (name === 'events')
          return (signal: AbortSignal, onSubscribed?: () => void) => this.#events(of, signal, onSubscribed);
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        if (untouched.has(name)) return value.bind(of);
        return (...args: unknown[]) => this.#disturbed(String(name), async () => value.apply(of, args));
      },
    });
  }

  /** The runtime crashes, and the next calls find nobody there. */
  die(): void {
    this.#deadFor = 15;
    this.cut();
  }

  cut(): void {
    for (const stream of this.#streams) stream.abort(new RuntimeError('Unavailable', 'error reading from server: EOF'));
  }

  async #disturbed<T>(call: string, act: () => Promise<T>): Promise<T> {
    const what = this.#deadFor-- > 0 ? 'lost' : this.#next(call);
    if (what === 'refused') throw new RuntimeError('Unknown', 'no space left on device');
    if (what === 'lost') throw new RuntimeError('Unavailable', 'connection refused');
    const answer = await act();
    if (what === 'unanswered') throw new RuntimeError('DeadlineExceeded', 'context deadline exceeded');
    return answer;
  }

  async *#events(of: FakeRuntime, signal: AbortSignal, onSubscribed?: () => void) {
    if (this.#next('events')) throw new RuntimeError('Unavailable', 'connection refused');
    const stream = new AbortController();
    this.#streams.add(stream);
    try {
      yield* of.events(AbortSignal.any([signal, stream.signal]), onSubscribed);
      signal.throwIfAborted();
      throw stream.signal.reason;
    } finally {
      this.#streams.delete(stream);
    }
  }
}

const app = (name: string, rest: object = {}) => ({ name, image: 'app:1', ...rest });

const specs = {
  /** A server with an init container and a sidecar. */
  server: {
    initContainers: [app('prepare'), app('proxy', { restartPolicy: 'Always' })],
    containers: [app('web'), app('metrics', { image: 'app:2' })],
  },
  /** Runs to completion once. */
  once: { restartPolicy: 'Never', containers: [app('work'), app('report')] },
  /** Fails once and is then done. */
  again: { restartPolicy: 'OnFailure', containers: [app('retry')] },
  /** Is deleted while it runs. */
  leaves: { containers: [app('brief'), app('stubborn')] },
} satisfies Record<string, PodSpec>;

type Name = keyof typeof specs;

interface Outcome {
  readonly statuses: Readonly<Record<string, unknown>>;
  readonly running: readonly string[];
  readonly ended: readonly string[];
}

/** The final state of these pods, without what differs between runs; `next` decides which calls fail. */
async function tell(next: (call: string) => Disturbance | undefined, dies: () => boolean): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  let way: FlakyWay | undefined;
  let isCalm = false;
  const m = new PodMachine(folder, {
    through: (runtime) => {
      way = new FlakyWay(runtime, (call) => (isCalm ? undefined : next(call)));
      return way.runtime;
    },
  });
  const pods = new Map(Object.entries(specs).map(([name, spec]) => [name as Name, podOf(name, spec as PodSpec)]));
  const pod = (name: Name): Pod => pods.get(name) as Pod;
  const runs = (name: string): boolean => m.runtime.running.some((one) => one.startsWith(`${name}/`));
  const phase = (name: Name): string | undefined => m.statuses.last(pod(name))?.phase;
  /** A program ends once it runs; the runtime dies now and then. */
  const ends = async (name: string, exitCode: number): Promise<void> => {
    await m.later(() => runs(name));
    m.runtime.exit(name, exitCode);
    if (dies()) way?.die();
  };
  try {
    m.runtime.stubborn.add('stubborn');
    for (const one of pods.values()) m.workers.set(one);
    await ends('prepare', 0);
    await ends('work', 0);
    await ends('retry', 1);
    await m.later(() => runs('web') && runs('metrics') && runs('brief') && runs('stubborn'));
    m.workers.set(deleted(pod('leaves'), 5));
    await ends('web', 1);
    await ends('proxy', 1);
    await ends('report', 1);
    await ends('retry', 0);
    await m.later(() => runs('web') && runs('proxy') && !runs('brief') && !runs('stubborn'));
    m.runtime.loseSandboxes();
    if (dies()) way?.die();
    await ends('prepare', 0);
    isCalm = true;
    way?.cut();
    await m.later(() => m.statuses.finished.includes(pod('leaves').metadata.uid) && phase('server') === 'Running');
    await m.later(() => phase('once') === 'Failed' && phase('again') === 'Succeeded');
    await m.later(() => runs('web') && runs('proxy') && runs('metrics'));
    // Time for what should not happen.
    for (let minute = 0; minute < 12; minute++) {
      await m.clock.advance(60_000);
      await systemClock.sleep(2);
    }
    await m.until(() => ready(m, pod('server')));
    assert.deepEqual(m.runtime.twice, [], 'no container runs twice at once');
    const statuses = Object.fromEntries([...pods].map(([name, one]) => [name, plain(m, one)]));
    const started = m.runtime.calls.filter((call) => /^start (work|report|brief|stubborn)/.test(call));
    return {
      statuses,
      running: m.runtime.running.map((name) => name.replace(/\/.*/, '')).sort(),
      // Containers that must not run a second time, whatever the response was.
      ended: started.map((call) => call.replace(/\/.*/, '')).sort(),
    };
  } finally {
    await m.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const ready = (m: PodMachine, pod: Pod): boolean =>
  m.statuses.last(pod)?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** The state of a pod, without the number of attempts it took. */
function plain(m: PodMachine, pod: Pod): unknown {
  const status = m.statuses.last(pod);
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return {
    phase: status?.phase,
    containers: all.map(({ name, ready: isReady, state }) => [
      name,
      isReady,
      Object.keys(state ?? {})[0],
      state?.terminated?.exitCode,
    ]),
    conditions: status?.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason ?? ''}`),
    remains: m.statuses.finished.includes(pod.metadata.uid),
  };
}

const seeds = seedsOr('1 32');

test('pods reach the same final state whichever calls the runtime refuses, loses or leaves unanswered', async () => {
  const expected = await tell(
    () => undefined,
    () => false,
  );
  assert.deepEqual(expected.running, ['metrics', 'proxy', 'web']);
  for (const seed of seeds) {
    const next = seededNumbers(seed);
    const disturb = () => (next() < 0.08 ? kinds[Math.floor(next() * kinds.length)] : undefined);
    const found = await tell(disturb, () => next() < 0.5);
    assert.deepEqual(found, expected, `with seed ${seed}`);
  }
});

test('a container whose start was not answered is reported as terminated once it is, and not as waiting', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  let answers = false;
  const m = new PodMachine(folder, {
    through: (runtime) =>
      new FlakyWay(runtime, (call) => (call === 'startContainer' && !answers ? 'unanswered' : undefined)).runtime,
  });
  t.after(async () => {
    await m.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const pod = podOf('p', { initContainers: [app('prepare')] });
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('prepare/0'));
  answers = true;
  m.runtime.exit('prepare', 0);
  await m.later(() => m.runtime.running.includes('web/0'));
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  const { state } = m.statuses.last(pod)?.initContainerStatuses?.[0] ?? {};
  assert.deepEqual([state?.waiting, state?.terminated?.exitCode], [undefined, 0]);
});

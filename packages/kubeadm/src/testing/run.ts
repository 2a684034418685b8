import { FakeClock } from '@typernetes/base/testing';
import type { CommandDeps } from '../command-deps.ts';
import { runKubeadm } from '../commands/main.ts';
import { rootedHost } from '../rooted-host.ts';
import type { FakeCluster } from './fake-cluster.ts';
import type { FakeHost } from './fake-host.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A clock on which sleeping returns at once and moves the time. */
export class SkippingClock extends FakeClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.advance(ms);
  }
}

export interface RunOnOptions {
  readonly deps?: Partial<CommandDeps>;
  /** A clock that also moves without sleeps, for servers that never respond. */
  readonly timeGoesOn?: boolean;
  readonly clock?: SkippingClock;
}

/** Runs a command line of kubeadm against a fake machine and cluster. */
export async function runOn(
  host: FakeHost,
  cluster: Pick<FakeCluster, 'client'>,
  args: readonly string[],
  { deps = {}, timeGoesOn = false, clock = new SkippingClock() }: RunOnOptions = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const running = runKubeadm(
    args,
    {
      host,
      clock,
      output: {
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
      },
      connect: () => cluster.client,
      newToken: () => 'abcdef.0123456789abcdef',
      ask: async () => 'y',
      images: async () => ({ has: async () => true, pull: async () => {}, close: () => {} }),
      hostAt: (root) => rootedHost(host, { root, readLink: async () => undefined }),
      pods: async () => host.pods,
      ...deps,
    },
    new AbortController().signal,
  );
  const code = timeGoesOn ? await untilEnded(clock, running) : await running;
  return { code, out, err };
}

async function untilEnded<T>(clock: FakeClock, running: Promise<T>): Promise<T> {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  running.then(end, end);
  while (!state.ended) await clock.advance(100);
  return running;
}

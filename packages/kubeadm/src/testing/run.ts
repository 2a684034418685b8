import { FakeClock } from '@typernetes/base/testing';
import { runKubeadm } from '../commands/main.ts';
import { rootedHost } from '../rooted-host.ts';
import type { FakeCluster } from './fake-cluster.ts';
import type { FakeHost } from './fake-host.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Nobody waits: sleeping moves the time. */
class SkippingClock extends FakeClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.advance(ms);
  }
}

/** Runs a command line of kubeadm against a fake machine and cluster. */
export async function runOn(host: FakeHost, cluster: FakeCluster, args: readonly string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runKubeadm(
    args,
    {
      host,
      clock: new SkippingClock(Date.parse('2026-01-01T00:00:00Z')),
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
    },
    new AbortController().signal,
  );
  return { code, out, err };
}

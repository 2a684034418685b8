import assert from 'node:assert/strict';
import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import { clientFromKubeconfig, loadKubeconfig, type ResourceClient } from '@typernetes/client';

/** A client that keeps creating objects, one after the other. */
export interface Writer {
  /** The names of the objects whose creation was acknowledged. */
  readonly acknowledged: readonly string[];
  /**
   * Stops it; resolves to the longest time without an acknowledged write, in ms. Rejects when an acknowledged object is
   * missing.
   */
  end(): Promise<number>;
  /** Stops it, whatever became of the test: otherwise it would keep the process alive. */
  stop(): void;
}

/**
 * A write that fails or gets no answer is abandoned, its result unknown. `series` distinguishes the names from those of
 * other writers.
 */
export function startWriter(kubeconfig: string, series: string): Writer {
  const client = clientFromKubeconfig(loadKubeconfig(kubeconfig));
  const maps = client.resource(configmaps);
  const stop = new AbortController();
  const acknowledged: string[] = [];
  const ended = write(maps, { series, acknowledged, stop: stop.signal });
  return {
    acknowledged,
    async end() {
      stop.abort();
      const longestGapMs = await ended;
      const { items } = await maps.list({ namespace: 'default' });
      client.transport.close();
      const there = new Set(items.map(({ metadata }) => metadata.name));
      const lost = acknowledged.filter((name) => !there.has(name));
      assert.deepEqual(lost, []);
      return longestGapMs;
    },
    stop() {
      stop.abort();
      client.transport.close();
    },
  };
}

async function write(
  maps: ResourceClient<ConfigMap>,
  { series, acknowledged, stop }: { series: string; acknowledged: string[]; stop: AbortSignal },
): Promise<number> {
  let last = performance.now();
  let longestGapMs = 0;
  for (let i = 0; !stop.aborted; i++) {
    const name = `${series}-${i}`;
    try {
      await maps.create({ metadata: { name, namespace: 'default' } }, { signal: AbortSignal.timeout(3000) });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    acknowledged.push(name);
    longestGapMs = Math.max(longestGapMs, performance.now() - last);
    last = performance.now();
  }
  return longestGapMs;
}

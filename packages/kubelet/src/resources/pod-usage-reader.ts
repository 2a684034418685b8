import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Volume } from '@typernetes/api/core/v1';
import { type Clock, codeOf } from '@typernetes/base';
import type { ContainerRuntime, ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import { podLogDirectory } from '../runtime/sandbox-config.ts';
import { type DiskUsage, diskUsage } from './disk-usage.ts';
import type { ContainerUsage, PodUsage } from './pod-usage.ts';

interface PodUsageReaderDeps {
  readonly runtime: Pick<ContainerRuntime, 'listContainerStats'>;
  readonly podsDir: string;
  readonly logsDir: string;
  readonly clock: Clock;
  /** How long a volume's measurement is reused: measuring walks through all its files. */
  readonly volumesMs: number;
}

/** Reads what pods use: of memory and of the disk. */
export class PodUsageReader {
  readonly #deps: PodUsageReaderDeps;
  readonly #volumes = new Map<string, { readonly at: number; readonly usage: DiskUsage }>();

  constructor(deps: PodUsageReaderDeps) {
    this.#deps = deps;
  }

  /** By pod uid. Measures volumes only for pods that `withVolumes` selects. */
  async read(
    pods: readonly Pod[],
    withVolumes: (pod: Pod) => boolean,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, PodUsage>> {
    const stats = await this.#deps.runtime.listContainerStats({}, signal ? { signal } : {});
    const byPod = Map.groupBy(stats, ({ attributes }) => attributes.labels[labels.podUid]);
    this.#forget(pods);
    const usages = new Map<string, PodUsage>();
    for (const pod of pods) {
      const { uid } = pod.metadata;
      const containers = await Promise.all((byPod.get(uid) ?? []).map((own) => this.#container(pod, own)));
      const volumes = withVolumes(pod) ? await this.#volumesOf(pod) : new Map<string, DiskUsage>();
      usages.set(uid, { containers, volumes, processes: undefined });
    }
    return usages;
  }

  async #container(pod: Pod, { attributes, memory, writableLayer }: ContainerStats): Promise<ContainerUsage> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const container = attributes.labels[labels.containerName] ?? attributes.metadata.name;
    const amount = (value: { value: string } | null | undefined): number | undefined =>
      value ? Number(value.value) : undefined;
    return {
      name: container,
      memoryBytes: amount(memory?.workingSetBytes),
      writableBytes: amount(writableLayer?.usedBytes),
      writableInodes: amount(writableLayer?.inodesUsed),
      logBytes: await sizeOfFiles(join(podLogDirectory(this.#deps.logsDir, { name, namespace, uid }), container)),
    };
  }

  async #volumesOf(pod: Pod): Promise<ReadonlyMap<string, DiskUsage>> {
    const measured = new Map<string, DiskUsage>();
    for (const volume of pod.spec?.volumes ?? []) {
      const plugin = localPlugin(volume);
      if (plugin === undefined) continue;
      const path = join(this.#deps.podsDir, pod.metadata.uid, 'volumes', `kubernetes.io~${plugin}`, volume.name);
      measured.set(volume.name, await this.#measure(path));
    }
    return measured;
  }

  async #measure(path: string): Promise<DiskUsage> {
    const { clock, volumesMs } = this.#deps;
    const known = this.#volumes.get(path);
    if (known && clock.monotonic() - known.at < volumesMs) return known.usage;
    const usage = await diskUsage(path);
    this.#volumes.set(path, { at: clock.monotonic(), usage });
    return usage;
  }

  #forget(pods: readonly Pod[]): void {
    const prefixes = pods.map(({ metadata }) => `${this.#deps.podsDir}/${metadata.uid}/`);
    for (const path of this.#volumes.keys())
      if (!prefixes.some((prefix) => path.startsWith(prefix))) this.#volumes.delete(path);
  }
}

/** The folder of volumes that live on this machine's own disk and memory. */
function localPlugin({ emptyDir, configMap, secret, downwardAPI, projected }: Volume): string | undefined {
  if (emptyDir) return 'empty-dir';
  if (configMap) return 'configmap';
  if (secret) return 'secret';
  if (downwardAPI) return 'downward-api';
  return projected ? 'projected' : undefined;
}

async function sizeOfFiles(directory: string): Promise<number> {
  try {
    const names = await readdir(directory);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    // Logs may be rotated and removed meanwhile.
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

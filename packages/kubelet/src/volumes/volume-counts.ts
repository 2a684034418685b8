import type { PersistentVolumeSpec, Volume } from '@typernetes/api/core/v1';
import type { PluginVolumes } from '../metrics/plugin-volumes.ts';

/** Upstream's names of the plugins that read a source of volumes. */
const plugins = {
  hostPath: 'host-path',
  emptyDir: 'empty-dir',
  configMap: 'configmap',
  secret: 'secret',
  downwardAPI: 'downward-api',
  projected: 'projected',
  local: 'local-volume',
} as const;

/**
 * The plugin of a volume, including a CSI driver's name; `N/A` if unknown (upstream:
 * GetFullQualifiedPluginNameForVolume).
 */
export function pluginOf(source: Partial<Volume> | PersistentVolumeSpec): string {
  const { csi } = source;
  if (csi) return `kubernetes.io/csi:${csi.driver}`;
  const found = Object.entries(plugins).find(([field]) => field in source);
  return found ? `kubernetes.io/${found[1]}` : 'N/A';
}

/** Counts the volumes of the pods that are here, by plugin. */
export class VolumeCounts {
  /** By pod uid and volume name. */
  readonly #volumes = new Map<string, Map<string, { readonly plugin: string; isThere: boolean }>>();

  /** Whether the volume is there. */
  has(uid: string, name: string): boolean {
    return this.#volumes.get(uid)?.get(name)?.isThere ?? false;
  }

  /** A pod wants the volume. If it is mounted already, it stays so. */
  want(uid: string, name: string, plugin: string): void {
    const own = this.#volumes.get(uid) ?? new Map();
    this.#volumes.set(uid, own);
    if (!own.has(name)) own.set(name, { plugin, isThere: false });
  }

  /** The volume is there for the pod. */
  have(uid: string, name: string): void {
    const volume = this.#volumes.get(uid)?.get(name);
    if (volume) volume.isThere = true;
  }

  forget(uid: string): void {
    this.#volumes.delete(uid);
  }

  get byPlugin(): readonly PluginVolumes[] {
    const counts = new Map<string, { plugin: string; desired: number; actual: number }>();
    for (const own of this.#volumes.values())
      for (const { plugin, isThere } of own.values()) {
        const count = counts.get(plugin) ?? { plugin, desired: 0, actual: 0 };
        counts.set(plugin, count);
        count.desired++;
        if (isThere) count.actual++;
      }
    return [...counts.values()];
  }
}

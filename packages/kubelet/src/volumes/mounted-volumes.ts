import { statfs } from 'node:fs/promises';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { VolumeUsage as DriverUsage } from '@typernetes/cri';
import type { DriverVolumes, PublishedVolume } from './driver-volumes.ts';

/** A volume that does not live in the pod's own directory, where a pod has it. */
export interface MountedVolume {
  /** The claim behind it, if any. */
  readonly claim?: { readonly namespace: string; readonly name: string };
  /** A directory of this machine, or a volume of a storage driver. */
  readonly at: { readonly path: string } | PublishedVolume;
}

/** Bytes and inodes; unknown values are missing. */
export interface MeasuredVolume extends Pick<MountedVolume, 'claim'> {
  readonly capacityBytes?: number;
  readonly availableBytes?: number;
  readonly usedBytes?: number;
  readonly inodes?: number;
  readonly inodesFree?: number;
  readonly inodesUsed?: number;
}

interface MountedVolumesDeps {
  readonly csi: Pick<DriverVolumes, 'usage'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a measurement is reused: a driver may have to walk through the whole volume. */
  readonly keepMs: number;
}

/** Remembers which volumes pods have from outside their directories, and asks how full they are. */
export class MountedVolumes {
  readonly #deps: MountedVolumesDeps;
  /** By pod uid and volume name. */
  readonly #mounted = new Map<string, Map<string, MountedVolume>>();
  readonly #measured = new Map<string, { readonly at: number; readonly measured: MeasuredVolume }>();

  constructor(deps: MountedVolumesDeps) {
    this.#deps = deps;
  }

  note(uid: string, name: string, volume: MountedVolume): void {
    const own = this.#mounted.get(uid) ?? new Map<string, MountedVolume>();
    this.#mounted.set(uid, own.set(name, volume));
  }

  forget(uid: string): void {
    for (const name of this.#mounted.get(uid)?.keys() ?? []) this.#measured.delete(`${uid}/${name}`);
    this.#mounted.delete(uid);
  }

  /** The pod's volumes that could be measured, by name. */
  async usages(uid: string): Promise<ReadonlyMap<string, MeasuredVolume>> {
    const { clock, keepMs } = this.#deps;
    const usages = new Map<string, MeasuredVolume>();
    for (const [name, volume] of this.#mounted.get(uid) ?? []) {
      const key = `${uid}/${name}`;
      const known = this.#measured.get(key);
      if (known && clock.monotonic() - known.at < keepMs) {
        usages.set(name, known.measured);
        continue;
      }
      // A driver may be restarting, or a disk be gone: still report the others.
      const measured = await this.#measure(volume).catch((error: unknown) => {
        this.#deps.log.warn('Cannot measure volume', { pod: uid, volume: name, error: messageOf(error) });
      });
      if (!measured) continue;
      this.#measured.set(key, { at: clock.monotonic(), measured });
      usages.set(name, measured);
    }
    return usages;
  }

  async #measure({ claim, at }: MountedVolume): Promise<MeasuredVolume> {
    const own = claim ? { claim } : {};
    if ('handle' in at) return { ...own, ...amountsOf((await this.#deps.csi?.usage(at)) ?? []) };
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(at.path);
    return {
      ...own,
      capacityBytes: blocks * bsize,
      availableBytes: bavail * bsize,
      usedBytes: (blocks - bfree) * bsize,
      inodes: files,
      inodesFree: ffree,
      inodesUsed: files - ffree,
    };
  }
}

/** A driver's usage report in the format of the statistics. */
function amountsOf(usages: readonly DriverUsage[]): Omit<MeasuredVolume, 'claim'> {
  const bytes = usages.find(({ unit }) => unit === 'BYTES');
  const inodes = usages.find(({ unit }) => unit === 'INODES');
  return {
    ...(bytes
      ? {
          capacityBytes: Number(bytes.total),
          availableBytes: Number(bytes.available),
          usedBytes: Number(bytes.used),
        }
      : {}),
    ...(inodes
      ? { inodes: Number(inodes.total), inodesFree: Number(inodes.available), inodesUsed: Number(inodes.used) }
      : {}),
  };
}

import type { Pod, Volume } from '@typernetes/api/core/v1';
import type { VolumeUsage } from '@typernetes/cri';
import type { BoundVolume } from './persistent.ts';

/** One pod's mount of a volume, for calls to the driver. */
export interface PublishedVolume {
  readonly driver: string;
  readonly handle: string;
  readonly path: string;
}

/** The volumes of storage drivers. */
export interface DriverVolumes {
  /** Names of volumes that must not be detached, as the node's status has them. */
  readonly inUse: readonly string[];
  /** Idempotent. Returns the directory to mount, or the device, grown to the size that the volume is to have. */
  prepare(pod: Pod, bound: BoundVolume): Promise<PublishedVolume>;
  /** The same for a volume that the pod has of the driver without a claim. */
  prepareInline(pod: Pod, volume: Volume): Promise<PublishedVolume>;
  /** The usage that the driver reports; nothing from drivers that report none. */
  usage(volume: PublishedVolume): Promise<readonly VolumeUsage[]>;
  /** Takes all volumes of a pod away: call it before removing the pod's directory. Rejects while a driver fails to. */
  remove(uid: string): Promise<void>;
}

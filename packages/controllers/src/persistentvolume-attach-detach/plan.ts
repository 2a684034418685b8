import type { AttachedVolume, Node } from '@typernetes/api/core/v1';
import type { VolumeAttachment } from '@typernetes/api/storage/v1';
import { findCondition } from '@typernetes/machinery';
import type { WantedVolume } from './wanted.ts';

/** A VolumeAttachment of the planned node, with the name of its volume. */
export interface HeldVolume {
  readonly name: string;
  readonly attachment: VolumeAttachment;
}

interface AttachInput {
  /** Undefined when it is gone. */
  readonly node: Node | undefined;
  readonly wanted: ReadonlyMap<string, WantedVolume>;
  readonly held: readonly HeldVolume[];
  /** Whether another node holds the PersistentVolume. */
  readonly isElsewhere: (volume: string) => boolean;
  /** For how long no pod has wanted an attached volume. */
  readonly idleMs: (name: string) => number;
  readonly forceOnTimeout: boolean;
}

export interface Detachment extends HeldVolume {
  /** Why a volume that may still be mounted is detached nevertheless. */
  readonly forced?: 'timeout' | 'out-of-service';
}

export interface AttachPlan {
  readonly attach: readonly WantedVolume[];
  readonly detach: readonly Detachment[];
  /** Held by another node, and not to be shared. */
  readonly refused: readonly WantedVolume[];
  /** The volumes for the node's status: one that is not listed must not be mounted. */
  readonly attached: readonly AttachedVolume[];
  /** When an unused volume may be force-detached from a node that does not unmount it. */
  readonly checkAgainMs?: number;
}

/** How long a node that is not ready may keep volumes mounted that no pod wants any more. */
const maxUnmountMs = 360_000;

const outOfService = 'node.kubernetes.io/out-of-service';

/** Pure: which volumes to attach to one node and to detach from it. As upstream, detachments come first. */
export function planAttachments({ node, wanted, held, isElsewhere, idleMs, forceOnTimeout }: AttachInput): AttachPlan {
  const mounted = new Set(node?.status?.volumesInUse);
  const isReady = findCondition(node?.status?.conditions, 'Ready')?.status === 'True';
  const isOut = !!node?.spec.taints?.some(({ key }) => key === outOfService);
  const detach: Detachment[] = [];
  const attached: AttachedVolume[] = [];
  let checkAgainMs: number | undefined;
  for (const volume of held) {
    const { name, attachment } = volume;
    if (attachment.metadata.deletionTimestamp !== undefined) continue;
    if (!wanted.has(name)) {
      // A node that is gone cannot report its mounts.
      if (node && !mounted.has(name)) {
        detach.push(volume);
        continue;
      }
      if (isOut) {
        detach.push({ ...volume, forced: 'out-of-service' });
        continue;
      }
      const leftMs = maxUnmountMs - idleMs(name);
      if (!isReady && forceOnTimeout && leftMs <= 0) {
        detach.push({ ...volume, forced: 'timeout' });
        continue;
      }
      if (leftMs > 0) checkAgainMs = Math.min(checkAgainMs ?? leftMs, leftMs);
    }
    if (attachment.status?.attached) attached.push({ name, devicePath: '' });
  }
  const holds = new Set(held.map(({ name }) => name));
  const missing = [...wanted.values()].filter(({ name }) => !holds.has(name));
  const refused = missing.filter(({ shareable, volume }) => !shareable && isElsewhere(volume));
  return {
    attach: missing.filter((volume) => !refused.includes(volume)),
    detach,
    refused,
    attached,
    ...(checkAgainMs === undefined ? {} : { checkAgainMs }),
  };
}

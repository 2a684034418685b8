import type { Image } from '@typernetes/cri';

/** What is known about an image; times in milliseconds of the monotonic clock. */
export interface ImageRecord {
  readonly image: Image;
  /** When it was first seen here: minus infinity for those that were there when the kubelet started. */
  readonly firstSeen: number;
  /** When a container was last seen using it; minus infinity for never. */
  readonly lastUsed: number;
}

/** Whether some container uses the image, by id, tag or digest. */
export function isUsed({ id, repoTags, repoDigests }: Image, used: ReadonlySet<string>): boolean {
  return [id, ...repoTags, ...repoDigests].some((name) => used.has(name));
}

/** The unused images, longest unused first, without pinned and newly pulled ones. */
export function removable(
  records: readonly ImageRecord[],
  { now, minAgeMs }: { readonly now: number; readonly minAgeMs: number },
): readonly ImageRecord[] {
  return records
    .filter(({ image, lastUsed, firstSeen }) => !image.pinned && lastUsed < now && now - firstSeen >= minAgeMs)
    .sort((a, b) => order(a.lastUsed, b.lastUsed) || order(a.firstSeen, b.firstSeen));
}

const order = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/**
 * Images that have been unused for so long that they are removed however much room there is; none before the kubelet
 * has been up for that long, because it does not know what was used before (upstream: freeOldImages).
 */
export function tooOld(
  records: readonly ImageRecord[],
  { now, began, maxAgeMs }: { readonly now: number; readonly began: number; readonly maxAgeMs: number },
): readonly ImageRecord[] {
  if (maxAgeMs <= 0 || now - began <= maxAgeMs) return [];
  return records.filter(({ lastUsed, firstSeen }) => now - Math.max(lastUsed, firstSeen) > maxAgeMs);
}

/** Bytes to free so that no more than the lower percentage of the disk is in use; 0 while the higher one is not reached. */
export function bytesToFree(
  { available, capacity }: { readonly available: number; readonly capacity: number },
  { high, low }: { readonly high: number; readonly low: number },
): number {
  const usedPercent = 100 - Math.floor((available * 100) / capacity);
  if (high >= 100 || usedPercent < high) return 0;
  return Math.floor((capacity * (100 - low)) / 100) - available;
}

import { maskOf, type NumaMask } from './topology-policy.ts';

/** A device as its manager knows it. */
export interface KnownDevice {
  readonly id: string;
  readonly healthy: boolean;
  /** NUMA nodes that it is near to; empty where the plugin does not say. */
  readonly nodes: readonly number[];
}

/** Which free devices there are, those near to `mask` first, then those of which nothing is known. */
export function byNearness(free: readonly KnownDevice[], mask: NumaMask | undefined): readonly KnownDevice[] {
  if (mask === undefined) return free;
  const rank = ({ nodes }: KnownDevice): number => {
    if (nodes.length === 0) return 1;
    return (maskOf(nodes) & mask) === 0 ? 2 : 0;
  };
  return [...free].sort((a, b) => rank(a) - rank(b));
}

/** How many of the devices can be reached from one of the nodes of `mask`. */
export function countNear(devices: readonly KnownDevice[], mask: NumaMask): number {
  return devices.filter(({ nodes }) => (maskOf(nodes) & mask) !== 0).length;
}

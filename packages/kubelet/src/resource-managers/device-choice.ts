import { maskOf, type NumaMask } from './topology-policy.ts';

/** A device as its manager knows it. */
export interface KnownDevice {
  readonly id: string;
  readonly healthy: boolean;
  /** The NUMA nodes that it is close to; empty if the plugin does not say. */
  readonly nodes: readonly number[];
}

/** The free devices: those close to `mask` first, then those with unknown location. */
export function byNearness(free: readonly KnownDevice[], mask: NumaMask | undefined): readonly KnownDevice[] {
  if (mask === undefined) return free;
  const rank = ({ nodes }: KnownDevice): number => {
    if (nodes.length === 0) return 1;
    return (maskOf(nodes) & mask) === 0 ? 2 : 0;
  };
  return [...free].sort((a, b) => rank(a) - rank(b));
}

/** How many of the devices are close to one of the nodes of `mask`. */
export function countNear(devices: readonly KnownDevice[], mask: NumaMask): number {
  return devices.filter(({ nodes }) => (maskOf(nodes) & mask) !== 0).length;
}

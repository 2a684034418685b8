import { nodeMatchesSelector } from '@typernetes/api';
import type { Node } from '@typernetes/api/core/v1';
import type { Device, ResourceSlice } from '@typernetes/api/resource/v1';

/** A device of a pool that pods on the node can use. */
export interface PooledDevice {
  /** `driver/pool/device`. */
  readonly id: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
  readonly pool: Pool;
}

/** The devices that one driver offers under one name. Devices of a pool that is being updated are not allocated. */
export interface Pool {
  /** `driver/pool`. */
  readonly id: string;
  readonly driver: string;
  readonly isIncomplete: boolean;
  readonly isInvalid: boolean;
  /** Those usable on the node, in the driver's order. */
  readonly devices: readonly PooledDevice[];
  /** All slices of the newest generation, wherever their devices are. */
  readonly slices: readonly ResourceSlice[];
}

export interface SliceSource {
  /** Slices of this node alone, by its name; those without a single node under "". */
  onNode(node: string): readonly ResourceSlice[];
  /** By {@link poolId}. */
  ofPool(id: string): readonly ResourceSlice[];
}

export const poolId = ({ spec: { driver, pool } }: ResourceSlice): string => `${driver}/${pool.name}`;

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

/** The pools with devices for the node, by name. */
export function poolsFor(node: Node, slices: SliceSource): readonly Pool[] {
  const ids = new Set<string>();
  for (const slice of slices.onNode(node.metadata.name)) ids.add(poolId(slice));
  for (const slice of slices.onNode('')) if (reaches(slice, node)) ids.add(poolId(slice));
  return [...ids].sort().map((id) => poolOf(id, slices.ofPool(id), node));
}

function poolOf(id: string, all: readonly ResourceSlice[], node: Node): Pool {
  const generation = Math.max(...all.map(({ spec }) => spec.pool.generation));
  const slices = all.filter(({ spec }) => spec.pool.generation === generation).sort(byName);
  const names = slices.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name));
  const devices: PooledDevice[] = [];
  const pool: Pool = {
    id,
    driver: slices[0]?.spec.driver ?? '',
    isIncomplete: slices.some(({ spec }) => spec.pool.resourceSliceCount !== slices.length),
    isInvalid: new Set(names).size !== names.length,
    devices,
    slices,
  };
  for (const slice of slices) {
    const { spec } = slice;
    for (const device of spec.devices ?? []) {
      if (!isAvailable(spec.perDeviceNodeSelection ? device : spec, node)) continue;
      devices.push({ id: deviceId(spec.driver, spec.pool.name, device.name), device, slice, pool });
    }
  }
  return pool;
}

function byName(a: ResourceSlice, b: ResourceSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function reaches({ spec }: ResourceSlice, node: Node): boolean {
  if (!spec.perDeviceNodeSelection) return isAvailable(spec, node);
  return (spec.devices ?? []).some((device) => isAvailable(device, node));
}

type Place = Pick<Device, 'nodeName' | 'nodeSelector' | 'allNodes'>;

function isAvailable({ nodeName, nodeSelector, allNodes }: Place, node: Node): boolean {
  if (nodeName) return nodeName === node.metadata.name;
  return allNodes === true || (nodeSelector !== undefined && nodeMatchesSelector(node, nodeSelector));
}

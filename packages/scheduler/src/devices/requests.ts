import type {
  CapacityRequirements,
  DeviceClass,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from '@typernetes/api/resource/v1';
import { keyOf } from '@typernetes/machinery';
import { shareOf } from './capacity.ts';
import type { RequestNames } from './constraints.ts';
import type { Pool, PooledDevice } from './pools.ts';
import { type DeviceSelectors, SelectorError } from './selectors.ts';

/** Why a claim cannot be satisfied; on this node, or wherever: then somebody has to change something. */
export class AllocationError extends Error {
  override readonly name = 'AllocationError';
  readonly onThisNode: boolean;

  constructor(message: string, onThisNode = false) {
    super(message);
    this.onThisNode = onThisNode;
  }
}

/** One way to satisfy a request of a claim. */
export interface Choice {
  readonly names: RequestNames;
  readonly deviceClass: DeviceClass;
  readonly adminAccess: boolean;
  readonly tolerations: readonly DeviceToleration[];
  readonly count: number;
  /** The devices to choose from; for a request for all devices, those to take. */
  readonly devices: readonly PooledDevice[];
  readonly takesAll: boolean;
  /** How much of each device. */
  readonly capacity: CapacityRequirements | undefined;
}

/** A request with its choices, the best first. */
export interface Step {
  readonly claim: ResourceClaim;
  readonly choices: readonly Choice[];
}

export interface RequestSources {
  readonly pools: readonly Pool[];
  readonly selectors: DeviceSelectors;
  deviceClass(name: string): DeviceClass | undefined;
}

/** The choices to make for the claim, request by request. Throws {@link AllocationError} and SelectorError. */
export function stepsOf(claim: ResourceClaim, sources: RequestSources): readonly Step[] {
  return (claim.spec.devices?.requests ?? []).map((request) => {
    const { name, exactly, firstAvailable = [] } = request;
    if (exactly) return { claim, choices: [choiceOf(claim, { name, full: name }, exactly, sources)] };
    const choices = firstAvailable.map((sub) =>
      choiceOf(claim, { name, full: `${name}/${sub.name}` }, sub, sources, sub.name),
    );
    return { claim, choices };
  });
}

function choiceOf(
  claim: ResourceClaim,
  names: RequestNames,
  request: ExactDeviceRequest | DeviceSubRequest,
  sources: RequestSources,
  shortName = names.name,
): Choice {
  const about = `claim ${keyOf(claim)}, request ${shortName}`;
  const { deviceClassName, selectors = [], allocationMode = 'ExactCount', tolerations = [] } = request;
  if (!deviceClassName) throw new AllocationError(`${about}: missing device class name (unsupported request type?)`);
  const deviceClass = sources.deviceClass(deviceClassName);
  if (!deviceClass)
    throw new AllocationError(
      `${about}: could not retrieve device class ${deviceClassName}: deviceclass.resource.k8s.io "${deviceClassName}" not found`,
    );
  if (allocationMode !== 'ExactCount' && allocationMode !== 'All')
    throw new AllocationError(`${about}: unsupported count mode ${allocationMode as string}`);
  const takesAll = allocationMode === 'All';
  const devices: PooledDevice[] = [];
  for (const pool of sources.pools) {
    if (takesAll && (pool.isIncomplete || pool.isInvalid)) {
      const state = pool.isIncomplete ? 'being updated' : 'invalid';
      throw new AllocationError(
        `${about}: asks for all devices, but resource pool ${pool.id} is currently ${state}`,
        true,
      );
    }
    if (pool.isIncomplete || pool.isInvalid) continue;
    for (const one of pool.devices) {
      const isSelected =
        selected(one, deviceClass.spec.selectors ?? [], `class ${deviceClass.metadata.name}`, sources.selectors) &&
        selected(one, selectors, `claim ${keyOf(claim)}`, sources.selectors);
      if (isSelected && shareOf(one.device, request.capacity)) devices.push(one);
    }
  }
  // What is ready at once goes before what has to be prepared.
  devices.sort((a, b) => Number(needsPreparing(a)) - Number(needsPreparing(b)));
  return {
    names,
    deviceClass,
    adminAccess: ('adminAccess' in request && request.adminAccess) || false,
    tolerations,
    count: takesAll ? devices.length : (request.count ?? 1),
    devices,
    takesAll,
    capacity: request.capacity,
  };
}

const needsPreparing = ({ device }: PooledDevice): boolean => (device.bindingConditions?.length ?? 0) > 0;

function selected(
  { id, device, pool }: PooledDevice,
  expressions: NonNullable<ExactDeviceRequest['selectors']>,
  where: string,
  selectors: DeviceSelectors,
): boolean {
  return expressions.every(({ cel }, i) => {
    if (!cel) throw new SelectorError(`${where}: selector #${i}: CEL expression empty (unsupported selector type?)`);
    return selectors.matches(
      cel.expression,
      { driver: pool.driver, device },
      { where: `${where}: selector #${i}`, id },
    );
  });
}

import type { Pod } from '@typernetes/api/core/v1';
import {
  type DeviceRequestAllocationResult,
  type ResourceClaim,
  type ResourceSlice,
  resourceclaims,
  resourceslices,
} from '@typernetes/api/resource/v1';
import type { Informers, Lister } from '@typernetes/client';
import {
  addQuantities,
  keyOf,
  type ObjectKey,
  parseQuantity,
  type Quantity,
  zeroQuantity,
} from '@typernetes/machinery';
import { DeviceClasses } from './device-classes.ts';
import { isExtendedClaimOf } from './extended-resources.ts';
import { deviceId, poolId, type SliceSource } from './pools.ts';

interface Pending {
  readonly claim: ResourceClaim;
  readonly devices: readonly string[];
  readonly shared: ReadonlySet<string>;
  /** The API knows; our copy of the claim is not there yet. */
  written: boolean;
}

const byNode = 'node';
const byPool = 'pool';
const byDevice = 'device';
const byShared = 'shared';
const byOwner = 'owner';

/** The cluster's devices, claims and classes, plus decisions that are not written or not observed yet. */
export class DeviceView implements SliceSource {
  readonly #claims: Lister<ResourceClaim>;
  readonly classes: DeviceClasses;
  readonly #slices: Lister<ResourceSlice>;
  readonly #pending = new Map<ObjectKey, Pending>();
  readonly #pendingDevices = new Map<string, number>();
  readonly #listeners = new Map<ObjectKey, Set<() => void>>();

  constructor(informers: Informers) {
    const claims = informers.for<ResourceClaim>(resourceclaims);
    claims.addIndex(byDevice, devicesOf);
    claims.addIndex(byOwner, ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid));
    claims.addIndex(byShared, (claim) => [...new Set(sharesOf(claim).map(idOf))]);
    const slices = informers.for<ResourceSlice>(resourceslices);
    slices.addIndex(byNode, ({ spec }) => [spec.nodeName ?? '']);
    slices.addIndex(byPool, (slice) => [poolId(slice)]);
    this.#claims = claims.lister;
    this.classes = new DeviceClasses(informers);
    this.#slices = slices.lister;
    claims.onEvent({
      added: (claim) => this.#seen(claim),
      updated: (claim) => {
        this.#seen(claim);
        this.#notify(claim);
      },
      deleted: (claim) => {
        this.#drop(keyOf(claim));
        this.#notify(claim);
      },
    });
  }

  readonly claim = (key: ObjectKey): ResourceClaim | undefined => this.#claims.get(key);

  /** The claim created for the pod's extended resources, by this scheduler or an earlier one. */
  extendedClaimOf(pod: Pod): ResourceClaim | undefined {
    return this.#claims.byIndex(byOwner, pod.metadata.uid ?? '').find((claim) => isExtendedClaimOf(pod, claim));
  }

  onNode(node: string): readonly ResourceSlice[] {
    return this.#slices.byIndex(byNode, node);
  }

  ofPool(id: string): readonly ResourceSlice[] {
    return this.#slices.byIndex(byPool, id);
  }

  isInUse(device: string): boolean {
    return this.#pendingDevices.has(device) || this.#claims.byIndex(byDevice, device).length > 0;
  }

  isShared(device: string): boolean {
    return this.#sharing(device).length > 0;
  }

  /** How much of the shared device's capacity is allocated. */
  consumed(device: string, capacity: string): Quantity {
    return this.#sharing(device)
      .flatMap(sharesOf)
      .filter((share) => idOf(share) === device)
      .reduce((sum, { consumedCapacity }) => {
        const amount = consumedCapacity?.[capacity];
        return amount === undefined ? sum : addQuantities(sum, parseQuantity(amount));
      }, zeroQuantity);
  }

  #sharing(device: string): readonly ResourceClaim[] {
    const known = this.#claims.byIndex(byShared, device);
    const pending = [...this.#pending.values()].filter(({ shared, claim }) => {
      return shared.has(device) && !this.#claims.get(keyOf(claim))?.status?.allocation;
    });
    return pending.length === 0 ? known : [...known, ...pending.map(({ claim }) => claim)];
  }

  /** Settles when the claim has changed or is gone. */
  untilChanged(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(resolve));
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    return promise.finally(() => {
      signal.removeEventListener('abort', stop);
      listeners.delete(resolve);
      if (listeners.size === 0) this.#listeners.delete(key);
    });
  }

  #notify(claim: ResourceClaim): void {
    for (const resolve of this.#listeners.get(keyOf(claim)) ?? []) resolve();
  }

  /** Whether devices were chosen for the claim but the API does not show that yet. */
  isPending(claim: ResourceClaim): boolean {
    return this.#pending.has(keyOf(claim));
  }

  /** Reserves the devices of an allocation, so that no other claim gets them. `claim` with its allocation. */
  assume(claim: ResourceClaim): void {
    this.#drop(keyOf(claim));
    const devices = devicesOf(claim);
    const shared = new Set(sharesOf(claim).map(idOf));
    this.#pending.set(keyOf(claim), { claim, devices, shared, written: false });
    for (const id of devices) this.#pendingDevices.set(id, (this.#pendingDevices.get(id) ?? 0) + 1);
  }

  /** Written: it stays until our copy of the claim has it. */
  written(claim: ResourceClaim): void {
    const pending = this.#pending.get(keyOf(claim));
    if (!pending) return;
    pending.written = true;
    const known = this.#claims.get(keyOf(claim));
    if (known) this.#seen(known);
  }

  /** The decision was not written after all. */
  forget(claim: ResourceClaim): void {
    if (!this.#pending.get(keyOf(claim))?.written) this.#drop(keyOf(claim));
  }

  #seen(claim: ResourceClaim): void {
    const pending = this.#pending.get(keyOf(claim));
    if (!pending) return;
    const isOther = pending.claim.metadata.uid !== claim.metadata.uid;
    if (isOther || (pending.written && claim.status?.allocation)) this.#drop(keyOf(claim));
  }

  #drop(key: ObjectKey): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    this.#pending.delete(key);
    for (const id of pending.devices) {
      const count = (this.#pendingDevices.get(id) ?? 1) - 1;
      if (count === 0) this.#pendingDevices.delete(id);
      else this.#pendingDevices.set(id, count);
    }
  }
}

/** The devices that a claim has for itself: what administrators look at stays everybody's. */
function devicesOf({ status }: ResourceClaim): string[] {
  return (status?.allocation?.devices?.results ?? []).flatMap((result) =>
    result.adminAccess || result.shareID ? [] : [idOf(result)],
  );
}

/** The devices that a claim has a share of. */
function sharesOf({ status }: ResourceClaim): DeviceRequestAllocationResult[] {
  return (status?.allocation?.devices?.results ?? []).filter(({ shareID }) => shareID);
}

const idOf = ({ driver, pool, device }: DeviceRequestAllocationResult): string => deviceId(driver, pool, device);

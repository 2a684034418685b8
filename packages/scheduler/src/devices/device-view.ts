import {
  type DeviceClass,
  deviceclasses,
  type ResourceClaim,
  type ResourceSlice,
  resourceclaims,
  resourceslices,
} from '@typernetes/api/resource/v1';
import type { Informers, Lister } from '@typernetes/client';
import { keyOf, type ObjectKey } from '@typernetes/machinery';
import { deviceId, poolId, type SliceSource } from './pools.ts';

interface Pending {
  readonly claim: ResourceClaim;
  readonly devices: readonly string[];
  /** The API knows; our copy of the claim is not there yet. */
  written: boolean;
}

const byNode = 'node';
const byPool = 'pool';
const byDevice = 'device';

/** The cluster's devices, claims and classes, with what was decided but is not written or not seen yet. */
export class DeviceView implements SliceSource {
  readonly #claims: Lister<ResourceClaim>;
  readonly #classes: Lister<DeviceClass>;
  readonly #slices: Lister<ResourceSlice>;
  readonly #pending = new Map<ObjectKey, Pending>();
  readonly #pendingDevices = new Map<string, number>();

  constructor(informers: Informers) {
    const claims = informers.for<ResourceClaim>(resourceclaims);
    claims.addIndex(byDevice, devicesOf);
    const slices = informers.for<ResourceSlice>(resourceslices);
    slices.addIndex(byNode, ({ spec }) => [spec.nodeName ?? '']);
    slices.addIndex(byPool, (slice) => [poolId(slice)]);
    this.#claims = claims.lister;
    this.#classes = informers.for<DeviceClass>(deviceclasses).lister;
    this.#slices = slices.lister;
    claims.onEvent({ updated: (claim) => this.#seen(claim), deleted: (claim) => this.#drop(keyOf(claim)) });
  }

  readonly claim = (key: ObjectKey): ResourceClaim | undefined => this.#claims.get(key);

  deviceClass(name: string): DeviceClass | undefined {
    return this.#classes.get(name);
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

  /** Whether devices were chosen for the claim, and the API does not say so yet. */
  isPending(claim: ResourceClaim): boolean {
    return this.#pending.has(keyOf(claim));
  }

  /** Chosen: nobody else gets these devices. `claim` with its allocation. */
  assume(claim: ResourceClaim): void {
    this.#drop(keyOf(claim));
    const devices = devicesOf(claim);
    this.#pending.set(keyOf(claim), { claim, devices, written: false });
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

  /** Not written, after all. */
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
  return (status?.allocation?.devices?.results ?? []).flatMap(({ driver, pool, device, adminAccess }) =>
    adminAccess ? [] : [deviceId(driver, pool, device)],
  );
}

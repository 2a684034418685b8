import { foreignClaim, isReservedFor } from '@typernetes/api';
import type { Container, Pod, ResourceHealth, ResourceStatus } from '@typernetes/api/core/v1';
import type { ResourceClaim } from '@typernetes/api/resource/v1';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { DraClaim, DraDeviceHealth } from '@typernetes/cri';
import type { Checkpoint } from '../files/checkpoint.ts';
import { TurnsByKey } from '../lifecycle/turns-by-key.ts';
import type { ClaimState, PreparedDevice } from './claim-state.ts';
import type { DeviceHealths } from './device-health.ts';
import type { DraDriver } from './dra-plugins.ts';
import { claimsOfContainer, claimsOfPod, devicesFor } from './pod-claims.ts';

export interface DraManagerOptions {
  readonly claims: {
    get(ref: { namespace: string; name: string }, options: { signal: AbortSignal }): Promise<ResourceClaim>;
  };
  /** Throws for a driver that is not registered. */
  readonly drivers: { get(name: string): DraDriver };
  readonly checkpoint: Checkpoint<readonly ClaimState[]>;
  readonly healths: DeviceHealths;
  /** The uids of pods that are here, or of which something may still run here; undefined while that is not known. */
  readonly active: () => ReadonlySet<string> | undefined;
  /** The known health of devices that these pods use has changed. */
  readonly onHealth: (uids: ReadonlySet<string>) => void;
  /** Called with the duration for all claims of a pod, for metrics. */
  readonly onOperation?: (name: 'PrepareResources' | 'UnprepareResources', isError: boolean, seconds: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Claim {
  readonly state: ClaimState;
  /** Since this kubelet was started. */
  readonly isPrepared: boolean;
}

const reconcileMs = 60_000;

/**
 * Has drivers prepare the claims of pods before the pods start, and unprepare them when the last pod that uses them has
 * ended. What must be unprepared is written to disk before a driver is called.
 */
export class DraManager implements Runnable {
  readonly name = 'dra-manager';
  readonly #options: DraManagerOptions;
  readonly #claims = new Map<string, Claim>();
  /** Serializes work per claim: a claim is not prepared for one pod while it is unprepared for another. */
  readonly #turns = new TurnsByKey();

  private constructor(options: DraManagerOptions) {
    this.#options = options;
  }

  static async open(options: DraManagerOptions): Promise<DraManager> {
    const manager = new DraManager(options);
    for (const state of (await options.checkpoint.read()) ?? [])
      manager.#claims.set(keyOf(state), { state, isPrepared: false });
    return manager;
  }

  /** Gives back now and then what pods had that went without this kubelet seeing it. */
  async run(signal: AbortSignal): Promise<void> {
    const { active, clock, log } = this.#options;
    while (!signal.aborted) {
      const present = active();
      const gone = new Set(
        [...this.#claims.values()]
          .flatMap(({ state }) => Object.keys(state.PodUIDs))
          .filter((uid) => present && !present.has(uid)),
      );
      for (const uid of gone)
        await this.#unprepare(uid, signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('Cannot give the claims of a pod back', { uid, error: messageOf(error) });
        });
      await clock.sleep(present ? reconcileMs : 1000, signal).catch(() => {});
    }
  }

  /** How many claims are prepared, by driver; `<any>` counts all of them. */
  get inUse(): ReadonlyMap<string, number> {
    const ready = [...this.#claims.values()].filter(({ isPrepared }) => isPrepared);
    const counts = new Map([['<any>', ready.length]]);
    for (const { state } of ready)
      for (const driver of Object.keys(state.DriverState)) counts.set(driver, (counts.get(driver) ?? 0) + 1);
    return counts;
  }

  /** Prepares all claims of the pod. Rejects, in upstream's words, with what prevents it. */
  async prepare(pod: Pod, signal: AbortSignal): Promise<void> {
    if (!usesClaims(pod)) return;
    await this.#timed('PrepareResources', 'prepare', async () => {
      const { namespace = 'default' } = pod.metadata;
      const keys = claimsOfPod(pod).map(({ name }) => `${namespace}/${name}`);
      await this.#turns.run([...new Set(keys)], () => this.#prepare(pod, signal));
    });
  }

  /**
   * Unprepares the pod's claims that no other pod uses. Idempotent. Call it only once nothing of the pod runs any more.
   */
  async unprepare(pod: Pod, signal: AbortSignal): Promise<void> {
    const { uid } = pod.metadata;
    if (![...this.#claims.values()].some(({ state }) => uid in state.PodUIDs)) return;
    await this.#timed('UnprepareResources', 'unprepare', () => this.#unprepare(uid, signal));
  }

  /** The CDI names of the container's devices, for the runtime. */
  cdiDevices(pod: Pod, container: Container): readonly string[] {
    const names = claimsOfContainer(pod, container).flatMap(({ claim, request }) => {
      const state = this.#stateOf(pod, claim);
      if (!state)
        throw new Error(
          `internal error: unable to get claim info for ResourceClaim ${claim} in namespace ${pod.metadata.namespace}`,
        );
      return devicesFor(state, request).flatMap(({ device }) => device.CDIDeviceIDs ?? []);
    });
    return [...new Set(names)];
  }

  /** The health of the devices that the container has through claims. */
  statusOf(pod: Pod, container: Container): readonly ResourceStatus[] {
    const now = this.#options.clock.now();
    return claimsOfContainer(pod, container).flatMap(({ claim, label, request }): ResourceStatus[] => {
      const state = label === undefined ? undefined : this.#stateOf(pod, claim);
      if (!state) return [];
      const resources = new Map<string, ResourceHealth>();
      for (const { driver, device } of devicesFor(state, request)) {
        const id = device.CDIDeviceIDs?.[0] ?? `${driver}/${device.PoolName}/${device.DeviceName}`;
        if (resources.has(id)) continue;
        const known = this.#options.healths.of(driver, device.PoolName, device.DeviceName, now);
        resources.set(id, { resourceID: id, ...known });
      }
      return resources.size === 0 ? [] : [{ name: `claim:${label}`, resources: [...resources.values()] }];
    });
  }

  /** The container's claims, for monitors (the pod resources API). */
  claimsOf(pod: Pod, container: Container): readonly ClaimState[] {
    const names = new Set(claimsOfContainer(pod, container).map(({ claim }) => claim));
    return [...names].flatMap((name) => this.#stateOf(pod, name) ?? []);
  }

  /** Records a driver's health report; undefined: the driver no longer reports. */
  async updateHealth(driver: string, said: readonly DraDeviceHealth[] | undefined): Promise<void> {
    const { healths, clock, onHealth } = this.#options;
    const changed = said ? await healths.update(driver, said, clock.now()) : await healths.clear(driver);
    const concerned = [...this.#claims.values()].filter(({ state }) =>
      state.DriverState[driver]?.Devices?.some(({ PoolName, DeviceName }) => changed.has(`${PoolName}/${DeviceName}`)),
    );
    const uids = new Set(concerned.flatMap(({ state }) => Object.keys(state.PodUIDs)));
    if (uids.size > 0) onHealth(uids);
  }

  #stateOf({ metadata: { namespace = 'default' } }: Pod, claim: string): ClaimState | undefined {
    return this.#claims.get(`${namespace}/${claim}`)?.state;
  }

  async #prepare(pod: Pod, signal: AbortSignal): Promise<void> {
    // Check everything before recording anything, so that a pod whose driver never registered can be deleted without
    // it.
    const found = await Promise.all(claimsOfPod(pod).map(({ name, entry }) => this.#usable(pod, name, entry, signal)));
    const drivers = new Map(
      found
        .flatMap(({ DriverState }) => Object.keys(DriverState))
        .map((name) => [name, this.#options.drivers.get(name)]),
    );
    const open: ClaimState[] = [];
    for (const fresh of found) {
      const { ClaimUID } = this.#claims.get(keyOf(fresh))?.state ?? fresh;
      if (ClaimUID === fresh.ClaimUID) continue;
      throw new Error(
        `old ResourceClaim with same name ${fresh.ClaimName} and different UID ${ClaimUID} still exists (previous pod force-deleted?!)`,
      );
    }
    for (const fresh of found) {
      const { state, isPrepared } = this.#claims.get(keyOf(fresh)) ?? { state: fresh, isPrepared: false };
      this.#set({ ...state, PodUIDs: { ...state.PodUIDs, [pod.metadata.uid]: {} } }, isPrepared);
      if (!isPrepared && !open.some(({ ClaimUID }) => ClaimUID === fresh.ClaimUID)) open.push(fresh);
    }
    await this.#save();
    const batches = batchesOf(open);
    const devices = await settled(
      [...batches].map(([name, claims]) => this.#prepareBatch(name, drivers.get(name) as DraDriver, claims, signal)),
    );
    for (const fresh of open) {
      const DriverState = Object.fromEntries(
        Object.keys(fresh.DriverState).map((name) => [
          name,
          { Devices: devices.find((one) => one.driver === name)?.byClaim.get(fresh.ClaimUID) ?? null },
        ]),
      );
      this.#set({ ...(this.#claims.get(keyOf(fresh))?.state ?? fresh), DriverState }, true);
    }
    if (open.length > 0) await this.#save();
  }

  /** The claim as it is to be noted. Throws when the pod may not use it, or cannot yet. */
  async #usable(
    pod: Pod,
    name: string,
    entry: Parameters<typeof foreignClaim>[1] | undefined,
    signal: AbortSignal,
  ): Promise<ClaimState> {
    const { namespace = 'default' } = pod.metadata;
    const claim = await this.#options.claims.get({ namespace, name }, { signal }).catch((error: unknown) => {
      throw new Error(`fetch ResourceClaim ${name}: ${messageOf(error)}`, { cause: error });
    });
    const foreign = entry && foreignClaim(pod, entry, claim);
    if (foreign) throw new Error(foreign);
    if (!isReservedFor(claim, pod))
      throw new Error(
        `pod ${pod.metadata.name} (${pod.metadata.uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata.uid})`,
      );
    const { allocation } = claim.status ?? {};
    if (!allocation) throw new Error(`ResourceClaim ${name}: not allocated`);
    const drivers = (allocation.devices?.results ?? []).map(({ driver }) => [driver, { Devices: null }] as const);
    return {
      ClaimUID: claim.metadata.uid,
      ClaimName: name,
      Namespace: namespace,
      PodUIDs: {},
      DriverState: Object.fromEntries(drivers),
    };
  }

  async #prepareBatch(
    name: string,
    driver: DraDriver,
    claims: readonly ClaimState[],
    signal: AbortSignal,
  ): Promise<{ readonly driver: string; readonly byClaim: ReadonlyMap<string, readonly PreparedDevice[]> }> {
    const answer = await driver.prepare(claims.map(draClaim), { signal });
    checkAnswer('NodePrepareResources', claims, answer);
    const byClaim = new Map(
      Object.entries(answer).map(([uid, { devices }]) => [
        uid,
        devices.map(({ poolName, deviceName, shareId, requestNames, cdiDeviceIds }) => ({
          PoolName: poolName,
          DeviceName: deviceName,
          ...(shareId ? { ShareID: shareId } : {}),
          RequestNames: requestNames,
          CDIDeviceIDs: cdiDeviceIds,
        })),
      ]),
    );
    return { driver: name, byClaim };
  }

  async #unprepare(uid: string, signal: AbortSignal): Promise<void> {
    const own = (): Claim[] => [...this.#claims.values()].filter(({ state }) => uid in state.PodUIDs);
    await this.#turns.run(
      own().map(({ state }) => keyOf(state)),
      async () => {
        const last = own().filter(({ state }) => Object.keys(state.PodUIDs).length === 1);
        const batches = batchesOf(last.map(({ state }) => state));
        await settled(
          [...batches].map(async ([name, claims]) => {
            const answer = await this.#options.drivers.get(name).unprepare(claims.map(draClaim), { signal });
            checkAnswer('NodeUnprepareResources', claims, answer);
          }),
        );
        for (const { state, isPrepared } of own()) {
          const { [uid]: _, ...PodUIDs } = state.PodUIDs;
          if (Object.keys(PodUIDs).length === 0) this.#claims.delete(keyOf(state));
          else this.#set({ ...state, PodUIDs }, isPrepared);
        }
        await this.#save();
      },
    );
  }

  #set(state: ClaimState, isPrepared: boolean): void {
    this.#claims.set(keyOf(state), { state, isPrepared });
  }

  async #save(): Promise<void> {
    const states = [...this.#claims.values()].map(({ state }) => state);
    await this.#options.checkpoint.write(states).catch((error: unknown) => {
      throw new Error(`checkpoint ResourceClaim state: ${messageOf(error)}`, { cause: error });
    });
  }

  async #timed(name: 'PrepareResources' | 'UnprepareResources', verb: string, run: () => Promise<void>): Promise<void> {
    const { clock, onOperation } = this.#options;
    const began = clock.monotonic();
    let isError = true;
    try {
      await run();
      isError = false;
    } catch (error) {
      throw new Error(`${verb} dynamic resources: ${messageOf(error)}`, { cause: error });
    } finally {
      onOperation?.(name, isError, (clock.monotonic() - began) / 1000);
    }
  }
}

export const usesClaims = ({ spec, status }: Pod): boolean =>
  (spec?.resourceClaims ?? []).length > 0 || status?.extendedResourceClaimStatus !== undefined;

const keyOf = ({ Namespace, ClaimName }: ClaimState): string => `${Namespace}/${ClaimName}`;

const draClaim = ({ Namespace, ClaimUID, ClaimName }: ClaimState): DraClaim => ({
  namespace: Namespace,
  uid: ClaimUID,
  name: ClaimName,
});

/** Grouped by driver: each is called once. */
function batchesOf(claims: readonly ClaimState[]): ReadonlyMap<string, readonly ClaimState[]> {
  const names = new Set(claims.flatMap(({ DriverState }) => Object.keys(DriverState)));
  return new Map([...names].map((name) => [name, claims.filter(({ DriverState }) => name in DriverState)]));
}

/** Throws unless the driver reports success for every claim, and for no other. */
function checkAnswer(
  method: string,
  claims: readonly ClaimState[],
  answer: Readonly<Record<string, { readonly error: string }>>,
): void {
  for (const [uid, { error }] of Object.entries(answer)) {
    const claim = claims.find(({ ClaimUID }) => ClaimUID === uid);
    if (!claim) throw new Error(`${method} returned result for unknown claim UID ${uid}`);
    if (error) throw new Error(`${method} failed for ResourceClaim ${claim.ClaimName}: ${error}`);
  }
  const skipped = claims.length - Object.keys(answer).length;
  if (skipped > 0) throw new Error(`${method} skipped ${skipped} ResourceClaims`);
}

/** All results, after all have settled: no call to a driver is still running when another one fails. */
async function settled<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

import { isReservedFor, nodeMatchesSelector } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import type { DynamicResourcesArgs } from '@typernetes/api/kubescheduler.config/v1';
import type { AllocationResult, DeviceClass, ResourceClaim } from '@typernetes/api/resource/v1';
import { messageOf } from '@typernetes/base';
import { jsonEqual, keyOf, parseDuration } from '@typernetes/machinery';
import { allocate } from '../devices/allocate.ts';
import { bindingState, bindsLater } from '../devices/binding-conditions.ts';
import { ClaimWriter } from '../devices/claim-writer.ts';
import { DeviceView } from '../devices/device-view.ts';
import {
  type ExtendedClaim,
  extendedClaim,
  isExtendedClaimOf,
  type ServedResources,
} from '../devices/extended-resources.ts';
import { claimsOf, hasRoom, usesClaim } from '../devices/pod-claims.ts';
import { poolsFor } from '../devices/pools.ts';
import { untilPrepared } from '../devices/preparation.ts';
import { AllocationError } from '../devices/requests.ts';
import { DeviceSelectors } from '../devices/selectors.ts';
import { wakeUp } from '../framework/cluster-event.ts';
import {
  normalizeToMax,
  type Placed,
  type PostFilterResult,
  type Preparation,
  type RefusedCycle,
  type SchedulerPlugin,
  type ScorePreparation,
} from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, type Refusal, refuse, type Verdict } from '../framework/verdict.ts';
import { podDemand } from '../snapshot/demand.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';

/** What a pod would get on a node. */
interface NodeAllocation {
  /** In the order of `toAllocate`, followed by that of the claim for extended resources. */
  readonly results: readonly AllocationResult[];
  readonly extended: ExtendedClaim | undefined;
}

interface Prepared {
  /** The claims that the pod names. */
  readonly claims: readonly ResourceClaim[];
  /** Those among them without devices yet. */
  readonly toAllocate: readonly ResourceClaim[];
  /** Extended resources that a device class may serve, with their amounts. */
  readonly extended: ReadonlyMap<string, number>;
  /** A leftover claim for extended resources from an earlier attempt: it must be deleted before the next one. */
  readonly stale: ResourceClaim | undefined;
  readonly allocations: Map<string, NodeAllocation>;
  /** Allocated claims that some node could not use. */
  readonly elsewhere: Set<ResourceClaim>;
  /** Reserved for the pod at the API, so that it can be undone. */
  readonly reserved: ResourceClaim[];
  /** The claim for extended resources, once written: it is deleted when the pod is not bound. */
  written: ResourceClaim | undefined;
}

const pluginName = 'DynamicResources';
/** The API's limit per request. */
const maxAlternatives = 8;
const notHere = refuse('resourceclaim not available on the node');
const notEnough = refuse('cannot allocate all claims');
const inTheWay = refuse('cannot schedule extended resource claim');
const noSource = refuse('cannot fit resource');
const nothing: ReadonlyMap<string, number> = new Map();

/** Pods get the devices that their claims ask for, on a node where they are; the claims are allocated and reserved before the binding. */
export class DynamicResources implements SchedulerPlugin<Prepared, Prepared> {
  readonly name = pluginName;
  readonly wakesOn = [
    wakeUp('ResourceClaim', ['add', 'update', 'delete'], { helps: claimHelps }),
    wakeUp('Node', ['add', 'update'], { parts: ['labels', 'taints', 'allocatable'] }),
    wakeUp('WaitingPod', ['update']),
    wakeUp('DeviceClass', ['add', 'update']),
    wakeUp('ResourceSlice', ['add', 'update']),
  ];
  readonly #handle: PluginHandle;
  readonly #selectors: DeviceSelectors;
  readonly #view: DeviceView;
  readonly #writer: ClaimWriter;
  readonly #filterTimeoutMs: number;
  readonly #bindingTimeoutMs: number;
  readonly #ofPod = new WeakMap<Pod, Prepared>();

  constructor(args: Partial<DynamicResourcesArgs>, handle: PluginHandle, selectors = new DeviceSelectors()) {
    this.#handle = handle;
    this.#selectors = selectors;
    this.#view = new DeviceView(handle.informers);
    this.#writer = new ClaimWriter(handle.client, handle.clock);
    this.#filterTimeoutMs = parseDuration(args.filterTimeout ?? '10s');
    this.#bindingTimeoutMs = parseDuration(args.bindingTimeout ?? '10m');
  }

  gate(pod: Pod): string | undefined {
    const names = pod.spec.resourceClaims?.length ?? 0;
    if (names === 0 && this.#extendedOf(pod).size === 0) return undefined;
    const found = claimsOf(pod, this.#view.claim);
    if (typeof found === 'string') return found;
    if (this.#selectors.isReady) return undefined;
    void this.#selectors.load().then(() => this.#handle.ungate(pod.metadata.uid ?? '', pluginName));
    return 'waiting for the language of selectors';
  }

  prepare(pod: Pod): Preparation<Prepared> {
    const view = this.#view;
    const extended = this.#extendedOf(pod);
    if (!pod.spec.resourceClaims?.length && extended.size === 0) return { skip: true };
    const claims = claimsOf(pod, view.claim);
    if (typeof claims === 'string') return { refusal: refuse(claims) };
    if (claims.length === 0 && extended.size === 0) return { skip: true };
    const refusal = claims.map((claim) => unusable(claim, pod, view)).find((one) => one !== undefined);
    if (refusal) return { refusal };
    const prepared: Prepared = {
      claims,
      toAllocate: claims.filter(({ status }) => !status?.allocation),
      extended,
      stale: extended.size > 0 ? view.extendedClaimOf(pod) : undefined,
      allocations: new Map(),
      elsewhere: new Set(),
      reserved: [],
      written: undefined,
    };
    this.#ofPod.set(pod, prepared);
    return { prepared };
  }

  filter(pod: Pod, info: NodeInfo, prepared: Prepared): Verdict {
    const { claims, toAllocate, extended, stale, elsewhere } = prepared;
    if (stale) return inTheWay;
    const served = this.#servedOn(info, extended);
    if ('ok' in served) return served;
    let isElsewhere = false;
    for (const claim of claims) {
      const selector = claim.status?.allocation?.nodeSelector;
      if (!selector || nodeMatchesSelector(info.node, selector)) continue;
      elsewhere.add(claim);
      isElsewhere = true;
    }
    if (isElsewhere) return notHere;
    const own = served.size > 0 ? extendedClaim(pod, served) : undefined;
    const open = own ? [...toAllocate, own.claim] : toAllocate;
    if (open.length === 0) return accept;
    try {
      const results = this.#allocate(open, info.node);
      if (!results) return notEnough;
      prepared.allocations.set(info.name, { results, extended: own });
      return accept;
    } catch (error) {
      if (error instanceof AllocationError && error.onThisNode) return refuse(error.message);
      throw new Error(`running "${pluginName}" filter plugin: ${messageOf(error)}`, { cause: error });
    }
  }

  postFilter(cycle: RefusedCycle): PostFilterResult | Promise<PostFilterResult> {
    return afterRefusal(cycle, this.#writer);
  }

  prepareScore(pod: Pod): ScorePreparation<Prepared> {
    const prepared = this.#ofPod.get(pod);
    const hasAlternatives = prepared?.toAllocate.some(({ spec }) =>
      spec.devices?.requests?.some(({ firstAvailable }) => firstAvailable?.length),
    );
    return hasAlternatives ? { scoring: prepared as Prepared } : { skip: true };
  }

  score(_pod: Pod, { name }: NodeInfo, { toAllocate, allocations }: Prepared): number {
    const results = allocations.get(name)?.results;
    return toAllocate.reduce((sum, claim, i) => sum + alternativesScore(claim, results?.[i]), 0);
  }

  normalize(scores: number[]): void {
    normalizeToMax(scores, false);
  }

  reserve({ node }: Placed, prepared: Prepared | undefined): undefined {
    const { results = [], extended } = prepared?.allocations.get(node.name) ?? {};
    const claims = [...(prepared?.toAllocate ?? []), ...(extended ? [extended.claim] : [])];
    for (const [i, claim] of claims.entries()) {
      const allocation = results[i];
      if (!allocation) throw new Error('claim allocation not found for node');
      this.#view.assume({ ...claim, status: { ...claim.status, allocation } });
    }
  }

  unreserve({ pod, node }: Placed, prepared: Prepared | undefined): void {
    const { log } = this.#handle;
    const { claim: special } = prepared?.allocations.get(node.name)?.extended ?? {};
    const assumed = [...(prepared?.toAllocate ?? []), special, prepared?.written];
    for (const claim of assumed) if (claim) this.#view.forget(claim);
    if (prepared?.written)
      this.#writer.discard(prepared.written).catch((error: unknown) => {
        log.error('Cannot delete the claim for extended resources', error, { pod: keyOf(pod) });
      });
    for (const claim of prepared?.reserved ?? [])
      giveUp(claim, pod, this.#writer).catch((error: unknown) => {
        log.error('Cannot give a claim back', error, { claim: keyOf(claim) });
      });
  }

  preBindPreFlight({ pod, node }: Placed, prepared: Prepared | undefined): boolean {
    if (prepared?.allocations.get(node.name)?.extended !== undefined) return true;
    return (prepared?.claims ?? []).some((claim) => !isReservedFor(claim, pod) || bindingState(claim) !== 'ready');
  }

  preBind(
    placed: Placed,
    prepared: Prepared | undefined,
    signal: AbortSignal,
  ): Promise<Refusal | undefined> | undefined {
    if (!prepared || !this.preBindPreFlight(placed, prepared)) return undefined;
    return this.#bindClaims(placed, prepared, signal);
  }

  /** The extended resources that the pod requests, if a class serves one of them. */
  #extendedOf(pod: Pod): ReadonlyMap<string, number> {
    const { others } = podDemand(pod);
    if (others.size === 0) return nothing;
    const { classes } = this.#view;
    const isServed = [...others].some(([name, amount]) => amount > 0 && classes.servingResource(name));
    return isServed ? others : nothing;
  }

  /** Those that only a class can serve on the node; a refusal if there is one that nothing serves. */
  #servedOn(node: NodeInfo, extended: ReadonlyMap<string, number>): ServedResources | Refusal {
    const served = new Map<string, DeviceClass>();
    for (const [name, amount] of extended) {
      if (amount <= 0 || !name.includes('/')) continue;
      const deviceClass = this.#view.classes.servingResource(name);
      if (deviceClass && !node.allocatable.others.get(name)) served.set(name, deviceClass);
      else if (!node.allocatable.others.has(name)) return noSource;
    }
    return served;
  }

  #allocate(claims: readonly ResourceClaim[], node: Node): readonly AllocationResult[] | undefined {
    const view = this.#view;
    const { clock } = this.#handle;
    const timeoutMs = this.#filterTimeoutMs;
    const startedAt = clock.monotonic();
    return allocate(claims, node, {
      pools: poolsFor(node, view),
      selectors: this.#selectors,
      deviceClass: view.classes.get,
      isInUse: (device) => view.isInUse(device),
      isShared: (device) => view.isShared(device),
      consumed: (device, capacity) => view.consumed(device, capacity),
      newShareId: () => crypto.randomUUID(),
      isOver: () => timeoutMs > 0 && clock.monotonic() - startedAt > timeoutMs,
    });
  }

  /** Writes the claims that are not reserved for the pod yet, then waits for drivers that prepare devices. */
  async #bindClaims({ pod, node }: Placed, prepared: Prepared, signal: AbortSignal): Promise<Refusal | undefined> {
    const view = this.#view;
    const { claims, toAllocate, reserved } = prepared;
    const open = claims.filter((claim) => !isReservedFor(claim, pod));
    const { results = [], extended } = prepared.allocations.get(node.name) ?? {};
    const extendedClaims: ResourceClaim[] = [];
    if (extended) {
      const allocation = results.at(-1);
      extendedClaims.push(await this.#bindExtended(extended, { pod, prepared, allocation, signal }));
    }
    for (const claim of open) {
      const allocation = results[toAllocate.indexOf(claim)];
      const bound = await this.#writer.bind(claim, { pod, allocation, signal });
      if (allocation) view.written(bound);
      reserved.push(bound);
    }
    const bound = claims.map((claim) => reserved.find((one) => keyOf(one) === keyOf(claim)) ?? claim);
    const { clock } = this.#handle;
    const timeoutMs = this.#bindingTimeoutMs;
    return untilPrepared([...bound, ...extendedClaims].filter(bindsLater), { view, clock, timeoutMs, signal });
  }

  async #bindExtended(
    { claim, mappings }: ExtendedClaim,
    {
      pod,
      prepared,
      allocation,
      signal,
    }: { pod: Pod; prepared: Prepared; allocation: AllocationResult | undefined; signal: AbortSignal },
  ): Promise<ResourceClaim> {
    const view = this.#view;
    const made = await this.#writer.create(claim, signal);
    prepared.written = made;
    // Replace the temporary name by the real one, without releasing the devices.
    view.assume({ ...made, status: { ...made.status, ...(allocation ? { allocation } : {}) } });
    view.forget(claim);
    const bound = await this.#writer.bind(made, { pod, allocation, signal });
    view.written(bound);
    await this.#writer.noteExtendedClaim(pod, { claim: bound, mappings, signal });
    return bound;
  }
}

/** Releases the claim. Devices that were not prepared in time are deallocated, so that others are tried. */
async function giveUp(claim: ResourceClaim, pod: Pod, writer: ClaimWriter): Promise<void> {
  await writer.release(claim, pod);
  if (bindsLater(claim)) await writer.deallocateUnused(claim);
}

/** Higher for earlier alternatives: up to eight for each request with alternatives. */
function alternativesScore({ spec }: ResourceClaim, allocation: AllocationResult | undefined): number {
  const chosen = new Set((allocation?.devices?.results ?? []).map(({ request }) => request));
  return (spec.devices?.requests ?? []).reduce((sum, { name, firstAvailable = [] }) => {
    const rank = firstAvailable.findIndex((sub) => chosen.has(`${name}/${sub.name}`));
    return rank < 0 ? sum : sum + maxAlternatives - rank;
  }, 0);
}

/** Why the pod cannot use the claim now. */
function unusable(claim: ResourceClaim, pod: Pod, view: DeviceView): Refusal | undefined {
  if (claim.status?.allocation)
    return hasRoom(claim) || isReservedFor(claim, pod) ? undefined : refuse('resourceclaim in use');
  // Another pod with the same claim is being bound: it allocates, this one only reserves.
  if (view.isPending(claim)) return refuse(`resource claim ${keyOf(claim)} is in the process of being allocated`);
  for (const { name, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
    const wanted = exactly
      ? [[name, exactly.deviceClassName] as const]
      : firstAvailable.map((sub) => [`${name}/${sub.name}`, sub.deviceClassName] as const);
    for (const [request, className] of wanted)
      if (!view.classes.get(className)) return refuse(`request ${request}: device class ${className} does not exist`);
  }
  return undefined;
}

/**
 * Deallocates an unused claim whose devices the pod cannot reach, so that it can be allocated elsewhere.
 */
function afterRefusal(
  { pod, prepared, asked }: RefusedCycle,
  writer: ClaimWriter,
): PostFilterResult | Promise<PostFilterResult> {
  const state = prepared(pluginName) as Prepared | undefined;
  // Upstream fails here, because it looks for its preparation, so preemption is not tried.
  if (!asked(pluginName)) return { message: 'not found', fails: true };
  if (!state) return { message: 'no new claims to deallocate' };
  if (state.stale) return writer.discard(state.stale).then(() => ({ message: 'deletion of ResourceClaim completed' }));
  const [claim] = [...state.elsewhere].filter(({ status }) =>
    (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid),
  );
  if (!claim) return { message: 'still not schedulable' };
  return writer.deallocate(claim).then(() => ({ message: 'deallocation of ResourceClaim completed' }));
}

/** A claim of the pod was created or changed, or another one released devices. */
function claimHelps(
  pod: Pod,
  { action, object, old }: { readonly action: string; readonly object: ResourceClaim; readonly old?: ResourceClaim },
): boolean {
  const gaveBack =
    action === 'delete' ? object.status?.allocation : old?.status?.allocation && !object.status?.allocation;
  if (gaveBack || (action === 'delete' && isExtendedClaimOf(pod, object))) return true;
  if (action === 'delete' || !usesClaim(pod, object)) return false;
  return !old || !jsonEqual(object.status, old.status);
}

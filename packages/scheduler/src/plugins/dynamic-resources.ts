import { isReservedFor, nodeMatchesSelector } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import type { DynamicResourcesArgs } from '@typernetes/api/kubescheduler.config/v1';
import type { AllocationResult, ResourceClaim } from '@typernetes/api/resource/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { jsonEqual, keyOf, parseDuration } from '@typernetes/machinery';
import { allocate } from '../devices/allocate.ts';
import { bindingState, bindsLater } from '../devices/binding-conditions.ts';
import { ClaimWriter } from '../devices/claim-writer.ts';
import { DeviceView } from '../devices/device-view.ts';
import { claimsOf, hasRoom, usesClaim } from '../devices/pod-claims.ts';
import { poolsFor } from '../devices/pools.ts';
import { AllocationError } from '../devices/requests.ts';
import { DeviceSelectors } from '../devices/selectors.ts';
import { wakeUp } from '../framework/cluster-event.ts';
import type { PostFilterResult, RefusedCycle, SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, type Refusal, refuse } from '../framework/verdict.ts';

interface Prepared {
  readonly claims: readonly ResourceClaim[];
  /** Those among them that have no devices yet. */
  readonly toAllocate: readonly ResourceClaim[];
  /** By node: in the order of `toAllocate`. */
  readonly allocations: Map<string, readonly AllocationResult[]>;
  /** Allocated claims that some node could not use. */
  readonly elsewhere: Set<ResourceClaim>;
  /** Reserved for the pod at the API, so that it can be undone. */
  readonly reserved: ResourceClaim[];
}

const pluginName = 'DynamicResources';
const notHere = refuse('resourceclaim not available on the node');
const notEnough = refuse('cannot allocate all claims');

/** Pods get the devices that their claims ask for, on a node where they are; the claims are allocated and reserved before the binding. */
export function dynamicResources(
  args: Partial<DynamicResourcesArgs>,
  handle: PluginHandle,
  selectors = new DeviceSelectors(),
): SchedulerPlugin<Prepared> {
  const view = new DeviceView(handle.informers);
  const writer = new ClaimWriter(handle.client, handle.clock);
  const timeoutMs = parseDuration(args.filterTimeout ?? '10s');
  const bindingTimeoutMs = parseDuration(args.bindingTimeout ?? '10m');
  return {
    name: pluginName,
    wakesOn: [
      wakeUp('ResourceClaim', ['add', 'update', 'delete'], { helps: claimHelps }),
      wakeUp('Node', ['add', 'update'], { parts: ['labels', 'taints'] }),
      wakeUp('WaitingPod', ['update']),
      wakeUp('DeviceClass', ['add', 'update']),
      wakeUp('ResourceSlice', ['add', 'update']),
    ],
    gate: (pod) => {
      if (!pod.spec.resourceClaims?.length) return undefined;
      const found = claimsOf(pod, view.claim);
      if (typeof found === 'string') return found;
      if (selectors.isReady) return undefined;
      void selectors.load().then(() => handle.ungate(pod.metadata.uid ?? '', pluginName));
      return 'waiting for the language of selectors';
    },
    prepare: (pod) => {
      if (!pod.spec.resourceClaims?.length) return { skip: true };
      const claims = claimsOf(pod, view.claim);
      if (typeof claims === 'string') return { refusal: refuse(claims) };
      if (claims.length === 0) return { skip: true };
      const refusal = claims.map((claim) => unusable(claim, pod, view)).find((one) => one !== undefined);
      if (refusal) return { refusal };
      const toAllocate = claims.filter(({ status }) => !status?.allocation);
      const prepared = {
        claims,
        toAllocate,
        allocations: new Map(),
        elsewhere: new Set<ResourceClaim>(),
        reserved: [],
      };
      return { prepared };
    },
    filter: (_pod, { name, node }, { claims, toAllocate, allocations, elsewhere }) => {
      let isElsewhere = false;
      for (const claim of claims) {
        const selector = claim.status?.allocation?.nodeSelector;
        if (!selector || nodeMatchesSelector(node, selector)) continue;
        elsewhere.add(claim);
        isElsewhere = true;
      }
      if (isElsewhere) return notHere;
      if (toAllocate.length === 0) return accept;
      const startedAt = handle.clock.monotonic();
      try {
        const found = allocate(toAllocate, node, {
          pools: poolsFor(node, view),
          selectors,
          deviceClass: (className) => view.deviceClass(className),
          isInUse: (device) => view.isInUse(device),
          isShared: (device) => view.isShared(device),
          consumed: (device, capacity) => view.consumed(device, capacity),
          newShareId: () => crypto.randomUUID(),
          isOver: () => timeoutMs > 0 && handle.clock.monotonic() - startedAt > timeoutMs,
        });
        if (!found) return notEnough;
        allocations.set(name, found);
        return accept;
      } catch (error) {
        if (error instanceof AllocationError && error.onThisNode) return refuse(error.message);
        throw new Error(`running "${pluginName}" filter plugin: ${messageOf(error)}`, { cause: error });
      }
    },
    postFilter: (cycle) => afterRefusal(cycle, writer),
    reserve: ({ node }, prepared) => {
      for (const [i, claim] of (prepared?.toAllocate ?? []).entries()) {
        const allocation = prepared.allocations.get(node.name)?.[i];
        if (!allocation) throw new Error('claim allocation not found for node');
        view.assume({ ...claim, status: { ...claim.status, allocation } });
      }
      return undefined;
    },
    unreserve: ({ pod }, prepared) => {
      for (const claim of prepared?.toAllocate ?? []) view.forget(claim);
      for (const claim of prepared?.reserved ?? [])
        giveUp(claim, pod, writer).catch((error: unknown) => {
          handle.log.error('Cannot give a claim back', error, { claim: keyOf(claim) });
        });
    },
    preBindPreFlight: ({ pod }, prepared) =>
      (prepared?.claims ?? []).some((claim) => !isReservedFor(claim, pod) || bindingState(claim) !== 'ready'),
    preBind: ({ pod, node }, prepared, signal) => {
      const claims = prepared?.claims ?? [];
      const open = claims.filter((claim) => !isReservedFor(claim, pod));
      const isLate = claims.some((claim) => bindingState(claim) !== 'ready');
      if (open.length === 0 && !isLate) return undefined;
      const allocations = prepared.allocations.get(node.name);
      const bind = async (): Promise<Refusal | undefined> => {
        for (const claim of open) {
          const allocation = allocations?.[prepared.toAllocate.indexOf(claim)];
          const bound = await writer.bind(claim, { pod, allocation, signal });
          if (allocation) view.written(bound);
          prepared.reserved.push(bound);
        }
        const bound = claims.map((claim) => prepared.reserved.find((one) => keyOf(one) === keyOf(claim)) ?? claim);
        return untilPrepared(bound.filter(bindsLater), {
          view,
          clock: handle.clock,
          timeoutMs: bindingTimeoutMs,
          signal,
        });
      };
      return bind();
    },
  };
}

/** Waits until drivers have prepared the devices. A refusal when one never will be, or when it takes too long. */
async function untilPrepared(
  claims: readonly ResourceClaim[],
  { view, clock, timeoutMs, signal }: { view: DeviceView; clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<Refusal | undefined> {
  if (claims.length === 0) return undefined;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  const scope = AbortSignal.any([signal, late.signal]);
  try {
    for (const claim of claims) {
      for (;;) {
        const seen = view.claim(keyOf(claim));
        const current = seen?.status?.allocation ? seen : claim;
        const state = bindingState(current);
        if (state === 'ready') break;
        if (typeof state === 'object') return refuse(`claim ${keyOf(claim)}: ${state.failed}`);
        await view.untilChanged(keyOf(claim), scope);
        signal.throwIfAborted();
        if (late.signal.aborted) return refuse(`claim ${keyOf(claim)}: timed out waiting for devices to be prepared`);
      }
    }
    return undefined;
  } finally {
    cancel();
  }
}

/** The pod will not have the claim. Devices that were not prepared for it are given back, so that others are tried. */
async function giveUp(claim: ResourceClaim, pod: Pod, writer: ClaimWriter): Promise<void> {
  await writer.release(claim, pod);
  if (bindsLater(claim)) await writer.deallocateUnused(claim);
}

/** Why the pod cannot have the claim now. */
function unusable(claim: ResourceClaim, pod: Pod, view: DeviceView): Refusal | undefined {
  if (claim.status?.allocation)
    return hasRoom(claim) || isReservedFor(claim, pod) ? undefined : refuse('resourceclaim in use');
  // Another pod with the same claim is on its way: it allocates, this one only reserves.
  if (view.isPending(claim)) return refuse(`resource claim ${keyOf(claim)} is in the process of being allocated`);
  for (const { name, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
    const wanted = exactly
      ? [[name, exactly.deviceClassName] as const]
      : firstAvailable.map((sub) => [`${name}/${sub.name}`, sub.deviceClassName] as const);
    for (const [request, className] of wanted)
      if (!view.deviceClass(className)) return refuse(`request ${request}: device class ${className} does not exist`);
  }
  return undefined;
}

/** A claim that sits where the pod cannot go, and that nobody uses, gives its devices back: it may be allocated anew. */
function afterRefusal(
  { pod, prepared }: RefusedCycle,
  writer: ClaimWriter,
): PostFilterResult | Promise<PostFilterResult> {
  if (!pod.spec.resourceClaims?.length) return { message: '' };
  const state = prepared(pluginName) as Prepared | undefined;
  if (!state) return { message: 'no new claims to deallocate' };
  const [claim] = [...state.elsewhere].filter(({ status }) =>
    (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid),
  );
  if (!claim) return { message: 'still not schedulable' };
  return writer.deallocate(claim).then(() => ({ message: 'deallocation of ResourceClaim completed' }));
}

/** A claim of the pod was made or has changed, or another one gave devices back. */
function claimHelps(
  pod: Pod,
  { action, object, old }: { readonly action: string; readonly object: ResourceClaim; readonly old?: ResourceClaim },
): boolean {
  const gaveBack =
    action === 'delete' ? object.status?.allocation : old?.status?.allocation && !object.status?.allocation;
  if (gaveBack) return true;
  if (action === 'delete' || !usesClaim(pod, object)) return false;
  return !old || !jsonEqual(object.status, old.status);
}

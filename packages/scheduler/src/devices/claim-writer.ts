import { isReservedFor } from '@typernetes/api';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { type AllocationResult, type ResourceClaim, resourceclaims } from '@typernetes/api/resource/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { ifFound, isConflict, isNotFound, keyOf } from '@typernetes/machinery';
import type { ExtendedClaim } from './extended-resources.ts';

/** Holds an allocated claim until its devices are free again. */
const finalizer = 'resource.kubernetes.io/delete-protection';

/** Writes the decisions about claims. */
export class ClaimWriter {
  readonly #client: Pick<ApiClient, 'resource'>;
  readonly #clock: Clock;

  constructor(client: Pick<ApiClient, 'resource'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Writes the claim for a pod's extended resources as it is on the node that was chosen. */
  create({ metadata, spec }: ResourceClaim, signal: AbortSignal): Promise<ResourceClaim> {
    const { generateName, namespace, annotations, ownerReferences } = metadata;
    const draft = { metadata: { generateName, namespace, annotations, ownerReferences }, spec };
    return this.#client.resource<ResourceClaim>(resourceclaims).create(draft, { signal });
  }

  /** Records for the kubelet which claim serves the pod's extended resources, and which container has which part. */
  async noteExtendedClaim(
    { metadata: { name, namespace = '', uid } }: Pod,
    { claim, mappings, signal }: { claim: ResourceClaim; mappings: ExtendedClaim['mappings']; signal: AbortSignal },
  ): Promise<void> {
    const extendedResourceClaimStatus = { resourceClaimName: claim.metadata.name, requestMappings: [...mappings] };
    const patch = { metadata: { uid }, status: { extendedResourceClaimStatus } };
    await this.#client
      .resource<Pod>(pods)
      .patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status', signal });
  }

  /** Deletes a claim that was made for a pod's extended resources, devices and all. */
  async discard({ metadata }: ResourceClaim): Promise<void> {
    const claims = this.#client.resource<ResourceClaim>(resourceclaims);
    const ref = { name: metadata.name, namespace: metadata.namespace ?? '' };
    for (;;) {
      try {
        const current = await claims.get(ref);
        if (current.metadata.uid !== metadata.uid) return;
        if (current.metadata.finalizers?.includes(finalizer)) {
          const finalizers = current.metadata.finalizers.filter((one) => one !== finalizer);
          await claims.update({ ...current, metadata: { ...current.metadata, finalizers } });
        }
        await claims.delete(ref, { preconditions: { uid: metadata.uid } });
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Reserves the claim for the pod, with the allocation if one was made. Throws when another client was faster. */
  async bind(
    claim: ResourceClaim,
    { pod, allocation, signal }: { pod: Pod; allocation: AllocationResult | undefined; signal: AbortSignal },
  ): Promise<ResourceClaim> {
    const claims = this.#client.resource<ResourceClaim>(resourceclaims);
    const ref = { name: claim.metadata.name, namespace: claim.metadata.namespace ?? '' };
    let current = claim;
    for (;;) {
      try {
        if (current.metadata.deletionTimestamp) throw new Error(`claim ${keyOf(claim)} got deleted in the meantime`);
        if (allocation && current.status?.allocation)
          throw new Error(`claim ${keyOf(claim)} got allocated elsewhere in the meantime`);
        if (!allocation && !current.status?.allocation)
          throw new Error(`claim ${keyOf(claim)} got deallocated elsewhere in the meantime`);
        if (allocation && !current.metadata.finalizers?.includes(finalizer)) {
          const finalizers = [...(current.metadata.finalizers ?? []), finalizer];
          current = await claims.update({ ...current, metadata: { ...current.metadata, finalizers } }, { signal });
        }
        if (isReservedFor(current, pod)) return current;
        const { name, uid } = pod.metadata;
        const status = {
          ...current.status,
          ...(allocation ? { allocation: { ...allocation, allocationTimestamp: timestamp(this.#clock.now()) } } : {}),
          reservedFor: [...(current.status?.reservedFor ?? []), { resource: 'pods', name, uid: uid ?? '' }],
        };
        return await claims.updateStatus({ ...current, status }, { signal });
      } catch (error) {
        if (!isConflict(error)) throw error;
        current = await claims.get(ref, { signal });
      }
    }
  }

  /** The pod will not come after all. The claim keeps its devices. */
  async release(claim: ResourceClaim, pod: Pod): Promise<void> {
    const { name, namespace = '', uid } = claim.metadata;
    const patch = {
      metadata: { uid },
      status: { reservedFor: [{ $patch: 'delete', uid: pod.metadata.uid }] },
    };
    await ifFound(
      this.#client
        .resource<ResourceClaim>(resourceclaims)
        .patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status' }),
    );
  }

  /** Like `deallocate`, for the claim's current state, if it is unused now. */
  async deallocateUnused({ metadata }: ResourceClaim): Promise<void> {
    const claims = this.#client.resource<ResourceClaim>(resourceclaims);
    for (;;) {
      try {
        const current = await claims.get({ name: metadata.name, namespace: metadata.namespace ?? '' });
        const isOther = current.metadata.uid !== metadata.uid;
        if (isOther || !current.status?.allocation || current.status.reservedFor?.length) return;
        await this.deallocate(current);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Releases the devices of an unused claim. */
  async deallocate(claim: ResourceClaim): Promise<void> {
    const { allocation: _allocation, reservedFor: _reservedFor, devices: _devices, ...status } = claim.status ?? {};
    await this.#client.resource<ResourceClaim>(resourceclaims).updateStatus({ ...claim, status });
  }
}

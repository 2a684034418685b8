import { claimNotMade, foreignClaim, resourceClaimNameOf } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import type { ResourceClaim } from '@typernetes/api/resource/v1';

/** The API's limit of consumers per claim. */
const maxConsumers = 256;

/** Whether the pod names the claim. */
export function usesClaim(pod: Pod, { metadata }: ResourceClaim): boolean {
  return (
    pod.metadata.namespace === metadata.namespace &&
    (pod.spec.resourceClaims ?? []).some((entry) => resourceClaimNameOf(pod, entry) === metadata.name)
  );
}

/** The claims of a pod, or why one of them cannot be used yet, in upstream's words. `get` takes `namespace/name`. */
export function claimsOf(pod: Pod, get: (key: string) => ResourceClaim | undefined): readonly ResourceClaim[] | string {
  const { namespace } = pod.metadata;
  const found: ResourceClaim[] = [];
  for (const entry of pod.spec.resourceClaims ?? []) {
    const name = resourceClaimNameOf(pod, entry);
    if (name === undefined) return claimNotMade(pod);
    if (name === 'none') continue;
    const claim = get(`${namespace}/${name}`);
    if (!claim) return `resourceclaim.resource.k8s.io "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    const foreign = foreignClaim(pod, entry, claim);
    if (foreign) return foreign;
    found.push(claim);
  }
  return found;
}

export function hasRoom({ status }: ResourceClaim): boolean {
  return (status?.reservedFor?.length ?? 0) < maxConsumers;
}

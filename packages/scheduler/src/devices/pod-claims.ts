import type { Pod, PodResourceClaim } from '@typernetes/api/core/v1';
import type { ResourceClaim } from '@typernetes/api/resource/v1';
import { isControlledBy } from '@typernetes/machinery';

/** No more consumers of one claim, says the API. */
const maxConsumers = 256;

/** The name of the claim that an entry of the pod stands for; `none` when it needs none, undefined when it is not made yet. */
export function claimNameOf(pod: Pod, { name, resourceClaimName }: PodResourceClaim): string | 'none' | undefined {
  if (resourceClaimName) return resourceClaimName;
  const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made ? (made.resourceClaimName ?? 'none') : undefined;
}

/** Whether the pod names the claim. */
export function usesClaim(pod: Pod, { metadata }: ResourceClaim): boolean {
  return (
    pod.metadata.namespace === metadata.namespace &&
    (pod.spec.resourceClaims ?? []).some((entry) => claimNameOf(pod, entry) === metadata.name)
  );
}

/** The claims of a pod, or why one of them cannot be used yet, in upstream's words. `get` takes `namespace/name`. */
export function claimsOf(pod: Pod, get: (key: string) => ResourceClaim | undefined): readonly ResourceClaim[] | string {
  const { namespace, name: podName } = pod.metadata;
  const found: ResourceClaim[] = [];
  for (const entry of pod.spec.resourceClaims ?? []) {
    const name = claimNameOf(pod, entry);
    if (name === undefined) return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    if (name === 'none') continue;
    const claim = get(`${namespace}/${name}`);
    if (!claim) return `resourceclaim.resource.k8s.io "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    if (!entry.resourceClaimName && !isControlledBy(claim, pod))
      return `ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    found.push(claim);
  }
  return found;
}

export function isReservedFor({ status }: ResourceClaim, { metadata }: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === metadata.uid) ?? false;
}

export function hasRoom({ status }: ResourceClaim): boolean {
  return (status?.reservedFor?.length ?? 0) < maxConsumers;
}

import { isControlledBy } from '@typernetes/machinery';
import type { Pod, PodResourceClaim } from '../core/v1.gen.ts';
import type { ResourceClaim } from './v1.gen.ts';

/** The name of the claim that an entry of the pod stands for; `none` when it needs none, undefined when it is not made yet. */
export function resourceClaimNameOf(
  pod: Pod,
  { name, resourceClaimName }: PodResourceClaim,
): string | 'none' | undefined {
  if (resourceClaimName) return resourceClaimName;
  const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made ? (made.resourceClaimName ?? 'none') : undefined;
}

/** Why a claim that is not made yet cannot be used, in upstream's words. */
export function claimNotMade({ metadata: { namespace, name } }: Pod): string {
  return `pod "${namespace}/${name}": ResourceClaim not created yet`;
}

/** Why the claim that an entry of the pod stands for is not the pod's, in upstream's words; undefined when it is. */
export function foreignClaim(
  pod: Pod,
  { resourceClaimName }: PodResourceClaim,
  claim: ResourceClaim,
): string | undefined {
  if (resourceClaimName || isControlledBy(claim, pod)) return undefined;
  const { namespace, name } = pod.metadata;
  return `ResourceClaim ${namespace}/${claim.metadata.name} was not created for Pod ${namespace}/${name} (Pod is not owner)`;
}

export function isReservedFor({ status }: ResourceClaim, { metadata }: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === metadata.uid) ?? false;
}

/** Of a request that was served by one of its alternatives (`request/alternative`) the request's name. */
export const baseRequestOf = (request: string): string => request.split('/', 1)[0] ?? request;

import { isControlledBy } from '@typernetes/machinery';
import type { Pod, PodResourceClaim } from '../core/v1.gen.ts';
import type { ResourceClaim } from './v1.gen.ts';

/**
 * The name of the claim behind a pod's claim entry; `none` if none is needed, undefined if it has not been created yet.
 */
export function resourceClaimNameOf(
  pod: Pod,
  { name, resourceClaimName }: PodResourceClaim,
): string | 'none' | undefined {
  if (resourceClaimName) return resourceClaimName;
  const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made ? (made.resourceClaimName ?? 'none') : undefined;
}

/** The message, in upstream's words, for a claim that has not been created yet. */
export function claimNotMade({ metadata: { namespace, name } }: Pod): string {
  return `pod "${namespace}/${name}": ResourceClaim not created yet`;
}

/** Why the claim behind a pod's entry does not belong to the pod, in upstream's words; undefined if it does. */
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

/** The request's name, also for a result of one of its alternatives (`request/alternative`). */
export const baseRequestOf = (request: string): string => request.split('/', 1)[0] ?? request;

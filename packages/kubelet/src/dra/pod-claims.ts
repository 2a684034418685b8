import { baseRequestOf, claimNotMade, resourceClaimNameOf } from '@typernetes/api';
import type { Container, Pod, PodResourceClaim } from '@typernetes/api/core/v1';
import { parseQuantity, wholeValue } from '@typernetes/machinery';
import type { ClaimState, PreparedDevice } from './claim-state.ts';

/**
 * A claim that a pod uses, and the entry of its spec that refers to it; no entry for the claim behind its extended
 * resources.
 */
interface PodClaim {
  readonly name: string;
  readonly entry: PodResourceClaim | undefined;
}

/** The claims of a pod, with the one for its extended resources last. Throws while one of them has not been created. */
export function claimsOfPod(pod: Pod): readonly PodClaim[] {
  const own = (pod.spec?.resourceClaims ?? []).flatMap((entry): PodClaim[] => {
    const name = resourceClaimNameOf(pod, entry);
    if (name === undefined) throw new Error(claimNotMade(pod));
    return name === 'none' ? [] : [{ name, entry }];
  });
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  return extended === undefined ? own : [...own, { name: extended, entry: undefined }];
}

/** The pod's extended resources that are served by a claim instead of a device plugin: no manager here counts them. */
export function servedByClaim({ status }: Pod): ReadonlySet<string> {
  return new Set(status?.extendedResourceClaimStatus?.requestMappings?.map(({ resourceName }) => resourceName));
}

/** A container's use of a claim. */
interface ContainerClaim {
  readonly claim: string;
  /** The container's name for the claim; undefined for its extended resources. */
  readonly label: string | undefined;
  /** Undefined: all of the claim's requests. */
  readonly request: string | undefined;
}

/** The claims and requests that the container uses. Skips entries whose claim does not exist or is not needed. */
export function claimsOfContainer(pod: Pod, { name, resources }: Container): readonly ContainerClaim[] {
  const own = (resources?.claims ?? []).flatMap(({ name: label, request }): ContainerClaim[] => {
    const entry = pod.spec?.resourceClaims?.find((one) => one.name === label);
    const claim = entry && resourceClaimNameOf(pod, entry);
    if (claim === undefined || claim === 'none') return [];
    return [
      { claim, label: request ? `${label}/${request}` : label, request: request ? baseRequestOf(request) : undefined },
    ];
  });
  const { resourceClaimName: claim = '', requestMappings = [] } = pod.status?.extendedResourceClaimStatus ?? {};
  const extended = requestMappings
    .filter(({ containerName, resourceName }) => containerName === name && asksFor(resources?.requests?.[resourceName]))
    .map(({ requestName }) => ({ claim, label: undefined, request: requestName }));
  return [...own, ...extended];
}

const asksFor = (amount: string | undefined): boolean => amount !== undefined && wholeValue(parseQuantity(amount)) > 0;

/**
 * The devices of a claim that were allocated for one request, or for all of them. A device without a request belongs to
 * every request.
 */
export function devicesFor(
  { DriverState }: ClaimState,
  request: string | undefined,
): readonly { readonly driver: string; readonly device: PreparedDevice }[] {
  return Object.entries(DriverState).flatMap(([driver, { Devices }]) =>
    (Devices ?? [])
      .filter(({ RequestNames }) => request === undefined || !RequestNames?.length || RequestNames.includes(request))
      .map((device) => ({ driver, device })),
  );
}

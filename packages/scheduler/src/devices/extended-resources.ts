import type { Container, ContainerExtendedResourceRequest, Pod } from '@typernetes/api/core/v1';
import { pods } from '@typernetes/api/core/v1';
import type { DeviceClass, DeviceRequest, ResourceClaim } from '@typernetes/api/resource/v1';
import { controllerReference, isControlledBy, parseQuantity, wholeValue } from '@typernetes/machinery';

/** Marks claims that a scheduler created for the extended resources of a pod. */
const extendedClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim';

/** The classes that serve a pod's extended resources on a node without another source of them, by resource. */
export type ServedResources = ReadonlyMap<string, DeviceClass>;

/** The claim for a pod's extended resources on one node, before it is written, and which container has which part. */
export interface ExtendedClaim {
  readonly claim: ResourceClaim;
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

/** Whether the claim was made for the pod's extended resources. */
export function isExtendedClaimOf(pod: Pod, claim: ResourceClaim): boolean {
  return claim.metadata.annotations?.[extendedClaimAnnotation] === 'true' && isControlledBy(claim, pod);
}

/**
 * The claim for the pod's resources in `served`. It has a temporary name: the API server generates one when it is
 * written.
 */
export function extendedClaim(pod: Pod, served: ServedResources): ExtendedClaim {
  const { name, namespace, uid } = pod.metadata;
  const { requests, mappings } = requestsFor(pod, served);
  const claim: ResourceClaim = {
    metadata: {
      name: `<extended-resources>/${uid}`,
      generateName: `${name}-extended-resources-`,
      namespace,
      uid,
      resourceVersion: '',
      creationTimestamp: '',
      annotations: { [extendedClaimAnnotation]: 'true' },
      ownerReferences: [controllerReference(pod, pods)],
    },
    spec: { devices: { requests: [...requests] } },
  };
  return { claim, mappings };
}

interface Served {
  readonly request: DeviceRequest | undefined;
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

/**
 * A request for each container and resource. Init containers that end share their devices with later containers; for
 * what they need beyond that, the largest request serves them all.
 */
function requestsFor(
  pod: Pod,
  served: ServedResources,
): { readonly requests: readonly DeviceRequest[]; readonly mappings: readonly ContainerExtendedResourceRequest[] } {
  const { initContainers = [], containers } = pod.spec;
  const all = [...initContainers, ...containers];
  const isShort = (i: number): boolean => i < initContainers.length && all[i]?.restartPolicy !== 'Always';
  const requests: DeviceRequest[] = [];
  const mappings: ContainerExtendedResourceRequest[] = [];
  for (const [resource, { metadata }] of [...served].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const of = (i: number, reusable: readonly DeviceRequest[]): Served =>
      servedTo(all[i] as Container, i, { resource, deviceClassName: metadata.name, reusable });
    const long = all.map((_, i) => (isShort(i) ? { request: undefined, mappings: [] } : of(i, [])));
    const short = all.flatMap((_, i) =>
      isShort(i)
        ? [
            of(
              i,
              long.slice(i).flatMap(({ request }) => request ?? []),
            ),
          ]
        : [],
    );
    const own = short.flatMap(({ request }) => request ?? []);
    const greatest = own.reduce<DeviceRequest | undefined>(
      (most, one) => (countOf(one) > countOf(most) ? one : most),
      undefined,
    );
    const replaced = new Set(own.map(({ name }) => name));
    if (greatest) requests.push(greatest);
    requests.push(...long.flatMap(({ request }) => request ?? []));
    mappings.push(
      ...long.flatMap((one) => one.mappings),
      ...short
        .flatMap((one) => one.mappings)
        .map((one) => (greatest && replaced.has(one.requestName) ? { ...one, requestName: greatest.name } : one)),
    );
  }
  return { requests: requests.sort((a, b) => (a.name < b.name ? -1 : 1)), mappings };
}

/** The amount that one container needs of one resource beyond what it can reuse from others. */
function servedTo(
  { name, resources }: Container,
  index: number,
  {
    resource,
    deviceClassName,
    reusable,
  }: { resource: string; deviceClassName: string; reusable: readonly DeviceRequest[] },
): Served {
  const asked = resources?.requests ?? {};
  const wanted = asked[resource] === undefined ? 0 : wholeValue(parseQuantity(asked[resource]));
  if (wanted === 0) return { request: undefined, mappings: [] };
  const mapping = (requestName: string) => ({ containerName: name, resourceName: resource, requestName });
  const mappings: ContainerExtendedResourceRequest[] = [];
  let left = wanted;
  for (const other of reusable) {
    if (left <= 0) break;
    left -= countOf(other);
    mappings.push(mapping(other.name));
  }
  if (left <= 0) return { request: undefined, mappings };
  const position = Object.keys(asked).sort().indexOf(resource);
  const request: DeviceRequest = {
    name: `container-${index}-request-${position}`,
    exactly: { deviceClassName, allocationMode: 'ExactCount', count: left },
  };
  return { request, mappings: [...mappings, mapping(request.name)] };
}

const countOf = (request: DeviceRequest | undefined): number => request?.exactly?.count ?? 0;

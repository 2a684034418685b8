import type { Container, ContainerStatus, Pod, PodStatus, ResourceRequirements } from '@typernetes/api/core/v1';
import { milliOf } from './amount.ts';

/** Why the pod's requested resources cannot be allocated. */
export interface ResizePending {
  /** Infeasible: not on this node, ever. Deferred: not before others go. */
  readonly reason: 'Infeasible' | 'Deferred';
  readonly message: string;
}

export interface Allocation {
  /** The pod with the resources that it has, or is to get now. */
  readonly pod: Pod;
  readonly pending?: ResizePending;
  /** Whether it is to get others than it had. */
  readonly granted?: true;
}

type Resources = Pick<ResourceRequirements, 'limits' | 'requests'>;

/** Whether both ask for the same cpu and memory, in whatever notation. */
export function sameResources(a: Resources | undefined, b: Resources | undefined): boolean {
  return !changedResources(a, b).cpu && !changedResources(a, b).memory;
}

export function changedResources(
  a: Resources | undefined,
  b: Resources | undefined,
): { readonly cpu: boolean; readonly memory: boolean } {
  const differs = (name: 'cpu' | 'memory'): boolean =>
    milliOf(a?.limits?.[name]) !== milliOf(b?.limits?.[name]) ||
    milliOf(a?.requests?.[name]) !== milliOf(b?.requests?.[name]);
  return { cpu: differs('cpu'), memory: differs('memory') };
}

/**
 * The resources allocated to the pod. They are remembered in its last status; a resize is granted completely or not at
 * all, depending on `shortage` for the resized pod.
 */
export function allocationOf(
  pod: Pod,
  previous: PodStatus | undefined,
  shortage: (pod: Pod) => ResizePending | undefined,
): Allocation {
  const statuses = [...(previous?.initContainerStatuses ?? []), ...(previous?.containerStatuses ?? [])];
  const has = (container: Container): Container => {
    const status = statuses.find(({ name }) => name === container.name);
    return withResources(container, givenOf(status));
  };
  const { spec } = pod;
  if (!spec) return { pod };
  const containers = spec.containers.map(has);
  const initContainers = spec.initContainers?.map(has);
  const asked = [...spec.containers, ...(spec.initContainers ?? [])];
  const had = [...containers, ...(initContainers ?? [])];
  const whole = spec.resources && (givenOf(previous) ?? spec.resources);
  const same = had.every((container, i) => sameResources(container.resources, asked[i]?.resources));
  if (same && sameResources(whole, spec.resources)) return { pod };
  const pending = shortage(pod);
  if (!pending) return { pod, granted: true };
  const given = { ...(whole ? { resources: whole } : {}), containers, ...(initContainers ? { initContainers } : {}) };
  return { pod: { ...pod, spec: { ...spec, ...given } }, pending };
}

/**
 * The resources allocated to a container or to the pod as a whole; undefined when the status does not have them yet.
 */
function givenOf(status: Pick<ContainerStatus, 'resources' | 'allocatedResources'> | undefined): Resources | undefined {
  if (!status?.resources) return undefined;
  const { limits } = status.resources;
  const requests = status.allocatedResources;
  return { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) };
}

function withResources(container: Container, resources: Resources | undefined): Container {
  if (!resources || sameResources(resources, container.resources)) return container;
  return { ...container, resources: { ...container.resources, ...resources } };
}

import type { Container, ContainerStatus, Pod, PodStatus, ResourceRequirements } from '@typernetes/api/core/v1';
import { milliOf } from './amount.ts';

/** Why the resources that a pod asks for now cannot be given to it. */
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
 * What the pod has of what it asks for. Its last status is the memory of what it was given; a change is granted as a whole or not at
 * all, as `shortage` says of the pod with it.
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

/** What a container, or the pod as a whole, was given; undefined when nothing was said about it yet. */
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

import { podRequests } from '@typernetes/api';
import type { Container, ContainerStatus, Pod, PodSpec } from '@typernetes/api/core/v1';
import {
  compareQuantities,
  findCondition,
  milliValue,
  parseQuantity,
  type Quantity,
  wholeValue,
} from '@typernetes/machinery';

/**
 * Amounts by resource: CPU in millicores, everything else in units. The frequent ones are fields, since they are read
 * for every node.
 */
export interface Amounts {
  cpu: number;
  memory: number;
  ephemeralStorage: number;
  /** Extended resources and huge pages. */
  readonly others: Map<string, number>;
}

/** The resources that a pod takes on a node. */
export interface Demand extends Amounts {
  /**
   * For scoring: containers without requests count as if they requested a little, since otherwise a node could take any
   * number of them.
   */
  scoredCpu: number;
  scoredMemory: number;
}

const silentRequests = { cpu: '100m', memory: '200Mi' };
const ofPod = new WeakMap<Pod, Demand>();
/** Pods of one template have equal requests, so they share one object. */
const ofTemplate = new Map<string, Demand>();
const maxTemplates = 2000;

export function emptyDemand(): Demand {
  return { cpu: 0, memory: 0, ephemeralStorage: 0, others: new Map(), scoredCpu: 0, scoredMemory: 0 };
}

/** The demand of a pod, computed once per object and template: objects of the API are never mutated. */
export function podDemand(pod: Pod): Demand {
  const known = ofPod.get(pod);
  if (known) return known;
  const spec = withAllocated(pod);
  const key = JSON.stringify([
    spec.resources,
    spec.overhead,
    spec.containers.map((container) => container.resources?.requests ?? 0),
    spec.initContainers?.map((container) => [container.resources?.requests, container.restartPolicy]),
  ]);
  let demand = ofTemplate.get(key);
  if (!demand) {
    demand = computeDemand(spec);
    if (ofTemplate.size >= maxTemplates) ofTemplate.clear();
    ofTemplate.set(key, demand);
  }
  ofPod.set(pod, demand);
  return demand;
}

/** The same as a value for JSON. */
export function signedDemand(pod: Pod): unknown {
  const { cpu, memory, ephemeralStorage, others, scoredCpu, scoredMemory } = podDemand(pod);
  return [cpu, memory, ephemeralStorage, scoredCpu, scoredMemory, ...others];
}

function computeDemand(spec: PodSpec): Demand {
  const exact = amountsOf(podRequests(spec));
  const talkative = (container: Container): Container => ({
    ...container,
    resources: { ...container.resources, requests: { ...silentRequests, ...container.resources?.requests } },
  });
  const { initContainers } = spec;
  const scored = amountsOf(
    podRequests({
      ...spec,
      containers: spec.containers.map(talkative),
      ...(initContainers ? { initContainers: initContainers.map(talkative) } : {}),
    }),
  );
  return { ...exact, scoredCpu: scored.cpu, scoredMemory: scored.memory };
}

export function addDemand(total: Demand, more: Demand, by: 1 | -1 = 1): void {
  total.cpu += by * more.cpu;
  total.memory += by * more.memory;
  total.ephemeralStorage += by * more.ephemeralStorage;
  total.scoredCpu += by * more.scoredCpu;
  total.scoredMemory += by * more.scoredMemory;
  if (more.others.size === 0) return;
  for (const [resource, value] of more.others)
    total.others.set(resource, (total.others.get(resource) ?? 0) + by * value);
}

/** The amount of any resource by its name. */
export function amountIn(amounts: Amounts, resource: string): number {
  switch (resource) {
    case 'cpu':
      return amounts.cpu;
    case 'memory':
      return amounts.memory;
    case 'ephemeral-storage':
      return amounts.ephemeralStorage;
    default:
      return amounts.others.get(resource) ?? 0;
  }
}

/** A resource list of a node. */
export function parseAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return amountsOf(
    Object.fromEntries(Object.entries(list ?? {}).map(([resource, text]) => [resource, parseQuantity(text)])),
  );
}

function amountsOf(quantities: Readonly<Record<string, Quantity>>): Amounts {
  const amounts: Amounts = { cpu: 0, memory: 0, ephemeralStorage: 0, others: new Map() };
  for (const [resource, quantity] of Object.entries(quantities)) {
    if (resource === 'cpu') amounts.cpu = milliValue(quantity);
    else if (resource === 'memory') amounts.memory = wholeValue(quantity);
    else if (resource === 'ephemeral-storage') amounts.ephemeralStorage = wholeValue(quantity);
    else amounts.others.set(resource, wholeValue(quantity));
  }
  return amounts;
}

/**
 * A pod that is being resized in place counts with the maximum of its requested, allocated and actual resources; one
 * whose resize is infeasible counts without the requested ones (upstream's rule).
 */
function withAllocated(pod: Pod): PodSpec {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  if (!statuses.some((status) => status.allocatedResources ?? status.resources)) return pod.spec;
  const pending = findCondition(pod.status?.conditions, 'PodResizePending');
  const infeasible = pending?.status === 'True' && pending.reason === 'Infeasible';
  const byName = new Map(statuses.map((status) => [status.name, status]));
  const adjusted = (container: Container): Container => {
    const status = byName.get(container.name);
    if (!status) return container;
    const requests = greatestRequests(container, status, infeasible);
    return { ...container, resources: { ...container.resources, requests } };
  };
  const { initContainers } = pod.spec;
  return {
    ...pod.spec,
    containers: pod.spec.containers.map(adjusted),
    ...(initContainers ? { initContainers: initContainers.map(adjusted) } : {}),
  };
}

function greatestRequests(container: Container, status: ContainerStatus, infeasible: boolean): Record<string, string> {
  const asked = container.resources?.requests ?? {};
  const sources = [status.allocatedResources ?? {}, status.resources?.requests ?? {}];
  const known = sources.some((source) => Object.keys(source).length > 0);
  const greatest: Record<string, string> = infeasible && known ? {} : { ...asked };
  for (const source of sources) {
    for (const [resource, text] of Object.entries(source)) {
      const before = greatest[resource];
      if (before === undefined || compareQuantities(parseQuantity(text), parseQuantity(before)) > 0)
        greatest[resource] = text;
    }
  }
  return greatest;
}

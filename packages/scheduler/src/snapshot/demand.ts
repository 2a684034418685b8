import { podRequests } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { milliValue, parseQuantity, type Quantity, wholeValue } from '@typernetes/machinery';

/** What a pod takes of a node: CPU in millicores, everything else in units. */
export interface Demand {
  readonly requests: Map<string, number>;
  /** For scoring: containers without requests count as if they asked for a little, or a node could take any number of them. */
  readonly scored: { cpu: number; memory: number };
}

const assumedCpu = 100;
const assumedMemory = 200 * 1024 * 1024;
const demands = new WeakMap<Pod, Demand>();

export function emptyDemand(): Demand {
  return { requests: new Map(), scored: { cpu: 0, memory: 0 } };
}

/** The demand of a pod, computed once per object: objects of the API are never mutated. */
export function podDemand(pod: Pod): Demand {
  const known = demands.get(pod);
  if (known) return known;
  const requests = new Map<string, number>();
  for (const [resource, quantity] of Object.entries(podRequests(pod.spec)))
    requests.set(resource, amount(resource, quantity));
  const demand: Demand = {
    requests,
    scored: { cpu: scored(pod, 'cpu', requests), memory: scored(pod, 'memory', requests) },
  };
  demands.set(pod, demand);
  return demand;
}

function scored(pod: Pod, resource: 'cpu' | 'memory', requests: ReadonlyMap<string, number>): number {
  const silent = pod.spec.containers.filter(
    (container) => container.resources?.requests?.[resource] === undefined,
  ).length;
  return (requests.get(resource) ?? 0) + silent * (resource === 'cpu' ? assumedCpu : assumedMemory);
}

export function addDemand(total: Demand, more: Demand): void {
  for (const [resource, value] of more.requests)
    total.requests.set(resource, (total.requests.get(resource) ?? 0) + value);
  total.scored.cpu += more.scored.cpu;
  total.scored.memory += more.scored.memory;
}

export function subtractDemand(total: Demand, less: Demand): void {
  for (const [resource, value] of less.requests)
    total.requests.set(resource, (total.requests.get(resource) ?? 0) - value);
  total.scored.cpu -= less.scored.cpu;
  total.scored.memory -= less.scored.memory;
}

/** A resource list in the units of a {@link Demand}. */
export function toAmounts(list: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(list ?? {}).map(([resource, text]) => [resource, amount(resource, parseQuantity(text))]),
  );
}

function amount(resource: string, quantity: Quantity): number {
  return resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity);
}

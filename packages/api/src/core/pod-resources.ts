import { addQuantities, compareQuantities, maxQuantity, parseQuantity, type Quantity } from '@typernetes/machinery';
import type { Container, PodSpec } from './v1.gen.ts';

/** Amounts by resource name: cpu, memory, ... */
export type ResourceAmounts = Readonly<Record<string, Quantity>>;

type Amounts = Record<string, Quantity>;
type Side = 'requests' | 'limits';

export function parseAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts: Amounts = {};
  for (const name in list) amounts[name] = parseQuantity(list[name]!);
  return amounts;
}

function add(total: Amounts, more: ResourceAmounts): void {
  for (const name in more) total[name] = total[name] ? addQuantities(total[name], more[name]!) : more[name]!;
}

function raise(total: Amounts, floor: ResourceAmounts): void {
  for (const name in floor) total[name] = total[name] ? maxQuantity(total[name], floor[name]!) : floor[name]!;
}

const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';
/** Whether a resource can be given to a pod as a whole. */
export const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** The same with resources of the pod as a whole, which take the place of that sum where they are given. */
function podAmounts(spec: PodSpec, side: Side): Amounts {
  const total = containerAmounts(spec, side);
  const whole = parseAmounts(spec.resources?.[side]);
  for (const name in whole) if (isPodLevel(name)) total[name] = whole[name]!;
  return total;
}

/**
 * What the pod needs at its worst moment: its containers and sidecars together, or an init container together with the
 * sidecars started before it.
 */
export function containerAmounts(spec: PodSpec, side: Side): Amounts {
  const total: Amounts = {};
  for (const container of spec.containers) add(total, parseAmounts(container.resources?.[side]));
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = parseAmounts(container.resources?.[side]);
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      add(own, sidecars);
      raise(peak, own);
    }
  }
  raise(total, peak);
  return total;
}

/** What the scheduler reserves on a node for the pod, overhead included. */
export function podRequests(spec: PodSpec): ResourceAmounts {
  const total = podAmounts(spec, 'requests');
  add(total, parseAmounts(spec.overhead));
  return total;
}

/** The pod's limits; overhead counts only for resources that are limited. */
export function podLimits(spec: PodSpec): ResourceAmounts {
  const total = podAmounts(spec, 'limits');
  const overhead = parseAmounts(spec.overhead);
  for (const name in overhead) if (total[name]) total[name] = addQuantities(total[name], overhead[name]!);
  return total;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** How dear the pod is to its node: cpu and memory of all containers decide, or those of the pod as a whole. */
export function qosClassOf(spec: PodSpec): QosClass {
  const parts =
    spec.resources?.requests || spec.resources?.limits
      ? [spec.resources]
      : [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources ?? {});
  let anything = false;
  let guaranteed = true;
  for (const part of parts) {
    for (const name of ['cpu', 'memory']) {
      const request = positive(part.requests?.[name]);
      const limit = positive(part.limits?.[name]);
      if (request || limit) anything = true;
      if (!limit || (request && compareQuantities(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(text: string | undefined): Quantity | undefined {
  if (text === undefined) return undefined;
  const quantity = parseQuantity(text);
  return quantity.nanos > 0n ? quantity : undefined;
}

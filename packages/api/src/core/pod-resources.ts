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
/** Whether a resource can be set at pod level. */
export const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** Uses the pod-level amounts, where given, instead of the sums over containers. */
function podAmounts(spec: PodSpec, side: Side): Amounts {
  const total = containerAmounts(spec, side);
  const whole = parseAmounts(spec.resources?.[side]);
  for (const name in whole) if (isPodLevel(name)) total[name] = whole[name]!;
  return total;
}

/**
 * The peak need of the pod: all containers and sidecars together, or an init container with the sidecars started before
 * it.
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

/** The amounts that the scheduler reserves for the pod on a node, with overhead. */
export function podRequests(spec: PodSpec): ResourceAmounts {
  const total = podAmounts(spec, 'requests');
  add(total, parseAmounts(spec.overhead));
  return total;
}

/** The pod's limits; overhead counts only for resources that have a limit. */
export function podLimits(spec: PodSpec): ResourceAmounts {
  const total = podAmounts(spec, 'limits');
  const overhead = parseAmounts(spec.overhead);
  for (const name in overhead) if (total[name]) total[name] = addQuantities(total[name], overhead[name]!);
  return total;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The pod's QoS class: from cpu and memory of all containers, or of the pod level. */
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

import { nodeMatchesPodRequirements, podRequests, untoleratedTaint } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { milliValue, parseQuantity, wholeValue } from '@typernetes/machinery';
import { servedByClaim } from '../dra/pod-claims.ts';
import type { ResizePending } from '../pod/allocation.ts';
import { isStatic } from '../pod/identity.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export interface NodeState {
  /** As last read from the API; undefined before the first read. */
  readonly node: Node | undefined;
  readonly allocatable: Readonly<Record<string, string>>;
  /** The other pods that are here and have not ended. */
  readonly others: readonly Pod[];
}

/**
 * Why the pod does not fit on this node, whatever the scheduler thought when it chose it (upstream: the predicate admit handler).
 * Undefined when it does.
 */
export function nodeFit(pod: Pod, state: NodeState): Refusal | undefined {
  return wrongSystem(pod) ?? shortOf(pod, state) ?? mismatch(pod, state);
}

/** Why the node could not run the pod even if it were the only one. */
export function unfit(pod: Pod, state: NodeState): Refusal | undefined {
  return wrongSystem(pod) ?? mismatch(pod, state);
}

function shortOf(pod: Pod, state: Omit<NodeState, 'node'>): Refusal | undefined {
  const [first] = shortages(pod, state);
  return first && outOf(first);
}

function wrongSystem({ spec }: Pod): Refusal | undefined {
  if ((spec?.os?.name ?? 'linux') !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  if ((spec?.nodeSelector?.['kubernetes.io/os'] ?? 'linux') === 'linux') return undefined;
  const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
  return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
}

/** A resource of which less is free than the pod requests. */
interface Shortage {
  readonly resource: string;
  /** Thousandths of a processor, units of all else. */
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/**
 * The resources of which less is free than the pod requests. Skips resources that the node does not have: other
 * components handle those.
 */
export function shortages(pod: Pod, { allocatable, others }: Omit<NodeState, 'node'>): readonly Shortage[] {
  const room = Number(allocatable.pods ?? 110);
  const places = { resource: 'pods', requested: 1, used: others.length, capacity: room };
  const wanted = podRequests(pod.spec ?? { containers: [] });
  const taken = others.map((other) => podRequests(other.spec ?? { containers: [] }));
  const served = servedByClaim(pod);
  const amounts = Object.entries(wanted).flatMap(([resource, quantity]) => {
    if (!(resource in allocatable) || served.has(resource)) return [];
    const amount = resource === 'cpu' ? milliValue : wholeValue;
    const requested = amount(quantity);
    const used = taken.reduce((sum, request) => sum + (request[resource] ? amount(request[resource]) : 0), 0);
    return requested > 0
      ? [{ resource, requested, used, capacity: amount(parseQuantity(allocatable[resource] ?? '0')) }]
      : [];
  });
  return [places, ...amounts].filter(({ requested, used, capacity }) => requested > capacity - used);
}

/** Why a running pod cannot be resized now: the node is too small, or other pods hold the resources. */
export function resizeShortage(pod: Pod, state: Pick<NodeState, 'allocatable' | 'others'>): ResizePending | undefined {
  if (isStatic(pod)) return { reason: 'Infeasible', message: 'In-place resize of static-pods is not supported' };
  const wanted = podRequests(pod.spec ?? { containers: [] });
  for (const name of ['cpu', 'memory'] as const) {
    const amount = name === 'cpu' ? milliValue : wholeValue;
    const requested = wanted[name] ? amount(wanted[name]) : 0;
    const capacity = amount(parseQuantity(state.allocatable[name] ?? '0'));
    const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
    if (requested > capacity) return { reason: 'Infeasible', message };
  }
  const short = shortOf(pod, state);
  return short && { reason: 'Deferred', message: short.message };
}

function outOf({ resource, requested, used, capacity }: Shortage): Refusal {
  const numbers = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${numbers}` };
}

function mismatch(pod: Pod, { node, others }: NodeState): Refusal | undefined {
  const failed = (reason: string, why: string): Refusal => ({
    reason,
    message: `Predicate ${reason} failed: ${why}`,
  });
  const { spec } = pod;
  if (!spec || isStatic(pod)) return undefined;
  if (node && !nodeMatchesPodRequirements(node, spec))
    return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const taken = others.flatMap(hostPortsOf);
  if (hostPortsOf(pod).some((port) => taken.some((other) => collide(port, other))))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const taints = node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute');
  if (taints && untoleratedTaint(taints, spec.tolerations ?? []))
    return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...sidecars, ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol, port: hostPort }] : [],
    ),
  );
}

function collide(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
  return sameAddress && a.port === b.port && a.protocol === b.protocol;
}

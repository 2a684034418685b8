import type { ContainerPort, Node, Pod } from '@typernetes/api/core/v1';
import { addDemand, type Demand, emptyDemand, podDemand, subtractDemand, toAmounts } from './demand.ts';

/** The host ports that a pod takes: `protocol/ip/port`, with 0.0.0.0 for any address. */
export function hostPortsOf(pod: Pod): readonly Required<Pick<ContainerPort, 'hostPort' | 'hostIP' | 'protocol'>>[] {
  return [
    ...(pod.spec.containers ?? []),
    ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always'),
  ]
    .flatMap((container) => container.ports ?? [])
    .flatMap((port) => {
      const hostPort = port.hostPort || (pod.spec.hostNetwork ? port.containerPort : 0);
      return hostPort ? [{ hostPort, hostIP: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP' }] : [];
    });
}

/**
 * A node with what its pods take of it, kept up to date pod by pod: adding or removing a pod costs the size of that pod, never a
 * walk over the others. `generation` grows with every change.
 */
export class NodeInfo {
  readonly name: string;
  #node: Node;
  #allocatable: ReadonlyMap<string, number>;
  readonly #pods = new Map<string, { pod: Pod; demand: Demand }>();
  readonly #ports = new Map<string, number>();
  readonly #demand: Demand = emptyDemand();

  constructor(node: Node) {
    this.name = node.metadata.name;
    this.#node = node;
    this.#allocatable = toAmounts(node.status?.allocatable ?? node.status?.capacity);
  }

  get node(): Node {
    return this.#node;
  }

  /** CPU in millicores, everything else in units (bytes, pieces). */
  get allocatable(): ReadonlyMap<string, number> {
    return this.#allocatable;
  }

  /** What the pods on the node request. */
  get requested(): Demand {
    return this.#demand;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  *pods(): Generator<Pod> {
    for (const { pod } of this.#pods.values()) yield pod;
  }

  update(node: Node): void {
    this.#node = node;
    this.#allocatable = toAmounts(node.status?.allocatable ?? node.status?.capacity);
  }

  /** Adds a pod, or replaces it when one of the same uid is here. */
  put(pod: Pod): void {
    this.remove(pod.metadata.uid);
    const demand = podDemand(pod);
    this.#pods.set(pod.metadata.uid, { pod, demand });
    addDemand(this.#demand, demand);
    for (const port of hostPortsOf(pod)) this.#countPort(portKey(port), 1);
  }

  remove(uid: string): boolean {
    const entry = this.#pods.get(uid);
    if (!entry) return false;
    this.#pods.delete(uid);
    subtractDemand(this.#demand, entry.demand);
    for (const port of hostPortsOf(entry.pod)) this.#countPort(portKey(port), -1);
    return true;
  }

  /** Whether the port is free: an address conflicts with itself and with 0.0.0.0. */
  portFree(port: { hostPort: number; hostIP: string; protocol: string }): boolean {
    if (this.#ports.has(portKey({ ...port, hostIP: '0.0.0.0' }))) return false;
    if (port.hostIP !== '0.0.0.0') return !this.#ports.has(portKey(port));
    const suffix = `/${port.protocol}/${port.hostPort}`;
    for (const key of this.#ports.keys()) if (key.endsWith(suffix)) return false;
    return true;
  }

  #countPort(key: string, by: number): void {
    const count = (this.#ports.get(key) ?? 0) + by;
    if (count > 0) this.#ports.set(key, count);
    else this.#ports.delete(key);
  }
}

function portKey(port: { hostPort: number; hostIP: string; protocol: string }): string {
  return `${port.hostIP}/${port.protocol}/${port.hostPort}`;
}

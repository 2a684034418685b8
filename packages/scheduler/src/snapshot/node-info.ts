import type { Node, Pod, Taint } from '@typernetes/api/core/v1';
import { jsonEqual } from '@typernetes/machinery';
import { type Amounts, addDemand, type Demand, emptyDemand, parseAmounts, podDemand } from './demand.ts';
import { type HostPort, hostPortsOf } from './host-ports.ts';

const noLabels: Readonly<Record<string, string>> = {};
const noTaints: readonly Taint[] = [];
const noImages: ReadonlyMap<string, number> = new Map();

/**
 * A node with what its pods take of it, kept up to date pod by pod: adding or removing a pod costs the size of that pod, never a
 * walk over the others.
 */
export class NodeInfo {
  readonly name: string;
  /** Its place among the snapshot's nodes: less than the most that there ever were at once. */
  readonly slot: number;
  /** Grows with each change of the node or of what its pods take, over all nodes that the slot has had: never 0. */
  generation: number;
  /** Grows when a pod has a newer object that takes the same. */
  replacements = 0;
  node: Node;
  labels: Readonly<Record<string, string>> = noLabels;
  taints: readonly Taint[] = noTaints;
  /** CPU in millicores, everything else in units (bytes, pieces). */
  allocatable: Amounts = emptyDemand();
  allowedPods = 0;
  podCount = 0;
  unschedulable = false;
  /** By the image names on the node: their size in bytes. */
  images: ReadonlyMap<string, number> = noImages;
  /** The total requests of the node's pods. */
  readonly requested: Demand = emptyDemand();
  readonly #pods = new Map<string, Pod>();
  readonly #ports = new Map<string, number>();
  /** The pods that have volumes: few plugins need them, and few pods are among them. */
  readonly #withVolumes = new Map<string, Pod>();

  constructor(node: Node, { slot, generation }: { slot: number; generation: number }, like?: NodeInfo) {
    this.name = node.metadata.name;
    this.slot = slot;
    this.generation = generation;
    this.node = node;
    if (!like) {
      this.#read(node);
      return;
    }
    this.labels = like.labels;
    this.taints = like.taints;
    this.allocatable = like.allocatable;
    this.allowedPods = like.allowedPods;
    this.unschedulable = like.unschedulable;
    this.images = like.images;
  }

  pods(): Iterable<Pod> {
    return this.#pods.values();
  }

  podsWithVolumes(): Iterable<Pod> {
    return this.#withVolumes.values();
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  update(node: Node): void {
    const before = this.node.status;
    const same =
      jsonEqual(before?.allocatable, node.status?.allocatable) && jsonEqual(before?.capacity, node.status?.capacity);
    this.node = node;
    this.generation++;
    this.#read(node, !same);
  }

  #read(node: Node, withAmounts = true): void {
    this.labels = node.metadata.labels ?? noLabels;
    this.taints = node.spec.taints ?? noTaints;
    this.unschedulable = node.spec.unschedulable ?? false;
    this.images = imageSizes(node);
    if (!withAmounts) return;
    const { others, ...amounts } = parseAmounts(node.status?.allocatable ?? node.status?.capacity);
    this.allowedPods = others.get('pods') ?? 0;
    this.allocatable = { ...amounts, others };
  }

  /** Adds a pod, or replaces the one with the same uid. */
  put(pod: Pod): void {
    this.remove(pod.metadata.uid);
    this.generation++;
    this.#pods.set(pod.metadata.uid, pod);
    this.podCount = this.#pods.size;
    addDemand(this.requested, podDemand(pod));
    for (const port of hostPortsOf(pod)) this.#countPort(port, 1);
    if (hasVolumes(pod)) this.#withVolumes.set(pod.metadata.uid, pod);
  }

  remove(uid: string): boolean {
    const pod = this.#pods.get(uid);
    if (!pod) return false;
    this.generation++;
    this.#pods.delete(uid);
    this.podCount = this.#pods.size;
    this.#withVolumes.delete(uid);
    addDemand(this.requested, podDemand(pod), -1);
    for (const port of hostPortsOf(pod)) this.#countPort(port, -1);
    return true;
  }

  /** The newer object of a pod that takes the same as before. */
  replace(pod: Pod): void {
    this.replacements++;
    this.#pods.set(pod.metadata.uid, pod);
    if (this.#withVolumes.has(pod.metadata.uid)) this.#withVolumes.set(pod.metadata.uid, pod);
  }

  /** A copy that may be changed on trial. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.node, this, this);
    Object.assign(copy.requested, { ...this.requested, others: new Map(this.requested.others) });
    for (const [uid, pod] of this.#pods) copy.#pods.set(uid, pod);
    copy.podCount = this.podCount;
    for (const [uid, pod] of this.#withVolumes) copy.#withVolumes.set(uid, pod);
    for (const [key, count] of this.#ports) copy.#ports.set(key, count);
    return copy;
  }

  /** Whether the port is free: an address conflicts with itself and with 0.0.0.0. */
  portFree(port: HostPort): boolean {
    if (this.#ports.size === 0) return true;
    if (this.#ports.has(portKey({ ...port, hostIP: '0.0.0.0' }))) return false;
    if (port.hostIP !== '0.0.0.0') return !this.#ports.has(portKey(port));
    const suffix = `/${port.protocol}/${port.hostPort}`;
    for (const key of this.#ports.keys()) if (key.endsWith(suffix)) return false;
    return true;
  }

  #countPort(port: HostPort, by: number): void {
    const key = portKey(port);
    const count = (this.#ports.get(key) ?? 0) + by;
    if (count > 0) this.#ports.set(key, count);
    else this.#ports.delete(key);
  }
}

function imageSizes({ status }: Node): ReadonlyMap<string, number> {
  if (!status?.images?.length) return noImages;
  return new Map(status.images.flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0])));
}

function hasVolumes({ spec }: Pod): boolean {
  return (
    spec.volumes?.some(
      (volume) => !(volume.projected || volume.emptyDir || volume.configMap || volume.secret || volume.downwardAPI),
    ) ?? false
  );
}

function portKey({ hostIP, protocol, hostPort }: HostPort): string {
  return `${hostIP}/${protocol}/${hostPort}`;
}

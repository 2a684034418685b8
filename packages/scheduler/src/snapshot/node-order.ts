import type { NodeInfo } from './node-info.ts';

/** The nodes, one of each zone in turn: so the first few of them cover all zones. */
export class NodeOrder {
  readonly #nodes = new Set<NodeInfo>();
  #list: readonly NodeInfo[] | undefined;

  /** Computed on demand; the same array until nodes are added, removed or moved. */
  get list(): readonly NodeInfo[] {
    this.#list ??= inTurn(this.#nodes);
    return this.#list;
  }

  add(node: NodeInfo): void {
    this.#nodes.add(node);
    this.#list = undefined;
  }

  remove(node: NodeInfo): void {
    this.#nodes.delete(node);
    this.#list = undefined;
  }

  /** Labels of nodes have changed. */
  reorder(): void {
    this.#list = undefined;
  }
}

function inTurn(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = zoneOf(node);
    const members = zones.get(zone);
    if (members) members.push(node);
    else zones.set(zone, [node]);
  }
  const groups = [...zones.values()];
  const ordered: NodeInfo[] = [];
  const longest = Math.max(0, ...groups.map((group) => group.length));
  for (let i = 0; i < longest; i++) {
    for (const group of groups) {
      const node = group[i];
      if (node) ordered.push(node);
    }
  }
  return ordered;
}

/** Region and zone; the deprecated labels are the fallback. */
function zoneOf({ labels }: NodeInfo): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return `${region}\u0000${zone}`;
}

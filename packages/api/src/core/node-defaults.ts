import { roundToMilli } from './resource-list-defaults.ts';
import type { Node, NodeSpec } from './v1.gen.ts';

/** Allocatable defaults to the node's capacity. */
export function defaultNode(node: Node): void {
  agreeOnRanges(node.spec);
  roundToMilli(node.status?.capacity);
  roundToMilli(node.status?.allocatable);
  if (node.status?.capacity && !node.status.allocatable) node.status.allocatable = { ...node.status.capacity };
}

/** As upstream's conversion: podCIDR is the first of podCIDRs; where they differ, podCIDR takes precedence. */
function agreeOnRanges(spec: NodeSpec | undefined): void {
  if (!spec) return;
  const [first] = spec.podCIDRs ?? [];
  if (spec.podCIDR) {
    if (first !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  } else if (first !== undefined) spec.podCIDR = first;
}

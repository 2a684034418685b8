import { roundToMilli } from './resource-list-defaults.ts';
import type { Node } from './v1.gen.ts';

/** A node that does not say what pods may use offers everything that it has. */
export function defaultNode(node: Node): void {
  roundToMilli(node.status?.capacity);
  roundToMilli(node.status?.allocatable);
  if (node.status?.capacity && !node.status.allocatable) node.status.allocatable = { ...node.status.capacity };
}

import type { Node } from './v1.gen.ts';

/** A node that does not say what pods may use offers everything that it has. */
export function defaultNode(node: Node): void {
  if (node.status?.capacity && !node.status.allocatable) node.status.allocatable = { ...node.status.capacity };
}

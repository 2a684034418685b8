/** The metrics that a path refers to. */
export interface MetricsTarget {
  readonly resource: 'nodes' | 'pods';
  /** Undefined for nodes, and for the pods of all namespaces. */
  readonly namespace?: string | undefined;
  /** Undefined for lists. */
  readonly name?: string | undefined;
}

const pattern =
  /^\/apis\/metrics\.k8s\.io\/v1beta1\/(?:(nodes|pods)|nodes\/([^/]+)|namespaces\/([^/]+)\/pods(?:\/([^/]+))?)$/;

/** Parses a path below `/apis/metrics.k8s.io/v1beta1`; undefined for paths that are not served. */
export function metricsTarget(path: string): MetricsTarget | undefined {
  const found = pattern.exec(path);
  if (!found) return undefined;
  const [, all, node, namespace, name] = found.map((part) => part && decodeURIComponent(part));
  if (all !== undefined) return { resource: all as 'nodes' | 'pods' };
  return node === undefined ? { resource: 'pods', namespace, name } : { resource: 'nodes', name: node };
}

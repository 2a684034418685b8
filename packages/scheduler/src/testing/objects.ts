import type { Node, NodeSpec, Pod, PodSpec, Taint } from '@typernetes/api/core/v1';

let serial = 0;

/** A pod that waits for a node, valid as it is. */
export function makePod(
  spec: Partial<PodSpec> & {
    requests?: Record<string, string>;
    name?: string;
    namespace?: string;
    labels?: Record<string, string>;
  } = {},
): Pod {
  const { requests, name = `pod-${++serial}`, namespace = 'default', labels, ...rest } = spec;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      ...(labels ? { labels } : {}),
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'main', image: 'nginx', ...(requests ? { resources: { requests } } : {}) }],
      ...rest,
    },
  };
}

/** A ready node with 4 CPUs, 8 GiB and room for 110 pods, unless said otherwise. */
export function makeNode(
  name: string,
  options: {
    allocatable?: Record<string, string>;
    labels?: Record<string, string>;
    taints?: Taint[];
    spec?: NodeSpec;
  } = {},
): Node {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...options.labels },
    },
    spec: { ...(options.taints ? { taints: options.taints } : {}), ...options.spec },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...options.allocatable } },
  };
}

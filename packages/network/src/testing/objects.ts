import type { Namespace, Pod } from '@typernetes/api/core/v1';
import type { NetworkPolicy, NetworkPolicySpec } from '@typernetes/api/networking/v1';

const meta = (name: string, namespace?: string, labels: Record<string, string> = {}) => ({
  name,
  ...(namespace ? { namespace } : {}),
  labels,
  uid: `${namespace}-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

/** A pod that serves on a port called `web`; of the node `here` unless said otherwise. */
export function pod(
  name: string,
  ip: string | readonly string[],
  rest: {
    node?: string;
    labels?: Record<string, string>;
    namespace?: string;
    spec?: object;
    phase?: NonNullable<Pod['status']>['phase'];
  } = {},
): Pod {
  const { node = 'here', labels = { app: name }, namespace = 'default', spec = {}, phase = 'Running' } = rest;
  const ips = typeof ip === 'string' ? [ip] : ip;
  const ports = [{ name: 'web', containerPort: name === 'db' ? 5432 : 8080 }];
  return {
    metadata: meta(name, namespace, labels),
    spec: { nodeName: node, containers: [{ name: 'c', image: 'x', ports }], ...spec },
    status: { phase, podIP: ips[0] ?? '', podIPs: ips.map((one) => ({ ip: one })) },
  };
}

export const namespaces: Namespace[] = ['default', 'other'].map((name) => ({
  metadata: meta(name, undefined, { 'kubernetes.io/metadata.name': name }),
  spec: {},
}));

export const policy = (name: string, spec: NetworkPolicySpec, namespace = 'default'): NetworkPolicy => ({
  metadata: meta(name, namespace),
  spec,
});

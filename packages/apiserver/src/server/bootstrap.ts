import {
  type ConfigMap,
  configmaps,
  type Endpoints,
  endpoints,
  namespaces,
  type Service,
  services,
} from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { type ServiceCIDR, servicecidrs } from '@typernetes/api/networking/v1';
import type { ApiClient, ResourceClient } from '@typernetes/client';
import { type ApiObject, type Draft, isAlreadyExists, isConflict, isNotFound, jsonEqual } from '@typernetes/machinery';

/** Namespaces that a cluster always has. */
export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export async function ensureSystemNamespaces(client: Pick<ApiClient, 'resource'>): Promise<void> {
  const kind = client.resource(namespaces);
  await Promise.all(
    systemNamespaces.map(async (name) => {
      try {
        await kind.get({ name });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await kind
          .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })
          .catch(unless(isAlreadyExists));
      }
    }),
  );
}

const kubernetesService = { name: 'kubernetes', namespace: 'default' };

/** The address of the Service `kubernetes`. */
export interface KubernetesServiceAt {
  readonly clusterIP: string;
  /** The server's own. */
  readonly port: number;
  /** The node port; 0 for none. */
  readonly nodePort: number;
}

/**
 * Creates the Service `kubernetes` in the namespace `default`, by which pods reach the API server. A starting server
 * (`restores`) restores an existing one, since its port may have changed. Later, as upstream, changes to its ports by
 * others are kept.
 */
export async function ensureKubernetesService(
  client: Pick<ApiClient, 'resource'>,
  { clusterIP, port, nodePort }: KubernetesServiceAt,
  restores: boolean,
): Promise<void> {
  const kind = client.resource(services);
  const type = nodePort > 0 ? 'NodePort' : 'ClusterIP';
  const wanted = { name: 'https', port: 443, targetPort: port, protocol: 'TCP' } as const;
  const ports = [nodePort > 0 ? { ...wanted, nodePort } : wanted];
  // Its cluster IP may be taken by the existing one, and creating it again would report that instead of AlreadyExists.
  const present = await kind.get(kubernetesService).catch(unless(isNotFound));
  if (present) {
    if (!restores || hasForm(present, { type, ...wanted })) return;
    // Another server may start at the same time and be faster: then keep its Service.
    await kind.update({ ...present, spec: { ...present.spec, type, ports } }).catch(unless(isConflict));
    return;
  }
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const spec = { type, clusterIP, ports, sessionAffinity: 'None' };
  await kind
    .create({ metadata: { ...kubernetesService, labels }, spec } as Draft<Service>)
    .catch(unless(isAlreadyExists));
}

/** As upstream's checkServiceFormat: ignores port names and node ports. */
function hasForm({ spec }: Service, wanted: { type: string; port: number; targetPort: number; protocol: string }) {
  const [first, ...more] = spec.ports ?? [];
  const { type, port, targetPort, protocol } = wanted;
  return (
    spec.type === type &&
    more.length === 0 &&
    first?.port === port &&
    first.targetPort === targetPort &&
    first.protocol === protocol
  );
}

/**
 * Creates the ServiceCIDR `kubernetes` with the ranges that the server was started with. Leaves it alone if it is being
 * deleted or has conditions.
 */
export async function ensureDefaultServiceRange(
  client: Pick<ApiClient, 'resource'>,
  { range, at }: { range: string; at: string },
): Promise<void> {
  const kind = client.resource(servicecidrs);
  const metadata = { name: kubernetesService.name };
  let present = await kind.get(metadata).catch(unless(isNotFound));
  present ??= await kind
    .create({ metadata, spec: { cidrs: range.split(',') } } as Draft<ServiceCIDR>)
    .catch(unless(isAlreadyExists));
  if (!present || present.metadata.deletionTimestamp !== undefined || present.status?.conditions?.length) return;
  const message = 'Kubernetes default Service CIDR is ready';
  const ready = { type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: at } as const;
  await kind.updateStatus({ ...present, status: { conditions: [ready] } }).catch(unless(isConflict));
}

/** Publishes the addresses of all live API servers as endpoints of the Service `kubernetes`. */
export async function publishKubernetesEndpoints(
  client: Pick<ApiClient, 'resource'>,
  at: { addresses: readonly string[]; port: number },
): Promise<void> {
  const { addresses } = at;
  const metadata = kubernetesService;
  const port = { name: 'https', port: at.port, protocol: 'TCP' } as const;
  const address: Draft<Endpoints> = {
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [port] }],
  };
  const slice: Draft<EndpointSlice> = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [port],
  };
  await put(client.resource(endpoints), address);
  await put(client.resource(endpointslices), slice);
}

/**
 * Creates the ConfigMap that says since when the last use of legacy tokens is recorded on their secrets; `day` is today
 * (`2026-01-31`).
 */
export async function ensureLegacyTokenTracking(client: Pick<ApiClient, 'resource'>, day: string): Promise<void> {
  const metadata = { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' };
  const kind = client.resource(configmaps);
  try {
    await kind.get(metadata);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { since: day } } as Draft<ConfigMap>;
    await kind.create(map).catch(unless(isAlreadyExists));
  }
}

/** Creates the object, or updates everything but its metadata. */
async function put<T extends ApiObject>(kind: ResourceClient<T>, wanted: Draft<T>): Promise<void> {
  for (;;) {
    try {
      const { name = '', namespace } = wanted.metadata;
      const current = await kind.get({ name, ...(namespace ? { namespace } : {}) });
      const next: T = { ...current, ...wanted, metadata: current.metadata };
      if (!jsonEqual(next, current)) await kind.update(next);
      return;
    } catch (error) {
      if (isConflict(error)) continue;
      if (!isNotFound(error)) throw error;
    }
    try {
      await kind.create(wanted);
      return;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

const unless =
  (expected: (error: unknown) => boolean) =>
  (error: unknown): undefined => {
    if (!expected(error)) throw error;
  };

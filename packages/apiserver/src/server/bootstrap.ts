import { type Endpoints, endpoints, namespaces, type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
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

/** The Service `kubernetes` in the namespace `default`, by which pods reach the API server, and where it leads. */
export async function ensureKubernetesService(
  client: Pick<ApiClient, 'resource'>,
  at: { clusterIP: string; advertiseAddress: string; port: number },
): Promise<void> {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const port = { name: 'https', port: at.port, protocol: 'TCP' } as const;
  const service: Draft<Service> = {
    metadata: { ...metadata, labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: at.clusterIP,
      ports: [{ name: 'https', port: 443, targetPort: at.port, protocol: 'TCP' }],
      sessionAffinity: 'None',
    },
  } as Draft<Service>;
  await client.resource(services).create(service).catch(unless(isAlreadyExists));
  const address: Draft<Endpoints> = {
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: at.advertiseAddress }], ports: [port] }],
  };
  const slice: Draft<EndpointSlice> = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: at.advertiseAddress.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [at.advertiseAddress], conditions: { ready: true } }],
    ports: [port],
  };
  await put(client.resource(endpoints), address);
  await put(client.resource(endpointslices), slice);
}

/** Creates the object, or brings everything but its metadata to what is wanted. */
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
  (error: unknown): void => {
    if (!expected(error)) throw error;
  };

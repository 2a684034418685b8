import type { Node, Pod } from '@typernetes/api/core/v1';
import { badRequest, StatusError } from '@typernetes/machinery';

/** Where a kubelet listens. */
interface KubeletEndpoint {
  readonly host: string;
  readonly port: number;
}

const defaultKubeletPort = 10250;

/** The first of a node's addresses by the preferred types. Throws an InternalError when it has none. */
export function kubeletEndpointOf(node: Node, preferredTypes: readonly string[]): KubeletEndpoint {
  const addresses = node.status?.addresses ?? [];
  for (const type of preferredTypes) {
    const found = addresses.find((address) => address.type === type);
    if (found)
      return {
        host: found.address,
        port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultKubeletPort,
      };
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ');
  throw new StatusError(
    'InternalError',
    `Internal error occurred: no preferred addresses found; known addresses: [${known}]`,
  );
}

/** The container meant by a request that may leave it open. Throws BadRequest in upstream's words. */
export function containerOf(pod: Pod, asked: string): string {
  const { metadata, spec } = pod;
  const containers = spec.containers.map(({ name }) => name);
  const initial = (spec.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (spec.ephemeralContainers ?? []).map(({ name }) => name);
  if (asked !== '') {
    if ([...containers, ...initial, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const preferred = metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred && containers.includes(preferred)) return preferred;
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  const others = initial.length > 0 ? ` or one of the init containers: [${initial.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${containers.join(' ')}]${others}`,
  );
}

export function nodeNameOf({ metadata, spec }: Pod): string {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  return spec.nodeName;
}

import type { Node } from '@typernetes/api/core/v1';

export interface KubeletAddressOptions {
  /** Address types in order of preference, such as `InternalIP`. */
  readonly preferred: readonly string[];
  /** Overrides the port in the node's status. */
  readonly port?: number | undefined;
}

const usualPort = 10250;

/**
 * The URL of a node's kubelet, such as `https://10.0.0.7:10250`. Throws an Error for a node with none of the address
 * types.
 */
export function kubeletAddress(node: Node, { preferred, port }: KubeletAddressOptions): string {
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const [found] = preferred.flatMap((kind) => addresses.filter(({ type }) => type === kind));
  if (!found) throw new Error(`node ${node.metadata.name} has no address of the types [${preferred.join(' ')}]`);
  const { address } = found;
  const host = address.includes(':') ? `[${address}]` : address;
  return `https://${host}:${port ?? (daemonEndpoints?.kubeletEndpoint?.Port || usualPort)}`;
}

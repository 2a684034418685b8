import type { Node } from '@typernetes/api/core/v1';

export interface KubeletAddressOptions {
  /** Kinds of addresses, the best first: `InternalIP`, say. */
  readonly preferred: readonly string[];
  /** Instead of the port that the node's status names. */
  readonly port?: number | undefined;
}

const usualPort = 10250;

/** `https://10.0.0.7:10250`: where a node's kubelet is asked. Throws an Error for a node that has none of the addresses. */
export function kubeletAddress(node: Node, { preferred, port }: KubeletAddressOptions): string {
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const [found] = preferred.flatMap((kind) => addresses.filter(({ type }) => type === kind));
  if (!found) throw new Error(`node ${node.metadata.name} has no address of the types [${preferred.join(' ')}]`);
  const { address } = found;
  const host = address.includes(':') ? `[${address}]` : address;
  return `https://${host}:${port ?? (daemonEndpoints?.kubeletEndpoint?.Port || usualPort)}`;
}

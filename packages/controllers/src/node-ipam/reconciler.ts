import type { Node } from '@typernetes/api/core/v1';
import { type IpRange, ipRangeText } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { type ClusterRange, nodeRanges, parseRange } from './plan.ts';

interface NodeIpamDeps {
  readonly nodes: Pick<Lister<Node>, 'get' | 'list'>;
  readonly client: Pick<Writer<Node>, 'patch'>;
  readonly events: EventRecorder;
  /** At most one of each family; the first is the node's `podCIDR`. */
  readonly ranges: readonly ClusterRange[];
  /** The services' ranges: never assigned if they lie inside the cluster's. */
  readonly reserved: readonly IpRange[];
}

export function nodeIpamReconciler(deps: NodeIpamDeps): Reconciler {
  /** Written, but perhaps not seen by the lister yet. */
  const assigned = new Map<string, readonly IpRange[]>();
  return {
    name: 'node-ipam-controller',
    async reconcile(key): Promise<Result> {
      const node = deps.nodes.get(key);
      if (!node || node.metadata.deletionTimestamp !== undefined) {
        assigned.delete(key);
        return {};
      }
      if (node.spec.podCIDR) {
        assigned.delete(key);
        return {};
      }
      const listed = deps.nodes.list().flatMap(({ spec }) => (spec.podCIDRs ?? []).map(parseRange));
      const taken = [...deps.reserved, ...listed, ...[...assigned.values()].flat()];
      const ranges = assigned.get(key) ?? nodeRanges(deps.ranges, taken);
      if (!ranges) {
        const target = { apiVersion: 'v1', kind: 'Node', metadata: node.metadata };
        deps.events.event(target, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
        throw new Error(
          'Cannot assign a pod range: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
        );
      }
      assigned.set(key, ranges);
      const podCIDRs = ranges.map(ipRangeText);
      try {
        await deps.client.patch({ name: key }, { spec: { podCIDR: podCIDRs[0], podCIDRs } }, { type: 'merge' });
      } catch (error) {
        assigned.delete(key);
        if (!isNotFound(error)) throw error;
      }
      return {};
    },
  };
}

import type { Node } from '@typernetes/api/core/v1';
import type { EventRecorder, Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { firstFreeRange, formatRange, parseRange, type Range } from './plan.ts';

export interface NodeIpamDeps {
  readonly nodes: Pick<Lister<Node>, 'get' | 'list'>;
  readonly client: Pick<Writer<Node>, 'patch'>;
  readonly events: EventRecorder;
  readonly clusterCidr: string;
  readonly maskSize: number;
  /** The services' range: never handed out, should it lie inside the cluster's. */
  readonly serviceCidr?: string;
}

export function nodeIpamReconciler(deps: NodeIpamDeps): Reconciler {
  const whole = parseRange(deps.clusterCidr);
  const reserved = deps.serviceCidr ? [parseRange(deps.serviceCidr)] : [];
  /** Written, but perhaps not seen by the lister yet. */
  const assigned = new Map<string, Range>();
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
      const listed = deps.nodes
        .list()
        .flatMap((other) => (other.spec.podCIDR?.includes('.') ? [parseRange(other.spec.podCIDR)] : []));
      const range =
        assigned.get(key) ?? firstFreeRange(whole, deps.maskSize, [...reserved, ...listed, ...assigned.values()]);
      if (!range) {
        const target = { apiVersion: 'v1', kind: 'Node', metadata: node.metadata };
        deps.events.event(target, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
        throw new Error(
          'Cannot assign a pod range: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
        );
      }
      assigned.set(key, range);
      const text = formatRange(range);
      try {
        await deps.client.patch({ name: key }, { spec: { podCIDR: text, podCIDRs: [text] } }, { type: 'merge' });
      } catch (error) {
        assigned.delete(key);
        if (!isNotFound(error)) throw error;
      }
      return {};
    },
  };
}

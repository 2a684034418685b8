import { cidrWarnings } from '../core/address-warnings.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from './v1.gen.ts';

export function* networkPolicyWarnings({ spec }: NetworkPolicy): Iterable<string> {
  for (const [i, { from }] of (spec?.ingress ?? []).entries()) yield* peerWarnings(from, `spec.ingress[${i}].from`);
  for (const [i, { to }] of (spec?.egress ?? []).entries()) yield* peerWarnings(to, `spec.egress[${i}].to`);
}

function* peerWarnings(peers: readonly NetworkPolicyPeer[] | undefined, at: string): Iterable<string> {
  for (const [i, { ipBlock }] of (peers ?? []).entries()) {
    if (!ipBlock) continue;
    yield* cidrWarnings(ipBlock.cidr, `${at}[${i}].ipBlock.cidr`);
    for (const [j, range] of (ipBlock.except ?? []).entries())
      yield* cidrWarnings(range, `${at}[${i}].ipBlock.except[${j}]`);
  }
}

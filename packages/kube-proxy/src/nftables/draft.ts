import type { ProxyNode } from '../rules/proxy-node.ts';
import type { Chain, Container, Element } from './table.ts';

/** The containers that Services fill. */
export type ServiceContainer =
  | 'cluster-ips'
  | 'service-ips'
  | 'service-nodeports'
  | 'no-endpoint-services'
  | 'no-endpoint-nodeports'
  | 'firewall-ips';

/** What a service port adds to the table. */
export interface Draft {
  readonly chains: Map<string, Chain>;
  /** Sets of their own. */
  readonly sets: Map<string, Container>;
  readonly elements: Readonly<Record<ServiceContainer, Map<string, Element>>>;
}

export const emptyDraft = (): Draft => ({
  chains: new Map(),
  sets: new Map(),
  elements: {
    'cluster-ips': new Map(),
    'service-ips': new Map(),
    'service-nodeports': new Map(),
    'no-endpoint-services': new Map(),
    'no-endpoint-nodeports': new Map(),
    'firewall-ips': new Map(),
  },
});

/** The word of the family in expressions, and the type of its addresses. */
export const familyWords = ({
  family,
}: Pick<ProxyNode, 'family'>): { readonly ip: string; readonly address: string } =>
  family === 'IPv4' ? { ip: 'ip', address: 'ipv4_addr' } : { ip: 'ip6', address: 'ipv6_addr' };

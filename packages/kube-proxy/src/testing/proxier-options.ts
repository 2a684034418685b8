import type { ProxierOptions } from '../proxier.ts';

/** For IPv4 on the node `name`, as kube-proxy has them without a configuration. */
export const makeProxierOptions = (name: string, more: Partial<ProxierOptions> = {}): ProxierOptions => ({
  family: 'IPv4',
  node: { name, masqueradeAll: false, masqueradeBit: 14, localhostNodePorts: true },
  podDetection: { mode: 'ClusterCIDR', clusterCIDRs: {}, bridgeInterface: '', interfaceNamePrefix: '' },
  nodePortAddresses: [],
  serviceCIDRs: false,
  minSyncPeriodMs: 1000,
  syncPeriodMs: 30_000,
  ...more,
});

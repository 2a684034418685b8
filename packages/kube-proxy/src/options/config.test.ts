import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeProxyConfig, decodeProxyConfig, validateProxyConfig } from './config.ts';

const header = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

test('reads what kubeadm writes and fills in the defaults', () => {
  const file = decodeProxyConfig(
    `${header}clusterCIDR: 10.244.0.0/16\niptables: {syncPeriod: 0s, minSyncPeriod: 0s}\nconntrack: {maxPerCore: null}\nmode: ""\n`,
  );
  const config = completeProxyConfig(file);
  assert.deepEqual(
    [config.clusterCIDR, config.mode, config.iptables.syncPeriodMs, config.healthzBindAddress],
    ['10.244.0.0/16', 'iptables', 30_000, '0.0.0.0:10256'],
  );
  assert.deepEqual(validateProxyConfig(config), []);
});

test('rejects an unknown field and an unsupported mode', () => {
  assert.throws(() => decodeProxyConfig(`${header}clusterCidr: 10.244.0.0/16\n`), /unknown field "clusterCidr"/);
  assert.match(validateProxyConfig(completeProxyConfig({ mode: 'ipvs' })).join(), /Unsupported value: "ipvs"/);
});

test('accepts a cluster CIDR of each address family', () => {
  const config = completeProxyConfig({ clusterCIDR: '10.244.0.0/16,fd00:10:244::/56', bindAddress: '::' });
  assert.deepEqual(config.podDetection.clusterCIDRs, { IPv4: '10.244.0.0/16', IPv6: 'fd00:10:244::/56' });
  assert.equal(config.healthzBindAddress, '[::]:10256');
  assert.deepEqual(validateProxyConfig(config), []);
  const problems = (clusterCIDR: string): string => validateProxyConfig(completeProxyConfig({ clusterCIDR })).join();
  assert.match(problems('10.0.0.0/8,10.1.0.0/16'), /ClusterCIDR: Invalid value: .*: must be a valid DualStack CIDR/);
  assert.match(problems('10.0.0.0'), /must be a valid CIDR block/);
});

test('nftables has settings of its own, and node ports on the node’s own addresses by default', () => {
  const config = completeProxyConfig(
    decodeProxyConfig(`${header}mode: nftables\nnftables: {masqueradeBit: 15, masqueradeAll: true, syncPeriod: 1m}\n`),
  );
  assert.deepEqual(validateProxyConfig(config), []);
  assert.deepEqual(config.nodePortAddresses, ['primary']);
  const { masqueradeBit, masqueradeAll, syncPeriodMs } = config.nftables;
  assert.deepEqual([masqueradeBit, masqueradeAll, syncPeriodMs, config.iptables.masqueradeBit], [15, true, 60_000, 14]);
  assert.deepEqual(validateProxyConfig(completeProxyConfig({ nftables: { masqueradeBit: 32 } })), [
    'KubeProxyConfiguration.KubeProxyNFTablesConfiguration.MasqueradeBit: Invalid value: 32: must be within the range [0, 31]',
  ]);
});

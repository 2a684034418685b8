import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeProxyConfig, decodeProxyConfig, validateProxyConfig } from './config.ts';

const header = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

test('reads what kubeadm writes and fills in the rest', () => {
  const file = decodeProxyConfig(
    `${header}clusterCIDR: 10.244.0.0/16\niptables: {syncPeriod: 0s, minSyncPeriod: 0s}\nconntrack: {maxPerCore: null}\nmode: ""\n`,
  );
  const config = completeProxyConfig(file);
  assert.deepEqual(
    [config.clusterCIDR, config.mode, config.syncPeriodMs, config.healthzBindAddress],
    ['10.244.0.0/16', 'iptables', 30_000, '0.0.0.0:10256'],
  );
  assert.deepEqual(validateProxyConfig(config), []);
});

test('a misspelt field is an error, a mode that we do not have too', () => {
  assert.throws(() => decodeProxyConfig(`${header}clusterCidr: 10.244.0.0/16\n`), /unknown field "clusterCidr"/);
  assert.match(validateProxyConfig(completeProxyConfig({ mode: 'ipvs' })).join(), /Unsupported value: "ipvs"/);
});

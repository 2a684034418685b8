import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeProxyConfig, decodeProxyConfig, proxyConfigKind } from './config.ts';
import { shownConfiguration } from './configz.ts';

test('what configz shows reads back as the same configuration', () => {
  const file = decodeProxyConfig(
    JSON.stringify({
      ...proxyConfigKind,
      clusterCIDR: '10.244.0.0/16',
      conntrack: { maxPerCore: null, tcpEstablishedTimeout: '2h' },
      iptables: { syncPeriod: '40s' },
      detectLocalMode: 'BridgeInterface',
      detectLocal: { bridgeInterface: 'cni0' },
      featureGates: { AllAlpha: false },
    }),
  );
  const config = completeProxyConfig(file);
  const shown = shownConfiguration(file, config);
  const again = decodeProxyConfig(JSON.stringify(shown));
  assert.deepEqual(completeProxyConfig(again), config);
  assert.deepEqual(shownConfiguration(again, config), shown);
  assert.equal(shown.kind, 'KubeProxyConfiguration');
  assert.equal(shown.conntrack?.tcpEstablishedTimeout, '2h0m0s');
  assert.equal(shown.iptables?.syncPeriod, '40s');
});

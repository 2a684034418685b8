import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podDetector } from './pod-detector.ts';

test('detects pods by the cluster range, the node’s range or the interface', () => {
  const of = (mode: string, family: 'IPv4' | 'IPv6' = 'IPv4') =>
    podDetector(
      {
        mode,
        clusterCIDRs: { IPv4: '10.244.0.0/16' },
        bridgeInterface: 'cni0',
        interfaceNamePrefix: 'veth',
      },
      family,
      ['10.244.3.0/24', 'fd00:3::/64'],
    );
  assert.deepEqual(of('ClusterCIDR'), { source: '10.244.0.0/16' });
  assert.equal(of('ClusterCIDR', 'IPv6'), undefined);
  assert.deepEqual(of('NodeCIDR'), { source: '10.244.3.0/24' });
  assert.deepEqual(of('NodeCIDR', 'IPv6'), { source: 'fd00:3::/64' });
  assert.deepEqual(of('BridgeInterface'), { interface: 'cni0', prefix: false });
  assert.deepEqual(of('InterfaceNamePrefix', 'IPv6'), { interface: 'veth', prefix: true });
});

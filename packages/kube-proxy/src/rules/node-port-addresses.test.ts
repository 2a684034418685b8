import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePortAddresses, nodePortAddressProblems } from './node-port-addresses.ts';

const machine = { local: ['127.0.0.1', '192.0.2.1', '10.0.0.7', '2001:db8::1'], primary: ['192.0.2.1', '2001:db8::1'] };

test('ranges select node addresses of a family; no range, or the full range, restricts nothing', () => {
  const of = (...ranges: string[]) => [
    nodePortAddresses(ranges, 'IPv4', machine),
    nodePortAddresses(ranges, 'IPv6', machine),
  ];
  assert.deepEqual(of(), [undefined, undefined]);
  assert.deepEqual(of('10.0.0.0/8', '192.0.2.1/32'), [['192.0.2.1', '10.0.0.7'], undefined]);
  assert.deepEqual(of('0.0.0.0/0', '2001:db9::/64'), [undefined, []]);
  assert.deepEqual(of('primary'), [['192.0.2.1'], ['2001:db8::1']]);
});

test('names ranges that are invalid', () => {
  assert.deepEqual(nodePortAddressProblems(['10.0.0.0/8', 'x']), [
    'KubeProxyConfiguration.NodePortAddresses[1]: Invalid value: "x": must be a valid CIDR block, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ]);
  assert.deepEqual(nodePortAddressProblems(['10.0.0.0/8', 'primary']), [
    `KubeProxyConfiguration.NodePortAddresses[1]: Invalid value: "primary": can't use both 'primary' and CIDRs`,
  ]);
});

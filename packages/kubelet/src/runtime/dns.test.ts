import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podOf } from '../testing/pod-machine.ts';
import { dnsConfigOf, dnsWithinLimits } from './dns.ts';

const dns = {
  servers: ['10.96.0.10'],
  domain: 'cluster.local',
  node: { servers: ['192.0.2.1'], searches: ['example.com'], options: ['timeout:1'] },
};
const cluster = {
  servers: ['10.96.0.10'],
  searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
  options: ['ndots:5'],
};

for (const [name, spec, expected] of [
  ['ClusterFirst', {}, cluster],
  ["ClusterFirst in the node's network", { hostNetwork: true }, dns.node],
  ['ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, cluster],
  ['Default', { dnsPolicy: 'Default' }, dns.node],
  [
    'None with a configuration',
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.9'], options: [{ name: 'ndots', value: '1' }] } },
    { servers: ['192.0.2.9'], searches: [], options: ['ndots:1'] },
  ],
  [
    'a configuration that adds and overrides',
    { dnsConfig: { searches: ['a.b', 'example.com'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] } },
    { ...cluster, searches: [...cluster.searches, 'a.b'], options: ['ndots:2', 'edns0'] },
  ],
] as const) {
  test(`resolv.conf of a pod: ${name}`, () => assert.deepEqual(dnsConfigOf(podOf('p', spec as object), dns), expected));
}

test('drops excess name servers and search paths, and reports it', () => {
  const searches = Array.from({ length: 40 }, (_, i) => `s${i}`);
  const { config, problems } = dnsWithinLimits({ servers: ['1', '2', '3', '4'], searches, options: [] });
  assert.deepEqual(config.servers, ['1', '2', '3']);
  assert.equal(config.searches?.length, 32);
  assert.deepEqual(problems, [
    'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1 2 3',
    `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.slice(0, 32).join(' ')}`,
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '@typernetes/api/core/v1';
import { masqueradeRules } from './masquerade.ts';
import { planNetwork } from './plan.ts';
import { routeCommands } from './routes.ts';

const makeNode = (name: string, podCIDRs: readonly string[], ips: readonly string[]): Node => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: podCIDRs[0] ? { podCIDR: podCIDRs[0], podCIDRs: [...podCIDRs] } : {},
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      ...ips.map((address) => ({ type: 'InternalIP' as const, address })),
    ],
  },
});
const cluster = [
  makeNode('a', ['10.244.0.0/24'], ['172.30.0.2']),
  makeNode('b', ['10.244.1.0/24'], ['172.30.0.3']),
  makeNode('new', [], ['172.30.0.4']),
];

test('there is a route to every other node with a pod range', () => {
  const plan = planNetwork('a', cluster);
  assert.deepEqual(plan?.families[0]?.routes, [{ destination: '10.244.1.0/24', via: '172.30.0.3' }]);
  assert.deepEqual(plan?.families[0]?.podRanges, ['10.244.0.0/24', '10.244.1.0/24']);
  assert.match(JSON.stringify(plan?.cniConfig), /"subnet":"10\.244\.0\.0\/24"/);
});

test('there is no network before the node has a pod range', () => {
  assert.equal(planNetwork('new', cluster), undefined);
  assert.equal(planNetwork('unknown', cluster), undefined);
});

test('changes only what differs, and removes routes of nodes that left', () => {
  const wanted = [
    { destination: '10.244.1.0/24', via: '172.30.0.3' },
    { destination: '10.244.2.0/24', via: '172.30.0.9' },
  ];
  const present = [
    { dst: '10.244.1.0/24', gateway: '172.30.0.3' },
    { dst: '10.244.2.0/24', gateway: '172.30.0.4' },
    { dst: '10.244.7.0/24', gateway: '172.30.0.7' },
  ];
  assert.deepEqual(routeCommands(wanted, present), [
    'route del 10.244.7.0/24 proto 86',
    'route replace 10.244.2.0/24 via 172.30.0.9 proto 86',
  ]);
  assert.deepEqual(routeCommands(wanted.slice(0, 1), present.slice(0, 1)), []);
});

test('pods see the addresses of other pods, the outside sees the address of the node', () => {
  const rules = masqueradeRules({
    family: 'IPv4',
    ownRange: '10.244.0.0/24',
    podRanges: ['10.244.0.0/24', '10.244.1.0/24'],
    gateway: '10.244.0.1/24',
  });
  assert.deepEqual(
    rules.split('\n').filter((line) => line.startsWith('-A')),
    [
      '-A TYPERNETES-MASQ ! -s 10.244.0.0/24 -j RETURN',
      '-A TYPERNETES-MASQ -d 10.244.0.0/24 -j RETURN',
      '-A TYPERNETES-MASQ -d 10.244.1.0/24 -j RETURN',
      '-A TYPERNETES-MASQ -d 224.0.0.0/4 -j RETURN',
      '-A TYPERNETES-MASQ -j MASQUERADE --random-fully',
    ],
  );
});

test('a dual-stack cluster has both families in its configuration, and routes of each', () => {
  const plan = planNetwork('a', [
    makeNode('a', ['10.244.0.0/24', 'fd00:10:244::/64'], ['172.30.0.2', 'fd00:30::2']),
    makeNode('b', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['172.30.0.3', 'fd00:30::3']),
    makeNode('four', ['10.244.2.0/24'], ['172.30.0.4']),
  ]);
  assert.deepEqual(
    plan?.families.map(({ family, routes }) => [family, ...routes.map(({ via }) => via)]),
    [
      ['IPv4', '172.30.0.3', '172.30.0.4'],
      ['IPv6', 'fd00:30::3'],
    ],
  );
  assert.deepEqual(
    plan?.families.map(({ gateway }) => gateway),
    ['10.244.0.1/24', 'fd00:10:244::1/64'],
  );
  assert.deepEqual(plan?.cniConfig.plugins[0]?.ipam, {
    type: 'host-local',
    ranges: [[{ subnet: '10.244.0.0/24' }], [{ subnet: 'fd00:10:244::/64' }]],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
  });
  assert.match(masqueradeRules(plan?.families[1] as never), /-A TYPERNETES-MASQ -d ff00::\/8 -j RETURN/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '@typernetes/api/core/v1';
import { masqueradeRules } from './masquerade.ts';
import { planNetwork } from './plan.ts';
import { routeCommands } from './routes.ts';

const makeNode = (name: string, podCIDR: string | undefined, ip: string): Node => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {},
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address: ip },
    ],
  },
});
const cluster = [
  makeNode('a', '10.244.0.0/24', '172.30.0.2'),
  makeNode('b', '10.244.1.0/24', '172.30.0.3'),
  makeNode('new', undefined, '172.30.0.4'),
];

test('routes lead to every other node that has a range', () => {
  const plan = planNetwork('a', cluster);
  assert.deepEqual(plan?.routes, [{ destination: '10.244.1.0/24', via: '172.30.0.3' }]);
  assert.deepEqual(plan?.podRanges, ['10.244.0.0/24', '10.244.1.0/24']);
  assert.match(JSON.stringify(plan?.cniConfig), /"subnet":"10\.244\.0\.0\/24"/);
});

test('there is no network before the node has its range', () => {
  assert.equal(planNetwork('new', cluster), undefined);
  assert.equal(planNetwork('unknown', cluster), undefined);
});

test('only what differs is changed, and routes of nodes that left are removed', () => {
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

test('pods see each other unmasqueraded, and the world only behind their node', () => {
  const rules = masqueradeRules({ ownRange: '10.244.0.0/24', podRanges: ['10.244.0.0/24', '10.244.1.0/24'] });
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

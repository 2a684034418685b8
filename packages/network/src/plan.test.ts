import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '@typernetes/api/core/v1';
import { masqueradeRules } from './masquerade.ts';
import { planNetwork } from './plan.ts';
import { routeCommands } from './routes.ts';
import type { NetworkSettings } from './settings.ts';
import { makeNode, makeUnderlay, withSettings } from './testing/nodes.ts';
import { linkLocalOf, tunnelMac } from './tunnels.ts';
import type { Underlay } from './underlay.ts';

const cluster = [
  makeNode('a', ['10.244.0.0/24'], ['172.30.0.2']),
  makeNode('b', ['10.244.1.0/24'], ['172.30.0.3']),
  makeNode('new', [], ['172.30.0.4']),
];

/** The plan of `self`, of nodes that share a link unless `underlay` says otherwise. */
function planOf(
  self: string,
  nodes: readonly Node[],
  { underlay, ...settings }: Partial<NetworkSettings> & { readonly underlay?: Underlay } = {},
) {
  const all = nodes.flatMap(({ status }) => status?.addresses?.map(({ address }) => address) ?? []);
  return planNetwork(self, {
    nodes,
    underlay: underlay ?? makeUnderlay({ near: all }),
    settings: withSettings(settings),
  });
}

test('there is a route to every other node with a pod range', () => {
  const plan = planOf('a', cluster);
  assert.deepEqual(plan?.families[0]?.routes, [{ destination: '10.244.1.0/24', via: '172.30.0.3' }]);
  assert.deepEqual(plan?.families[0]?.podRanges, ['10.244.0.0/24', '10.244.1.0/24']);
  assert.match(JSON.stringify(plan?.cniConfig), /"subnet":"10\.244\.0\.0\/24"/);
  // On one link, nothing is wrapped, and nothing has to be kept free for it.
  assert.deepEqual(plan?.tunnels, []);
  assert.ok(!('mtu' in (plan?.cniConfig.plugins[0] ?? {})));
});

test('there is no network before the node has a pod range', () => {
  assert.equal(planOf('new', cluster), undefined);
  assert.equal(planOf('unknown', cluster), undefined);
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

test('routes change between a gateway on the link and a VXLAN device in one step', () => {
  const direct = { destination: '10.244.1.0/24', via: '172.30.0.3' };
  const tunneled = { destination: '10.244.1.0/24', via: '10.244.1.0', device: 'typernetes-vx4' };
  const over = (dev: string, gateway: string) => [{ dst: '10.244.1.0/24', gateway, dev }];
  for (const [wanted, present, commands] of [
    [direct, over('typernetes-vx4', '10.244.1.0'), ['route replace 10.244.1.0/24 via 172.30.0.3 proto 86']],
    [
      tunneled,
      over('eth0', '172.30.0.3'),
      ['route replace 10.244.1.0/24 via 10.244.1.0 dev typernetes-vx4 onlink proto 86'],
    ],
    [
      tunneled,
      over('typernetes-vx6', '10.244.1.0'),
      ['route replace 10.244.1.0/24 via 10.244.1.0 dev typernetes-vx4 onlink proto 86'],
    ],
    [
      { destination: 'fd00:10:244:1::/64', via: 'fe80::1', device: 'typernetes-vx6' },
      [],
      ['route replace fd00:10:244:1::/64 via fe80::1 dev typernetes-vx6 proto 86'],
    ],
    [direct, over('eth0', '172.30.0.3'), []],
    [tunneled, over('typernetes-vx4', '10.244.1.0'), []],
  ] as const)
    assert.deepEqual(routeCommands([wanted], present), commands);
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
  const plan = planOf('a', [
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

const own = ['172.30.0.2', 'fd00:30::2'];
const dualStack = [
  makeNode('a', ['10.244.0.0/24', 'fd00:10:244::/64'], own),
  makeNode('near', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['172.30.0.3', 'fd00:30::3']),
  makeNode('far', ['10.244.2.0/24', 'fd00:10:244:2::/64'], ['172.30.1.4', 'fd00:30:0:1::4']),
];
const twoLinks = makeUnderlay({ own, near: ['172.30.0.3', 'fd00:30::3'], far: ['172.30.1.4', 'fd00:30:0:1::4'] });
/** What routes of IPv6 name a node by. */
const local = (name: string): string => linkLocalOf(tunnelMac(name));
const routesOf = (plan: ReturnType<typeof planOf>) =>
  plan?.families.flatMap(({ routes }) => routes.map(({ via, device }) => `${via}${device ? ` ${device}` : ''}`));

test('a node on another link is reached through VXLAN, one on this link directly', () => {
  const plan = planOf('a', dualStack, { underlay: twoLinks });
  assert.deepEqual(routesOf(plan), [
    '172.30.0.3',
    '10.244.2.0 typernetes-vx4',
    'fd00:30::3',
    `${local('far')} typernetes-vx6`,
  ]);
  const [four, six] = plan?.tunnels ?? [];
  assert.deepEqual(four, {
    device: 'typernetes-vx4',
    mac: tunnelMac('a'),
    mtu: 1450,
    vni: 1,
    port: 8472,
    local: '172.30.0.2',
    addresses: ['10.244.0.0/32'],
    peers: [{ mac: tunnelMac('far'), remote: '172.30.1.4', gateways: ['10.244.2.0'] }],
  });
  assert.deepEqual(
    [six?.device, six?.mtu, six?.local, six?.addresses, six?.peers[0]?.gateways],
    ['typernetes-vx6', 1430, 'fd00:30::2', ['fd00:10:244::/128'], [local('far')]],
  );
  assert.equal(plan?.cniConfig.plugins[0]?.mtu, 1430, 'pods have an interface for both families');
  assert.deepEqual(plan?.unreachable, []);
});

test('pods of a family that nodes have no addresses of are reached over the other', () => {
  const [a, , far] = dualStack.map((node) => {
    const four = node.status?.addresses?.filter(({ address }) => !address.includes(':')) ?? [];
    return { ...node, status: { addresses: four } };
  }) as [Node, Node, Node];
  const plan = planOf('a', [a, far], { underlay: makeUnderlay({ own, far: ['172.30.1.4'] }) });
  assert.deepEqual(routesOf(plan), ['10.244.2.0 typernetes-vx4', `${local('far')} typernetes-vx4`]);
  assert.equal(plan?.tunnels.length, 1);
  assert.deepEqual(plan?.tunnels[0]?.addresses, ['10.244.0.0/32', 'fd00:10:244::/128']);
  assert.deepEqual(plan?.tunnels[0]?.peers, [
    { mac: tunnelMac('far'), remote: '172.30.1.4', gateways: ['10.244.2.0', local('far')] },
  ]);
});

test('VXLAN always, or never', () => {
  const always = planOf('a', dualStack, { underlay: twoLinks, mode: 'Always', vni: 7, port: 4789 });
  assert.deepEqual(routesOf(always), [
    '10.244.1.0 typernetes-vx4',
    '10.244.2.0 typernetes-vx4',
    `${local('near')} typernetes-vx6`,
    `${local('far')} typernetes-vx6`,
  ]);
  assert.deepEqual([always?.tunnels[0]?.vni, always?.tunnels[0]?.port], [7, 4789]);
  const never = planOf('a', dualStack, { underlay: twoLinks, mode: 'Never' });
  assert.deepEqual(routesOf(never), ['172.30.0.3', 'fd00:30::3']);
  assert.deepEqual([never?.tunnels, never?.unreachable], [[], ['far']]);
  const fresh = makeNode('fresh', ['10.244.3.0/24'], []);
  assert.deepEqual(planOf('a', [...dualStack, fresh], { underlay: twoLinks })?.unreachable, []);
  assert.deepEqual(never?.families[0]?.podRanges, ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
});

test("pods' MTU", () => {
  const lone = dualStack.slice(0, 1);
  for (const [what, nodes, settings, mtu] of [
    ['before anybody is elsewhere', dualStack.slice(0, 2), {}, undefined],
    ['chosen', dualStack.slice(0, 2), { mtu: 1400 }, 1400],
    ['chosen, with tunnels', dualStack, { mtu: 1400 }, 1400],
    ['everything is wrapped, so the first pod knows', lone, { mode: 'Always' }, 1430],
    ['nothing is wrapped', dualStack, { mode: 'Never' }, undefined],
    [
      'larger packets on the link',
      dualStack,
      { underlay: { ...twoLinks, links: makeUnderlay({ own }, 9000).links } },
      8930,
    ],
  ] as const)
    assert.equal(planOf('a', nodes, { underlay: twoLinks, ...settings })?.cniConfig.plugins[0]?.mtu, mtu, what);
  const chosen = planOf('a', dualStack, { underlay: twoLinks, mtu: 1400 });
  assert.deepEqual(
    chosen?.tunnels.map((tunnel) => tunnel.mtu),
    [1400, 1400],
  );
});

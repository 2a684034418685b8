import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLink } from './testing/nodes.ts';
import { type PresentTunnel, tunnelCommands } from './tunnel-commands.ts';
import { linkLocalOf, type TunnelPlan, tunnelMac } from './tunnels.ts';

const plan: TunnelPlan = {
  device: 'typernetes-vx4',
  mac: '02:00:00:00:00:0a',
  mtu: 1450,
  vni: 1,
  port: 8472,
  local: '172.30.0.2',
  addresses: ['10.244.0.0/32', 'fd00:10:244::/128'],
  peers: [
    { mac: '02:00:00:00:00:0b', remote: '172.30.1.3', gateways: ['10.244.1.0', 'fe80::ff:fe00:b'] },
    { mac: '02:00:00:00:00:0c', remote: '172.30.1.4', gateways: ['10.244.2.0'] },
  ],
};
const vxlan = { vni: 1, port: 8472, local: '172.30.0.2', learning: false };
const asPlanned: PresentTunnel = {
  link: makeLink('typernetes-vx4', { mac: plan.mac, mtu: 1450, addresses: plan.addresses, vxlan }),
  neighbours: plan.peers.flatMap(({ gateways, mac }) => gateways.map((address) => ({ address, mac }))),
  forwarding: plan.peers.map(({ mac, remote }) => ({ mac, remote })),
};
const linkIs = (changed: object): PresentTunnel => ({ ...asPlanned, link: { ...asPlanned.link, ...changed } });
const commandsOf = (wanted: readonly TunnelPlan[], present: readonly PresentTunnel[]) => {
  const { before, after } = tunnelCommands(wanted, present);
  return { before: [...before.ip, ...before.bridge], after: [...after.ip, ...after.bridge] };
};
const added = [
  'link add typernetes-vx4 address 02:00:00:00:00:0a mtu 1450 type vxlan id 1 local 172.30.0.2 dstport 8472 nolearning',
  'addr add 10.244.0.0/32 dev typernetes-vx4',
  'addr add fd00:10:244::/128 dev typernetes-vx4 nodad',
  'link set dev typernetes-vx4 up',
  'neigh replace 10.244.1.0 lladdr 02:00:00:00:00:0b dev typernetes-vx4 nud permanent',
  'neigh replace fe80::ff:fe00:b lladdr 02:00:00:00:00:0b dev typernetes-vx4 nud permanent',
  'neigh replace 10.244.2.0 lladdr 02:00:00:00:00:0c dev typernetes-vx4 nud permanent',
  'fdb replace 02:00:00:00:00:0b dev typernetes-vx4 dst 172.30.1.3 self permanent',
  'fdb replace 02:00:00:00:00:0c dev typernetes-vx4 dst 172.30.1.4 self permanent',
];

test('makes a device with everything, and leaves one alone that is as planned', () => {
  assert.deepEqual(commandsOf([plan], []), { before: added, after: [] });
  assert.deepEqual(commandsOf([plan], [asPlanned]), { before: [], after: [] });
});

test('changes in place what can be changed', () => {
  for (const [present, commands] of [
    [linkIs({ mtu: 1400 }), ['link set dev typernetes-vx4 mtu 1450']],
    [linkIs({ up: false }), ['link set dev typernetes-vx4 up']],
    [
      linkIs({ addresses: ['10.244.9.0/32', 'fd00:10:244::/128'] }),
      ['addr add 10.244.0.0/32 dev typernetes-vx4', 'addr del 10.244.9.0/32 dev typernetes-vx4'],
    ],
  ] as const)
    assert.deepEqual(commandsOf([plan], [present]), { before: commands, after: [] });
});

test('makes a device anew that has other properties', () => {
  for (const changed of [
    { mac: '02:00:00:00:00:0f' },
    { vxlan: undefined },
    ...[{ vni: 2 }, { port: 4789 }, { local: '172.30.0.9' }, { learning: true }].map((other) => ({
      vxlan: { ...vxlan, ...other },
    })),
  ])
    assert.deepEqual(commandsOf([plan], [linkIs(changed)]), {
      before: ['link del typernetes-vx4', ...added],
      after: [],
    });
});

test('a node with another address, a node that came, and one that left', () => {
  const [first, second] = plan.peers as [TunnelPlan['peers'][0], TunnelPlan['peers'][0]];
  const moved = { ...plan, peers: [{ ...first, remote: '172.30.1.33' }, second] };
  assert.deepEqual(commandsOf([moved], [asPlanned]), {
    before: ['fdb replace 02:00:00:00:00:0b dev typernetes-vx4 dst 172.30.1.33 self permanent'],
    after: [],
  });
  const left = { ...plan, peers: [second] };
  assert.deepEqual(commandsOf([left], [asPlanned]), {
    before: [],
    after: [
      'neigh del 10.244.1.0 dev typernetes-vx4',
      'neigh del fe80::ff:fe00:b dev typernetes-vx4',
      'fdb del 02:00:00:00:00:0b dev typernetes-vx4 self',
    ],
  });
  // A range may go from one node to another.
  const replaced = { ...plan, peers: [{ ...first, mac: '02:00:00:00:00:0d' }, second] };
  assert.deepEqual(commandsOf([replaced], [asPlanned]), {
    before: [
      'neigh replace 10.244.1.0 lladdr 02:00:00:00:00:0d dev typernetes-vx4 nud permanent',
      'neigh replace fe80::ff:fe00:b lladdr 02:00:00:00:00:0d dev typernetes-vx4 nud permanent',
      'fdb replace 02:00:00:00:00:0d dev typernetes-vx4 dst 172.30.1.3 self permanent',
    ],
    after: ['fdb del 02:00:00:00:00:0b dev typernetes-vx4 self'],
  });
});

test('removes a device that is not needed any more, and nobody else’s', () => {
  const foreign = { ...asPlanned, link: makeLink('flannel.1', { vxlan }) };
  assert.deepEqual(commandsOf([], [asPlanned, foreign]), { before: [], after: ['link del typernetes-vx4'] });
});

test('hardware addresses follow from names, locally administered and of one station', () => {
  assert.equal(tunnelMac('worker-1'), tunnelMac('worker-1'));
  const many = Array.from({ length: 2000 }, (_, i) => tunnelMac(`worker-${i}`));
  assert.equal(new Set(many).size, many.length);
  // As the kernel makes it.
  assert.equal(linkLocalOf('22:37:73:36:68:72'), 'fe80::2037:73ff:fe36:6872');
  for (const mac of many) assert.match(mac, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
});

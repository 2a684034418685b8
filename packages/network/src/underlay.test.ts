import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IpFamily } from '@typernetes/base';
import { type NodeFacts, nodeFacts } from './node-facts.ts';
import type { VxlanMode } from './settings.ts';
import { makeLink, makeNode, makeUnderlay } from './testing/nodes.ts';
import { tunnelMtu, type Underlay, wayTo } from './underlay.ts';

const node = (addresses: NodeFacts['addresses']): NodeFacts => ({ name: 'n', ranges: [], addresses });
const own = node({ IPv4: '10.0.0.1', IPv6: 'fd00::1' });
const [four, six] = ['10.0.1.9', 'fd00:1::9'];

test('the way to the pods of a node', () => {
  const near = makeUnderlay({ near: [four, six] });
  const far = makeUnderlay({ far: [four, six] });
  const cases: [
    string,
    { peer: NodeFacts['addresses']; family: IpFamily; underlay: Underlay; mode?: VxlanMode; own?: NodeFacts },
    string,
  ][] = [
    ['on the link', { peer: { IPv4: four }, family: 'IPv4', underlay: near }, 'via 10.0.1.9'],
    ['on the link', { peer: { IPv6: six }, family: 'IPv6', underlay: near }, 'via fd00:1::9'],
    ['behind a gateway', { peer: { IPv4: four }, family: 'IPv4', underlay: far }, 'IPv4 to 10.0.1.9'],
    ['behind a gateway', { peer: { IPv4: four, IPv6: six }, family: 'IPv6', underlay: far }, 'IPv6 to fd00:1::9'],
    [
      'wrapped all the same',
      { peer: { IPv4: four }, family: 'IPv4', underlay: near, mode: 'Always' },
      'IPv4 to 10.0.1.9',
    ],
    ['never wrapped', { peer: { IPv4: four }, family: 'IPv4', underlay: far, mode: 'Never' }, 'none'],
    [
      'never wrapped, on the link',
      { peer: { IPv4: four }, family: 'IPv4', underlay: near, mode: 'Never' },
      'via 10.0.1.9',
    ],
    ['without an address of that family', { peer: { IPv4: four }, family: 'IPv6', underlay: near }, 'IPv4 to 10.0.1.9'],
    ['the same, never wrapped', { peer: { IPv4: four }, family: 'IPv6', underlay: near, mode: 'Never' }, 'none'],
    [
      'no path by this family, but by the other',
      { peer: { IPv4: four, IPv6: six }, family: 'IPv4', underlay: makeUnderlay({ far: [six] }) },
      'IPv6 to fd00:1::9',
    ],
    [
      'no path yet',
      { peer: { IPv4: four, IPv6: six }, family: 'IPv4', underlay: makeUnderlay({}) },
      'IPv4 to 10.0.1.9',
    ],
    [
      'this node lacks the family',
      { peer: { IPv6: six }, family: 'IPv6', underlay: far, own: node({ IPv4: '10.0.0.1' }) },
      'none',
    ],
    ['no address', { peer: {}, family: 'IPv4', underlay: far }, 'none'],
  ];
  for (const [what, { peer, family, mode = 'CrossSubnet', ...rest }, expected] of cases) {
    const way = wayTo(node(peer), family, { own, mode, ...rest });
    const said = !way ? 'none' : way.kind === 'direct' ? `via ${way.via}` : `${way.over} to ${way.remote}`;
    assert.equal(said, expected, what);
  }
});

test('what fits into a tunnel', () => {
  const links = [
    makeLink('lo', { mtu: 65_536, addresses: ['10.0.0.1/32'] }),
    makeLink('eth0', { mtu: 9000, addresses: ['fd00::1/64'] }),
    makeLink('eth1', { mtu: 1500 }),
    makeLink('eth2', { mtu: 1280 }),
  ];
  const paths = new Map([
    [four, { device: 'eth0', direct: false }],
    ['10.0.2.9', { device: 'eth1', direct: false }],
  ]);
  const fits = (over: IpFamily, remotes: readonly string[]): number =>
    tunnelMtu(over, { own, remotes, underlay: { links, paths } });
  assert.equal(fits('IPv4', [four]), 8950);
  assert.equal(fits('IPv4', [four, '10.0.2.9']), 1450, 'the smallest link that is used');
  assert.equal(fits('IPv6', []), 8930, 'the link with the own address');
  assert.equal(fits('IPv4', []), 1450, 'the loopback says nothing');
});

test('a node is its name, its ranges, and an internal address of each family in canonical form', () => {
  const made = makeNode('a', ['10.244.0.0/24'], ['not-an-address', 'FD00:0::00A', '10.0.0.1', '10.0.0.2']);
  assert.deepEqual(nodeFacts(made), {
    name: 'a',
    ranges: ['10.244.0.0/24'],
    addresses: { IPv4: '10.0.0.1', IPv6: 'fd00::a' },
  });
  assert.deepEqual(nodeFacts({ metadata: made.metadata } as typeof made), { name: 'a', ranges: [], addresses: {} });
});

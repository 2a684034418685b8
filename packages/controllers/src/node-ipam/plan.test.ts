import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipRangeText } from '@typernetes/base';
import { clusterRanges, firstFreeRange, nodeRanges, parseRange } from './plan.ts';

const free = (whole: string, maskSize: number, ...taken: string[]): string | undefined => {
  const range = firstFreeRange({ whole: parseRange(whole), maskSize }, taken.map(parseRange));
  return range && ipRangeText(range);
};

test('assigns ranges from the first on, skipping those in use', () => {
  assert.equal(free('10.244.0.0/16', 24), '10.244.0.0/24');
  assert.equal(free('10.244.0.0/16', 24, '10.244.0.0/24', '10.244.2.0/24'), '10.244.1.0/24');
});

test('a range of another size is respected', () => {
  assert.equal(free('10.244.0.0/16', 24, '10.244.0.0/22'), '10.244.4.0/24');
  assert.equal(free('10.244.0.0/16', 24, '10.244.0.128/25'), '10.244.1.0/24');
});

test('ranges run out', () => {
  assert.equal(free('10.244.0.0/23', 24, '10.244.0.0/24', '10.244.1.0/24'), undefined);
});

test('the upper half of the address space works too', () => {
  assert.equal(free('192.168.0.0/16', 24, '192.168.0.0/24'), '192.168.1.0/24');
  assert.throws(() => parseRange('10.244.0.0'), /invalid CIDR address: 10.244.0.0/);
});

test('in a dual-stack cluster every node gets a range of each family', () => {
  const ranges = clusterRanges('10.244.0.0/16,fd00:10:244::/56', { any: 0, IPv4: 0, IPv6: 0 });
  const taken = ['10.244.0.0/24', 'fd00:10:244::/64', '10.96.0.0/12'].map(parseRange);
  assert.deepEqual(nodeRanges(ranges, taken)?.map(ipRangeText), ['10.244.1.0/24', 'fd00:10:244:1::/64']);
});

test('contradictory ranges and sizes are refused', () => {
  const sizes = { any: 0, IPv4: 0, IPv6: 0 };
  assert.throws(() => clusterRanges('10.0.0.0/8,10.1.0.0/16', sizes), /not configured as dual stack/);
  assert.throws(
    () => clusterRanges('10.244.0.0/16,fd00::/56', { ...sizes, any: 24 }),
    /usage of --node-cidr-mask-size is not allowed with dual-stack clusters/,
  );
  assert.throws(
    () => clusterRanges('10.244.0.0/16', { ...sizes, IPv6: 64 }),
    /usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster/,
  );
  assert.throws(() => clusterRanges('10.244.0.0/24', { ...sizes, any: 16 }), /the node CIDR size is too big/);
});

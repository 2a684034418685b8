import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFreeRange, formatRange, parseRange } from './plan.ts';

const free = (whole: string, maskSize: number, ...taken: string[]): string | undefined => {
  const range = firstFreeRange(parseRange(whole), maskSize, taken.map(parseRange));
  return range && formatRange(range);
};

test('ranges are handed out from the first, leaving out the taken', () => {
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

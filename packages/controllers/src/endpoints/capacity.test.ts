import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutToCapacity } from './capacity.ts';

const some = (count: number) => Array.from({ length: count }, (_, at) => ({ ip: `10.0.${at >> 8}.${at & 255}` }));
const sizes = (subsets: ReturnType<typeof cutToCapacity>) =>
  subsets?.map(({ addresses, notReadyAddresses }) => [addresses?.length, notReadyAddresses?.length]);

test('leaves subsets within the limit alone', () => {
  assert.equal(cutToCapacity([{ addresses: some(600), notReadyAddresses: some(400) }]), undefined);
});

test('drops addresses that are not ready first, in proportion from each subset', () => {
  const cut = cutToCapacity([
    { addresses: some(500), notReadyAddresses: some(600), ports: [{ port: 1 }] },
    { addresses: some(401), notReadyAddresses: some(300), ports: [{ port: 2 }] },
  ]);
  assert.deepEqual(sizes(cut), [
    [500, 66],
    [401, 33],
  ]);
  assert.deepEqual(
    cut?.map(({ ports }) => ports),
    [[{ port: 1 }], [{ port: 2 }]],
  );
});

test('with too many ready ones, each subset keeps its share, and none that is not ready', () => {
  const cut = cutToCapacity([
    { addresses: some(1000), notReadyAddresses: some(5) },
    { addresses: some(500) },
    { notReadyAddresses: some(5) },
  ]);
  assert.deepEqual(sizes(cut), [
    [667, undefined],
    [333, undefined],
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address6Of, fabricAddresses, fabricGateway, gatewaysFor } from './fabric.ts';

test("a machine's address says which link it is on", () => {
  assert.equal(fabricGateway, '172.30.0.1');
  assert.deepEqual([fabricAddresses(0).at(0), fabricAddresses(0).at(-1)], ['172.30.0.10', '172.30.0.253']);
  assert.equal(fabricAddresses(2)[0], '172.30.2.10');
  assert.deepEqual(gatewaysFor('172.30.0.10'), ['172.30.0.1', 'fd00:30::1']);
  assert.deepEqual(gatewaysFor('172.30.2.10'), ['172.30.2.1', 'fd00:30:0:2::1']);
  assert.equal(address6Of('172.30.0.10'), 'fd00:30::10');
  assert.equal(address6Of('172.30.2.10'), 'fd00:30:0:2::10');
});

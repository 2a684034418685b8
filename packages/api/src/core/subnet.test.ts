import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStrictSubset } from './subnet.ts';

const cases: readonly (readonly [inner: string, outer: string, is: boolean | undefined])[] = [
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.0.0.0/8', false],
  ['11.0.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/7', '10.0.0.0/8', false],
  ['2001:db8:1::/48', '2001:db8::/32', true],
  ['2001:db9::/48', '2001:db8::/32', false],
  ['::1/128', '::/0', true],
  ['10.1.0.0/16', '::/0', false],
  ['x', '10.0.0.0/8', undefined],
  ['1:2:3/64', '::/0', undefined],
];
for (const [inner, outer, is] of cases) {
  test(`${inner} within ${outer}: ${is}`, () => assert.equal(isStrictSubset(inner, outer), is));
}

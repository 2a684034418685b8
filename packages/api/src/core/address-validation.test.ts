import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { addressProblems, canonicalAddress, cidrProblems } from './address-validation.ts';

const notAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

describe('an address', () => {
  const cases: readonly [text: string, wants?: string][] = [
    ['10.9.8.7'],
    ['2001:DB8::ffff'],
    ['::'],
    ['010.9.8.7', 'must not have leading 0s'],
    ['::ffff:10.9.8.7', 'must not be an IPv4-mapped IPv6 address'],
    ['10.9.8', notAddress],
    ['1.2.3.256', notAddress],
    ['fe80::1%eth0', notAddress],
    ['1::2::3', notAddress],
  ];
  for (const [text, wants] of cases) {
    test(`${text} ${wants ?? 'is valid'}`, () => {
      const problems = [...addressProblems(text, 'ip')].map(problemText);
      assert.deepEqual(problems, wants ? [`ip: Invalid value: "${text}": ${wants}`] : []);
    });
  }
});

describe('a range', () => {
  const cases: readonly [text: string, wants?: string][] = [
    ['10.9.8.0/24'],
    ['0.0.0.0/0'],
    ['2001:db8::/33'],
    ['10.9.8.7/32'],
    ['10.9.8.7/24', 'must not have bits set beyond the prefix length'],
    ['2001:db8:8000::/32', 'must not have bits set beyond the prefix length'],
    ['10.9.8.0/024', 'must not have leading 0s in IP or prefix length'],
    ['010.9.8.0/24', 'must not have leading 0s in IP or prefix length'],
    ['::ffff:10.9.8.0/120', 'must not have an IPv4-mapped IPv6 address'],
    ['10.9.8.0', notCidr],
    ['10.9.8.0/33', notCidr],
    ['10.9.8.0/24/1', notCidr],
  ];
  for (const [text, wants] of cases) {
    test(`${text} ${wants ?? 'is valid'}`, () => {
      const problems = [...cidrProblems(text, 'cidr')].map(problemText);
      assert.deepEqual(problems, wants ? [`cidr: Invalid value: "${text}": ${wants}`] : []);
    });
  }
});

test('every address has one canonical form', () => {
  const cases = {
    '10.9.8.7': '10.9.8.7',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '2001:db8:0:1:0:0:0:1': '2001:db8:0:1::1',
    '1:0:0:2:0:0:3:4': '1::2:0:0:3:4',
    '0:0:0:0:0:0:0:0': '::',
    '1:2:3:4:5:6:7:0': '1:2:3:4:5:6:7:0',
    'fe80::': 'fe80::',
  };
  for (const [text, canonical] of Object.entries(cases)) assert.equal(canonicalAddress(text), canonical);
  assert.equal(canonicalAddress('x'), undefined);
});

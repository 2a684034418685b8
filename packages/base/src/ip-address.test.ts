import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ipAddressText,
  ipRangeText,
  isGlobalUnicast,
  parseIpAddress,
  parseIpRange,
  rangesOverlap,
} from './ip-address.ts';

const canonical = (text: string): string | undefined => {
  const address = parseIpAddress(text);
  return address && ipAddressText(address);
};
const range = (text: string) => parseIpRange(text) as NonNullable<ReturnType<typeof parseIpRange>>;

test('parses and formats addresses of both families', () => {
  assert.equal(canonical('10.96.0.1'), '10.96.0.1');
  assert.equal(canonical('FD00:0:0:1::00ab'), 'fd00:0:0:1::ab');
  assert.equal(canonical('::'), '::');
  assert.equal(canonical('fe80::1'), 'fe80::1');
  for (const no of ['', '10.0.0', '10.0.0.256', '010.0.0.1', '::1::', '1:2:3:4:5:6:7:8:9', 'fe80::1%eth0'])
    assert.equal(canonical(no), undefined, no);
});

test('ranges begin with their network address', () => {
  assert.equal(ipRangeText(range('10.244.7.9/16')), '10.244.0.0/16');
  assert.equal(ipRangeText(range('fd00:1:2:3::5/48')), 'fd00:1:2::/48');
  assert.equal(range('10.244.0.0/24').last - range('10.244.0.0/24').first, 255n);
  for (const no of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'fd00::/-1', '10.0.0.0/08', '10.0.0.0/8/8'])
    assert.equal(parseIpRange(no), undefined, no);
});

test('ranges overlap within a family only', () => {
  assert.ok(rangesOverlap(range('10.0.0.0/8'), range('10.96.0.0/12')));
  assert.ok(!rangesOverlap(range('10.0.0.0/24'), range('10.0.1.0/24')));
  assert.ok(!rangesOverlap(range('0.0.0.0/0'), range('::/0')));
});

test('distinguishes global unicast addresses from special ones', () => {
  const isGlobal = (text: string) =>
    isGlobalUnicast(parseIpAddress(text) as NonNullable<ReturnType<typeof parseIpAddress>>);
  for (const yes of ['10.0.0.1', '192.168.1.1', '8.8.8.8', 'fd00::1', '2001:db8::1', '240.0.0.1', '0.0.0.1'])
    assert.ok(isGlobal(yes), yes);
  for (const no of [
    '0.0.0.0',
    '127.0.0.2',
    '169.254.169.254',
    '224.0.0.1',
    '239.1.1.1',
    '255.255.255.255',
    '::',
    '::1',
  ])
    assert.ok(!isGlobal(no), no);
  for (const no of ['fe80::1', 'febf::1', 'ff02::1']) assert.ok(!isGlobal(no), no);
});

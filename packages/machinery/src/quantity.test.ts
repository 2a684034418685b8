import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  wholeValue,
} from './quantity.ts';

const canonical: [written: string | number, stored: string][] = [
  ['0', '0'],
  ['0Ki', '0'],
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['1500', '1500'],
  ['1000', '1k'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['1.5Gi', '1536Mi'],
  ['512Ki', '512Ki'],
  ['0.5Ki', '512'],
  ['1Ki', '1Ki'],
  ['1.0001Ki', '1024102400u'],
  ['100e3', '100e3'],
  ['1e6', '1e6'],
  ['1E', '1E'],
  ['12e-1', '1200e-3'],
  ['0.0000000001', '1n'],
  ['-3', '-3'],
  ['.5', '500m'],
  ['100M', '100M'],
  [0.25, '250m'],
  [2, '2'],
  ['9223372036854775808', '9223372036854775808'],
  ['1000000000000000000k', '1000E'],
  ['10Ei', '9223372036854775807'],
  ['-10Ei', '-9223372036854775807'],
  ['10e2', '1e3'],
  ['10240Ki', '10Mi'],
  ['+1000', '1k'],
  ['00', '0'],
];

/** Quantities that upstream keeps as they were written: they fit 64 bits and cannot be shortened by a thousand. */
const kept = ['+3', '010', '5.', '1E3', '10E', '1.500', '05.500', '+1Ki', '010Ki', '99999999999Ki', '1.000001', '-01'];

for (const [written, stored] of canonical) {
  test(`quantity ${written} is stored as ${stored}`, () => assert.equal(canonicalQuantity(written), stored));
}

for (const written of kept) {
  test(`quantity ${written} is kept as it is written`, () => assert.equal(canonicalQuantity(written), written));
}

test("refuses malformed quantities in upstream's words", () => {
  const wrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const text of ['', 'abc', '1 Gi', '1.2.3', '--1', '1x']) {
    assert.throws(() => parseQuantity(text), { message: wrong }, text);
  }
  assert.throws(() => parseQuantity('1KiB'), { message: wrong });
  assert.throws(() => parseQuantity('1K'), { message: "unable to parse quantity's suffix" });
  assert.throws(() => parseQuantity('.'), { message: 'unable to parse numeric part of quantity' });
});

test('values round up', () => {
  assert.equal(milliValue('1'), 1000);
  assert.equal(milliValue('250m'), 250);
  assert.equal(milliValue('100u'), 1);
  assert.equal(wholeValue('1500m'), 2);
  assert.equal(wholeValue('1Gi'), 1073741824);
});

test('sums are exact and keep the format of the first', () => {
  const sum = (a: string, b: string): string => formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));
  assert.equal(sum('0.1', '0.2'), '300m');
  assert.equal(sum('1Gi', '1G'), '2073741824');
  assert.equal(sum('0', '1Gi'), '1Gi');
  assert.ok(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')) > 0);
});

test('the canonical form has the same value and is a fixed point', () => {
  const suffixes = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e3', 'e-2');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 0, max: 999 }), suffixes, (a, b, suffix) => {
      const written = `${a}.${b}${suffix}`;
      const stored = canonicalQuantity(written);
      assert.equal(canonicalQuantity(stored), stored);
      assert.equal(parseQuantity(stored).nanos, parseQuantity(written).nanos);
    }),
  );
});

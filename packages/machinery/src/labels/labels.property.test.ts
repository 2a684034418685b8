import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSelector } from './parse.ts';
import { type LabelOperator, type LabelRequirement, type Labels, selectorFromObject, selectorOf } from './selector.ts';

const keys = ['app', 'tier', 'example.com/zone', 'size', 'in', 'notin'];
const values = ['', 'a', 'b', 'in', 'notin', '3', '04', '9223372036854775807'];
const key = fc.constantFrom(...keys);
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, fc.constantFrom(...values));
const someOf = (least: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: least, maxLength: 3 });

function valuesOf(operator: LabelOperator): fc.Arbitrary<string[]> {
  if (operator === 'exists' || operator === '!') return fc.constant([]);
  if (operator === 'in' || operator === 'notin') return someOf(1);
  const isOrder = operator === 'gt' || operator === 'lt';
  return fc.constantFrom(...(isOrder ? ['0', '3', '04'] : values)).map((value) => [value]);
}

/** Operators as they are written, with as many values as they take. */
const requirement: fc.Arbitrary<LabelRequirement> = fc
  .constantFrom<LabelOperator>('in', 'notin', '=', '==', '!=', 'exists', '!', 'gt', 'lt')
  .chain((operator) => fc.record({ key, operator: fc.constant(operator), values: valuesOf(operator) }));
const requirements = fc.array(requirement, { maxLength: 4 });

/** Upstream's labels.Requirement for one label, implemented independently. */
function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const has = Object.keys(labels).includes(key);
  const value = labels[key] ?? '';
  if (operator === 'exists') return has;
  if (operator === '!') return !has;
  if (operator === 'notin' || operator === '!=') return !(has && values.includes(value));
  if (operator === 'gt' || operator === 'lt') {
    if (!has || value === '' || Number.isNaN(Number(value))) return false;
    const difference = Number(value) - Number(values[0]);
    return operator === 'gt' ? difference > 0 : difference < 0;
  }
  return has && values.includes(value);
}

test('a selector selects what all of its requirements select, in any order', () => {
  fc.assert(
    fc.property(requirements, labels, (all, of) => {
      const expected = all.every((one) => holds(one, of));
      assert.equal(selectorOf(all).matches(of), expected);
      assert.equal(selectorOf([...all].reverse()).matches(of), expected);
    }),
  );
});

test('a written selector reads back as the same, with any spaces between its words', () => {
  const space = fc.constantFrom('', ' ', '  ', '\t');
  fc.assert(
    fc.property(requirements, labels, space, (all, of, blank) => {
      const text = selectorOf(all).toString();
      const read = parseSelector(text);
      assert.equal(read.toString(), text);
      assert.equal(read.matches(of), selectorOf(all).matches(of));
      const wide = text.replaceAll(/[(),=<>]|!=?/g, (symbol) =>
        symbol === '!' ? symbol : `${blank}${symbol}${blank}`,
      );
      const apart = wide.replaceAll(/([=!])\s+=/g, '$1=');
      assert.equal(parseSelector(apart).toString(), text);
    }),
  );
});

test('any text is parsed or refused with a reason', () => {
  const piece = fc.constantFrom(...keys, ...values, '=', '==', '!=', '!', '(', ')', ',', '>', '<', ' ', 'é', '"', '/');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), labels, (pieces, of) => {
      const text = pieces.join('');
      let read: ReturnType<typeof parseSelector>;
      try {
        read = parseSelector(text);
      } catch (error) {
        assert.ok(error instanceof Error && error.message.length > 0);
        return;
      }
      // A parsed selector can be written, and has the same meaning when read again.
      assert.equal(parseSelector(read.toString()).matches(of), read.matches(of));
    }),
  );
});

test("an object's selector combines its labels and its expressions", () => {
  const expression = fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: someOf(1),
  });
  fc.assert(
    fc.property(labels, fc.array(expression, { maxLength: 3 }), labels, (matchLabels, matchExpressions, of) => {
      const together = selectorFromObject({ matchLabels, matchExpressions }).matches(of);
      const apart =
        selectorFromObject({ matchLabels }).matches(of) &&
        matchExpressions.every((one) => selectorFromObject({ matchExpressions: [one] }).matches(of));
      assert.equal(together, apart);
    }),
  );
});

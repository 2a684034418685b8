import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { customPrinter } from './printer.ts';

const thing = (spec: unknown): ApiObject => ({ metadata: { name: 'a' }, spec }) as unknown as ApiObject;

test('maps and lists are printed as Go writes them', () => {
  const { cells } = customPrinter([{ name: 'Spec', type: 'string', jsonPath: '.spec' }]);
  const cell = (spec: unknown): unknown => cells(thing(spec), 0)[1];
  assert.equal(
    cell({ size: 1, host: { b: 1, a: [2, { d: 1, c: 2 }] } }),
    '{"host":{"a":[2,{"c":2,"d":1}],"b":1},"size":1}',
  );
  assert.equal(cell(['<a>', 'b&c']), '["\\u003ca\\u003e","b\\u0026c"]');
  assert.equal(cell('<a>'), '<a>', 'texts are as they are');
  assert.equal(cell(null), null);
});

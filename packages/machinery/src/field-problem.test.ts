import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childPath, indexPath, keyPath } from './field-path.ts';
import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  omittedValue,
  problemText,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
} from './field-problem.ts';

const port = childPath(indexPath(childPath(childPath('', 'spec'), 'ports'), 0), 'port');

const texts: [problem: FieldProblem, text: string][] = [
  [requiredValue('metadata.name'), 'metadata.name: Required value'],
  [
    requiredValue('metadata.name', 'name or generateName is required'),
    'metadata.name: Required value: name or generateName is required',
  ],
  [
    invalidValue(port, 0, 'must be between 1 and 65535, inclusive'),
    'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ],
  [invalidValue('a', 'x"y', 'bad'), 'a: Invalid value: "x\\"y": bad'],
  [invalidValue('a', { b: 1 }, 'bad'), 'a: Invalid value: {"b":1}: bad'],
  [invalidValue('a', undefined, 'bad'), 'a: Invalid value: null: bad'],
  [invalidValue('a', omittedValue, 'bad'), 'a: Invalid value: bad'],
  [unsupportedValue('a', 'x', ['b', 'c']), 'a: Unsupported value: "x": supported values: "b", "c"'],
  [duplicateValue(keyPath('a', 'k'), 'x'), 'a[k]: Duplicate value: "x"'],
  [forbiddenValue('a', 'no'), 'a: Forbidden: no'],
  [tooLong('a', 63), 'a: Too long: may not be more than 63 bytes'],
  [tooMany('a', 3, 1), 'a: Too many: 3: must have at most 1 item'],
];

for (const [problem, text] of texts) test(text, () => assert.equal(problemText(problem), text));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base';
import { optionProblems } from './option-problems.ts';

test('valid options have no problems', () => {
  for (const options of [
    {},
    { nodes: 0, port: undefined },
    { nodes: ['a', 'b.example'], nodeAmounts: { cpu: '4', 'example.com/gpu': '1', 'hugepages-2Mi': '4Mi' } },
    { controllers: ['*', '-garbage-collector'], scheduler: false, log: silentLogger, storage: { file: 'store.db' } },
    { controllers: [], apiServerFlags: ['--v=1'], port: 6443, storage: 'memory', podCourse: () => ({ ready: true }) },
  ]) {
    assert.deepEqual(optionProblems(options), []);
  }
});

test('each problem names its option and the given value', () => {
  const whole = 'option "nodes" must be a whole number, or a list of names';
  for (const [options, ...problems] of [
    [null, 'options must be an object, got null'],
    [{ nodes: -1 }, `${whole}, got -1`],
    [{ nodes: Number.NaN }, `${whole}, got NaN`],
    [{ nodes: '2' }, `${whole}, got "2"`],
    [{ nodes: null }, `${whole}, got null`],
    [{ nodes: ['a', 'a'] }, 'option "nodes" names "a" twice'],
    [{ nodeAmounts: { cpus: '4' } }, 'option "nodeAmounts" names "cpus", which is no resource of a node'],
    [
      { nodeAmounts: { cpu: 4, memory: 'lots' } },
      'option "nodeAmounts" has no quantity for "cpu": 4',
      'option "nodeAmounts" has no quantity for "memory": "lots"',
    ],
    [{ controllers: ['*', '-nope'] }, 'option "controllers" "nope" is not in the list of known controllers'],
    [{ controllers: 'deployment' }, 'option "controllers" must be a list of strings, got "deployment"'],
    [{ scheduler: 'no' }, 'option "scheduler" must be true or false, got "no"'],
    [{ storage: {} }, 'option "storage" must be "memory" or { file }, got {}'],
    [{ port: 70_000 }, 'option "port" must be a number from 0 to 65535, got 70000'],
    [{ apiServerFlags: '--v=1' }, 'option "apiServerFlags" must be a list of strings, got "--v=1"'],
    [
      { apiServerFlags: ['--secure-port=1'] },
      'option "apiServerFlags" cannot have --secure-port: the option "port" is for it',
    ],
    [{ podCourse: 1 }, 'option "podCourse" must be a function, got 1'],
    [{ log: 1 }, 'option "log" must be an object with the methods debug, info, warn, error and with, got 1'],
  ] as const) {
    assert.deepEqual(optionProblems(options), problems);
  }
  const [name = ''] = optionProblems({ nodes: ['Bad_Name'] });
  assert.match(name, /^option "nodes" names "Bad_Name": a lowercase RFC 1123 subdomain/);
  assert.match(optionProblems({ node: 1 })[0] ?? '', /^unknown option "node": known are storage, port, nodes/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Taint, Toleration } from '@typernetes/api/core/v1';
import { permittedStayMs } from './plan.ts';

const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const tolerate = (key: string, seconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
});
const cases: [name: string, tolerations: Toleration[], taints: Taint[], expected: number][] = [
  ['no taint', [], [], Number.POSITIVE_INFINITY],
  ['NoSchedule evicts nobody', [], [{ key: 'x', effect: 'NoSchedule' }], Number.POSITIVE_INFINITY],
  ['an untolerated taint', [], [unreachable], 0],
  ['the default five minutes', [tolerate(unreachable.key, 300)], [unreachable], 300_000],
  ['for ever', [tolerate(unreachable.key)], [unreachable], Number.POSITIVE_INFINITY],
  [
    'the shortest counts',
    [tolerate('a', 60), tolerate('b', 10)],
    [
      { key: 'a', effect: 'NoExecute' },
      { key: 'b', effect: 'NoExecute' },
    ],
    10_000,
  ],
  [
    'one of two tolerated',
    [tolerate('a', 60)],
    [
      { key: 'a', effect: 'NoExecute' },
      { key: 'b', effect: 'NoExecute' },
    ],
    0,
  ],
  ['negative is at once', [tolerate(unreachable.key, -1)], [unreachable], 0],
];
for (const [name, tolerations, taints, expected] of cases)
  test(name, () => assert.equal(permittedStayMs(tolerations, taints), expected));

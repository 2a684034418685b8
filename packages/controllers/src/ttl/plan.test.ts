import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondsOf, ttlStep } from './plan.ts';

const cases: [nodes: number, last: number, seconds: number][] = [
  [1, 0, 0],
  [100, 0, 0],
  [101, 0, 15],
  [95, 1, 15],
  [89, 1, 0],
  [5000, 0, 300],
  [20_000, 0, 600],
];
for (const [nodes, last, seconds] of cases)
  test(`${nodes} nodes after step ${last}`, () => assert.equal(secondsOf(ttlStep(nodes, last)), seconds));

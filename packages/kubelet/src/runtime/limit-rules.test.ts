import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { type UnifiedOptions, unifiedRules } from './limit-rules.ts';
import { linuxResources } from './linux-resources.ts';

const options: UnifiedOptions = {
  limitedSwap: true,
  swapAccounted: true,
  swapBytes: 1000,
  memoryBytes: 4000,
  singleProcessOomKill: false,
};

const container = (requests: object, limits: object = {}): Container =>
  ({ name: 'c', resources: { requests, limits } }) as Container;

test('burstable containers get swap in proportion to their requests, and others none', () => {
  const swapOf = (one: Container, given: Partial<UnifiedOptions> = {}, spec: object = {}): string | undefined =>
    unifiedRules({ ...options, ...given })(podOf('p', { containers: [one], ...spec }), one)['memory.swap.max'];
  const burstable = container({ memory: '1000' });
  assert.equal(swapOf(burstable), '250');
  assert.equal(swapOf(burstable, { limitedSwap: false }), '0');
  assert.equal(swapOf(burstable, { swapAccounted: false }), undefined);
  assert.equal(swapOf(burstable, {}, { priority: 2_000_000_000 }), '0', 'critical');
  assert.equal(swapOf(container({})), '0', 'best effort');
  assert.equal(swapOf(container({ cpu: '1' })), '0', 'no memory requested');
  assert.equal(swapOf(container({ memory: '1000' }, { memory: '1000' })), '0', 'no more than requested');
  const amounts = { cpu: '1', memory: '1000' };
  assert.equal(swapOf(container(amounts, amounts)), '0', 'guaranteed');
});

test('version 2 gets explicit swap limits, and the OOM kill covers the container', () => {
  const one = container({ memory: '1000' }, { memory: '2000' });
  const unified = unifiedRules(options)(podOf('p', { containers: [one] }), one);
  assert.deepEqual(linuxResources({ cpuShares: 2, memoryLimit: 2000 }, unified), {
    cpuShares: '2',
    memoryLimitInBytes: '2000',
    unified: { 'memory.swap.max': '250', 'memory.oom.group': '1' },
  });
  assert.equal(linuxResources({ cpuShares: 2, memoryLimit: 2000 }).memorySwapLimitInBytes, '2000');
  const single = unifiedRules({ ...options, singleProcessOomKill: true })(podOf('p', { containers: [one] }), one);
  assert.equal(single['memory.oom.group'], undefined);
});

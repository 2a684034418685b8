import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { byPreference } from './pod-order.ts';

function pod(
  name: string,
  more: { node?: string; phase?: string; ready?: string; restarts?: number; created?: string } = {},
): Pod {
  const { node = 'n', phase = 'Running', ready, restarts = 0, created = '2026-01-01T00:00:00Z' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, creationTimestamp: created },
    spec: { nodeName: node },
    status: {
      phase,
      containerStatuses: [{ name: 'c', restartCount: restarts }],
      conditions: ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ready }],
    },
  } as unknown as Pod;
}

const sorted = (pods: readonly Pod[], restarted: boolean): string =>
  pods
    .toSorted(byPreference({ restarted }))
    .map(({ metadata }) => metadata.name)
    .join(' ');

test("orders a workload's pods by preference", () => {
  const pods = [
    pod('waiting', { node: '' }),
    pod('pending', { phase: 'Pending' }),
    pod('unready'),
    pod('young', { ready: '2026-01-03T00:00:00Z' }),
    pod('old', { ready: '2026-01-02T00:00:00Z' }),
  ];
  assert.equal(sorted(pods, true), 'old young unready pending waiting');
  assert.equal(sorted(pods, false), 'old young unready pending waiting');
});

test('restarted pods come first for logs, and last otherwise', () => {
  const pods = [pod('calm'), pod('troubled', { restarts: 2 })];
  assert.equal(sorted(pods, true), 'troubled calm');
  assert.equal(sorted(pods, false), 'calm troubled');
});

test('older pods come first, and equal ones keep their order', () => {
  const ready = '2026-01-02T00:00:00Z';
  const pods = [pod('a', { ready }), pod('b', { ready }), pod('older', { ready, created: '2025-01-01T00:00:00Z' })];
  assert.equal(sorted(pods, false), 'older a b');
});

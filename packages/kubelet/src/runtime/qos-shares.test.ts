import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { QosShares } from './qos-shares.ts';

test('the node emits an event once when pods have their limits, and each time that setting them fails', async () => {
  const clock = new FakeClock();
  const recorder = new RecordedEvents();
  const stop = new AbortController();
  let [failing, rounds] = [true, 0];
  const shares = new QosShares({
    cgroups: {
      shareOut: async () => {
        rounds++;
        if (failing) throw new Error('device or resource busy');
      },
    },
    pods: () => [],
    allocatable: { milliCpu: 1000 },
    clock,
    log: silentLogger,
    recorder,
    node: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } },
  });
  const running = shares.run(stop.signal);
  const round = async (number: number): Promise<void> => {
    while (rounds < number || clock.pending === 0) await new Promise(setImmediate);
  };
  await round(1);
  failing = false;
  await clock.advance(60_000);
  await round(2);
  await clock.advance(60_000);
  await round(3);
  stop.abort();
  await running;
  assert.deepEqual(recorder.seen, [
    'Warning FailedNodeAllocatableEnforcement Failed to update Node Allocatable Limits ["kubepods"]: device or resource busy',
    'Normal NodeAllocatableEnforced Updated Node Allocatable limit across pods',
  ]);
});

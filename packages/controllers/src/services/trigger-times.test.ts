import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@typernetes/api/core/v1';
import { TriggerTimes, triggerAnnotation, withTrigger } from './trigger-times.ts';

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1' });
const service = (second: number): Service => ({
  metadata: { ...meta('web'), creationTimestamp: at(second) },
  spec: { selector: { app: 'web' } },
});
const pod = (name: string, readySince: number | undefined, app = 'web'): Pod => ({
  metadata: { ...meta(name), creationTimestamp: at(0), labels: { app } },
  spec: { containers: [] },
  status: {
    conditions: readySince === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: at(readySince) }],
  },
});

test("first reports the service's creation, later the earliest change since", () => {
  const times = new TriggerTimes();
  const look = (pods: readonly Pod[], made = 10): string | undefined => times.look('shop/web', service(made), pods);
  assert.equal(look([pod('a', 5)]), at(10));
  assert.equal(look([pod('a', 5)]), undefined, 'nothing has changed');
  assert.equal(look([pod('a', 20), pod('b', 15), pod('c', undefined), pod('d', 12, 'other')]), at(15));
  assert.equal(look([pod('a', 20)]), undefined, 'what goes leaves no time');
  assert.equal(look([pod('a', 20), pod('b', 15)]), at(15), 'and is new when it comes again');
  assert.equal(look([pod('a', 20), pod('b', 15)], 30), at(30), 'the service was made anew');
  times.forget('shop/web');
  assert.equal(look([pod('a', 40)], 30), at(30));
});

test('removes the annotation when there is no time to report', () => {
  assert.deepEqual(withTrigger({ note: 'x' }, at(1)), { note: 'x', [triggerAnnotation]: at(1) });
  assert.deepEqual(withTrigger({ note: 'x', [triggerAnnotation]: at(1) }, undefined), { note: 'x' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { deleted, podOf } from '../testing/pod-machine.ts';
import { asksForMore } from './changes.ts';

const pod = podOf('p');
const gated = podOf('p', { readinessGates: [{ conditionType: 'example.com/ready' }] });
const at = (version: string, of: Pod): Pod => ({ ...of, metadata: { ...of.metadata, resourceVersion: version } });
const withCondition = (of: Pod, type: string): Pod => ({ ...of, status: { conditions: [{ type, status: 'True' }] } });

for (const [title, before, after, expected] of [
  ['our own status', pod, at('2', { ...pod, status: { phase: 'Running' } }), false],
  ['a label', pod, { ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } }, true],
  ['a deletion', pod, deleted(pod), true],
  ['another image', pod, podOf('p', { containers: [{ name: 'web', image: 'app:2' }] }), true],
  ['the condition of a readiness gate', gated, at('2', withCondition(gated, 'example.com/ready')), true],
  ['another condition', gated, at('2', withCondition(gated, 'example.com/other')), false],
] as const) {
  test(`${title} is ${expected ? '' : 'not '}a reason to look at a pod`, () => {
    assert.equal(asksForMore(before, after), expected);
  });
}

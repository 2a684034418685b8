import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { type Missing, podsToPreempt } from './preemption.ts';

const mi = 1024 ** 2;

/** `guaranteed` has limits that are its requests, `burstable` none. */
function pod(name: string, qos: 'guaranteed' | 'burstable' | 'besteffort', cpu = '0', memory = '0', priority = 0): Pod {
  const amounts = { cpu, memory };
  const resources =
    qos === 'besteffort' ? {} : { requests: amounts, ...(qos === 'guaranteed' ? { limits: amounts } : {}) };
  return podOf(name, { priority, containers: [{ name: 'c', resources }] });
}

const critical = pod('critical', 'burstable', '1', '1Gi', 2_000_000_000);
const cpu = (amount: number): Missing => ({ resource: 'cpu', amount });
const memory = (amount: number): Missing => ({ resource: 'memory', amount: amount * mi });
const places = (amount: number): Missing => ({ resource: 'pods', amount });

const all = [
  pod('g-big', 'guaranteed', '1', '500Mi'),
  pod('g-small', 'guaranteed', '200m', '100Mi'),
  pod('b-big', 'burstable', '1', '500Mi'),
  pod('b-mid', 'burstable', '500m', '300Mi'),
  pod('b-small', 'burstable', '100m', '100Mi'),
  pod('e', 'besteffort'),
];

for (const [what, present, missing, expected] of [
  ['nobody when nothing is missing', all, [], []],
  ['the burstable pod that just does', all, [cpu(400)], ['b-mid']],
  ['of two that do, the one that asks for less', all, [cpu(100)], ['b-small']],
  ['no guaranteed one while burstable ones do', all, [cpu(1500)], ['b-big', 'b-mid']],
  ['guaranteed ones only for the rest', all, [cpu(1700)], ['b-big', 'b-mid', 'g-small']],
  ['one pod that does for both resources', all, [cpu(400), memory(300)], ['b-mid']],
  ['a best-effort one when only a place is missing', all, [places(1)], ['e']],
  ['all of them if need be', all, [places(6)], ['e', 'b-small', 'b-mid', 'b-big', 'g-small', 'g-big']],
  ['nobody when all together would not do', all, [cpu(3000)], undefined],
  ['no other critical pod', [pod('c', 'burstable', '4', '1Gi', 2_000_000_000)], [cpu(100)], undefined],
  ['no pod of the same class of priority', [pod('s', 'burstable', '4', '1Gi', 2_000_000_001)], [cpu(100)], undefined],
] as const) {
  test(`gives way: ${what}`, () => {
    const chosen = podsToPreempt(critical, present, missing);
    assert.deepEqual(chosen?.map(({ metadata }) => metadata.name).sort(), expected && [...expected].sort());
  });
}

test('a critical pod may preempt another critical pod of lower priority', () => {
  const highest = podOf('highest', { priority: 2_000_001_000 });
  const other = pod('c', 'burstable', '4', '1Gi', 2_000_000_000);
  assert.deepEqual(podsToPreempt(highest, [other], [cpu(100)]), [other]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceCIDR } from '@typernetes/api/networking/v1';
import { finalizer, planRange } from './plan.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '' });
const range = (cidr: string, { held = true, deleted = false, ready = '' } = {}): ServiceCIDR => ({
  metadata: {
    ...meta('r'),
    finalizers: held ? [finalizer] : [],
    ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { cidrs: [cidr] },
  status: {
    conditions: ready
      ? [
          {
            type: 'Ready',
            status: ready,
            lastTransitionTime: '',
            reason: ready === 'False' ? 'Terminating' : '',
            message: '',
          },
        ]
      : [],
  },
});
const inside = '10.96.0.0/24';
const cases: [
  name: string,
  range: ServiceCIDR,
  others: ServiceCIDR[],
  addresses: string[],
  finalizer: string | undefined,
  ready: string | undefined,
][] = [
  ['new', range(inside, { held: false }), [], [], 'add', 'True'],
  ['ready', range(inside, { ready: 'True' }), [], ['10.96.0.1'], undefined, undefined],
  ['deleted, empty', range(inside, { deleted: true, ready: 'True' }), [], ['10.97.0.1'], 'remove', undefined],
  ['deleted, in use', range(inside, { deleted: true, ready: 'True' }), [], ['10.96.0.1'], undefined, 'False'],
  [
    'deleted, held by another',
    range(inside, { deleted: true }),
    [range('10.96.0.0/16')],
    ['10.96.0.1'],
    'remove',
    undefined,
  ],
  ['told already', range(inside, { deleted: true, ready: 'False' }), [], ['10.96.0.1'], undefined, undefined],
  ['of the other family', range('fd00::/64', { deleted: true }), [], ['10.96.0.1', 'fd00::1'], undefined, 'False'],
];
for (const [name, given, others, addresses, held, ready] of cases)
  test(name, () => {
    const plan = planRange(given, {
      others,
      addresses: addresses.map((one) => ({ metadata: meta(one), spec: {} as never })),
      timestamp: '',
    });
    assert.deepEqual([plan.finalizer, plan.condition?.status], [held, ready]);
  });

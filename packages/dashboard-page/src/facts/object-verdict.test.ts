import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { objectVerdict } from './object-verdict.ts';

const deployment = { group: 'apps', kind: 'Deployment' };
const statefulSet = { group: 'apps', kind: 'StatefulSet' };
const daemonSet = { group: 'apps', kind: 'DaemonSet' };
const job = { group: 'batch', kind: 'Job' };
const cronJob = { group: 'batch', kind: 'CronJob' };
const node = { group: '', kind: 'Node' };
const custom = { group: 'example.com', kind: 'Database' };

type Kind = { readonly group: string; readonly kind: string };
const observed = { observedGeneration: 2 };
const condition = (type: string, status: string, rest: object = {}) => ({ conditions: [{ type, status, ...rest }] });

const cases: readonly (readonly [kind: Kind, object: object, tone: string | undefined, word?: string, why?: RegExp])[] =
  [
    [
      deployment,
      { spec: { replicas: 2 }, status: { ...observed, replicas: 2, updatedReplicas: 2, availableReplicas: 2 } },
      'ok',
      'Available',
    ],
    [
      deployment,
      { spec: { replicas: 2 }, status: { ...observed, replicas: 2, updatedReplicas: 2, availableReplicas: 1 } },
      'busy',
      'NotReady',
      /1 of 2 pods are available/,
    ],
    [
      deployment,
      { spec: { replicas: 2 }, status: { ...observed, replicas: 2, updatedReplicas: 1, availableReplicas: 2 } },
      'busy',
      'RollingOut',
      /1 of 2/,
    ],
    [
      deployment,
      { spec: { replicas: 1 }, status: { ...observed, replicas: 2, updatedReplicas: 1, availableReplicas: 2 } },
      'busy',
      'RollingOut',
      /1 of an old revision/,
    ],
    [deployment, { spec: { replicas: 0 }, status: observed }, 'off', 'ScaledToZero'],
    [deployment, { spec: { replicas: 1, paused: true }, status: observed }, 'busy', 'Paused'],
    [deployment, { spec: { replicas: 1 }, status: { observedGeneration: 1 } }, 'busy', 'Waiting'],
    [
      deployment,
      {
        spec: { replicas: 1 },
        status: {
          ...observed,
          ...condition('Progressing', 'False', {
            reason: 'ProgressDeadlineExceeded',
            message: 'ReplicaSet "web-1" has timed out progressing.',
          }),
        },
      },
      'bad',
      'ProgressDeadlineExceeded',
      /timed out/,
    ],
    [
      deployment,
      {
        spec: { replicas: 1 },
        status: {
          ...observed,
          ...condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota' }),
        },
      },
      'bad',
      'FailedCreate',
      /exceeded quota/,
    ],
    [
      statefulSet,
      { spec: { replicas: 3 }, status: { ...observed, readyReplicas: 3, currentRevision: 'a', updateRevision: 'a' } },
      'ok',
      'Ready',
    ],
    [
      statefulSet,
      {
        spec: { replicas: 3 },
        status: { ...observed, readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      },
      'busy',
      'RollingOut',
      /1 of 3/,
    ],
    [
      statefulSet,
      {
        spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
        status: { ...observed, readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      },
      'ok',
      'Ready',
    ],
    [daemonSet, { status: { ...observed, desiredNumberScheduled: 3, numberReady: 2 } }, 'busy', 'NotReady', /2 of 3/],
    [daemonSet, { status: { ...observed, desiredNumberScheduled: 0 } }, 'off', 'NoNodes'],
    [
      job,
      { spec: { completions: 3 }, status: { succeeded: 1, failed: 2 } },
      'busy',
      'Running',
      /1 of 3 completed\n2 pods have failed/,
    ],
    [
      job,
      { status: condition('Failed', 'True', { reason: 'BackoffLimitExceeded', message: 'too often' }) },
      'bad',
      'BackoffLimitExceeded',
      /too often/,
    ],
    [job, { status: condition('Complete', 'True') }, 'off', 'Complete'],
    [cronJob, { spec: { suspend: true } }, 'off', 'Suspended'],
    [cronJob, { spec: {}, status: { active: [{}] } }, 'busy', 'Active', /1 job runs/],
    [node, { status: condition('Ready', 'True') }, 'ok', 'Ready'],
    [node, { spec: { unschedulable: true }, status: condition('Ready', 'True') }, 'busy', 'Cordoned'],
    [
      node,
      { status: condition('Ready', 'Unknown', { message: 'Kubelet stopped posting node status.' }) },
      'bad',
      'Unknown',
      /stopped posting/,
    ],
    [
      node,
      {
        status: {
          conditions: [
            { type: 'Ready', status: 'True' },
            { type: 'DiskPressure', status: 'True', message: 'kubelet has disk pressure' },
          ],
        },
      },
      'bad',
      'DiskPressure',
      /disk pressure/,
    ],
    [custom, { status: condition('Ready', 'False', { message: 'no volume' }) }, 'bad', 'NotReady', /no volume/],
    [custom, { status: condition('Available', 'True') }, 'ok', 'Available'],
    [
      custom,
      { metadata: { generation: 2, deletionTimestamp: 'x', finalizers: ['a.b/c'] } },
      'busy',
      'Terminating',
      /a\.b\/c/,
    ],
    [custom, {}, undefined],
  ];

for (const [kind, object, tone, word, why = /(?:)/] of cases)
  test(`${kind.kind} ${JSON.stringify(object)}: ${word ?? 'nothing to say'}`, () => {
    const verdict = objectVerdict(kind, { metadata: { name: 'x', generation: 2 }, ...object } as ApiObject);
    assert.deepEqual([verdict?.tone, verdict?.word], [tone, word]);
    assert.match(verdict?.why.join('\n') ?? '', why);
  });

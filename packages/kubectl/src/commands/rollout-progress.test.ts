import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '@typernetes/api/apps/v1';
import { deploymentProgress } from './rollout-progress.ts';

const deployment = (status: Deployment['status'], generation = 1): Deployment =>
  ({
    metadata: { name: 'web', generation },
    spec: { replicas: 3 },
    status: { observedGeneration: 1, ...status },
  }) as Deployment;

test('describes each stage of a rollout', () => {
  const waiting = (why: string): string => `Waiting for deployment "web" rollout to finish: ${why}...\n`;
  const cases: [Deployment, string][] = [
    [deployment({}, 2), 'Waiting for deployment spec update to be observed...\n'],
    [deployment({ updatedReplicas: 1 }), waiting('1 out of 3 new replicas have been updated')],
    [deployment({ updatedReplicas: 3, replicas: 4 }), waiting('1 old replicas are pending termination')],
    [
      deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 2 }),
      waiting('2 of 3 updated replicas are available'),
    ],
    [
      deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 3 }),
      'deployment "web" successfully rolled out\n',
    ],
  ];
  for (const [object, text] of cases) assert.equal(deploymentProgress(object).text, text);
});

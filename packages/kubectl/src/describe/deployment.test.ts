import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import { newReplicaSet } from './deployment.ts';

const template = (image: string, hash?: string) => ({
  metadata: { labels: { app: 'web', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) }, annotations: {} },
  spec: { containers: [{ name: 'main', image, resources: {} }] },
});
const replicaSet = (name: string, image: string, creationTimestamp: string, revision = '1') =>
  ({
    metadata: { name, creationTimestamp, annotations: { 'deployment.kubernetes.io/revision': revision } },
    spec: { template: template(image, name) },
  }) as unknown as ReplicaSet;

test('the new ReplicaSet of a Deployment is the oldest one with its template, whatever its revision', () => {
  const deployment = {
    metadata: { name: 'web', annotations: { 'deployment.kubernetes.io/revision': '2' } },
    spec: { template: { ...template('web:2'), metadata: { labels: { app: 'web' } } } },
  } as unknown as Deployment;
  const owned = [
    replicaSet('c', 'web:2', '2026-01-03T00:00:00Z', '3'),
    replicaSet('b', 'web:2', '2026-01-02T00:00:00Z', '1'),
    replicaSet('a', 'web:1', '2026-01-01T00:00:00Z', '2'),
  ];
  assert.equal(newReplicaSet(deployment, owned)?.metadata.name, 'b');
  assert.equal(newReplicaSet(deployment, owned.slice(2)), undefined);
});

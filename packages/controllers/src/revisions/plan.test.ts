import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControllerRevision } from '@typernetes/api/apps/v1';
import { daemonsets } from '@typernetes/api/apps/v1';
import type { PodTemplateSpec } from '@typernetes/api/core/v1';
import { expiredRevisions, planRevision, templateOf } from './plan.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '' });
const revised = (template: PodTemplateSpec, collisionCount = 0) => ({
  owner: { metadata: { ...meta('agent'), namespace: 'shop' } },
  ownerType: daemonsets,
  template,
  collisionCount,
  hashLabel: 'hash',
});
const old: PodTemplateSpec = { spec: { containers: [] } };
const next: PodTemplateSpec = { spec: { containers: [], hostNetwork: true } };
const stored = (template: PodTemplateSpec, revision: number): ControllerRevision => {
  const { create } = planRevision(revised(template), []);
  return { data: create?.data, metadata: { ...meta(''), ...create?.metadata }, revision };
};

test('a new template becomes the next revision; one that comes back promotes its own', () => {
  const first = planRevision(revised(old), []);
  assert.equal(first.name, `agent-${first.hash}`);
  const second = planRevision(revised(next), [stored(old, 1)]);
  assert.deepEqual([second.create?.revision, second.hash === first.hash], [2, false]);
  assert.equal(planRevision(revised(old), [stored(old, 1), stored(next, 2)]).promote?.revision, 3);
  assert.equal(planRevision(revised(next), [stored(old, 1), stored(next, 2)]).promote, undefined);
  assert.notEqual(planRevision(revised(old, 1), []).hash, first.hash);
  assert.deepEqual(templateOf(stored(next, 1)), next);
});

test('a revision contains the same text that kubectl makes of the template', () => {
  const template: PodTemplateSpec = {
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    metadata: { labels: { b: '2', a: '1' } },
  };
  const { create } = planRevision(revised(template), []);
  assert.equal(
    JSON.stringify(create?.data),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"image":"i","name":"c"}],"nodeName":"n"}}}}',
  );
});

test('the oldest idle revisions expire', () => {
  const history = [3, 1, 2].map((revision) => stored(old, revision));
  const expired = expiredRevisions(history, { limit: 1, inUse: ({ revision }) => revision === 3 });
  assert.deepEqual(
    expired.map(({ revision }) => revision),
    [1],
  );
});

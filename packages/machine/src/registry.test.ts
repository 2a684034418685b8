import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitReference } from './registry.ts';

test('the registry goes by what follows the host', () => {
  const cases: [string, string, string][] = [
    ['docker.io/library/nginx:1.7.9', 'library/nginx', '1.7.9'],
    ['k8s.gcr.io/busybox:latest', 'busybox', 'latest'],
    ['localhost:5000/a/b:c', 'a/b', 'c'],
  ];
  for (const [reference, repository, tag] of cases) assert.deepEqual(splitReference(reference), { repository, tag });
});

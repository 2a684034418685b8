import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPullPolicy, uppercaseIn, withDefaultTag } from './image-name.ts';

const digest = `sha256:${'a'.repeat(64)}`;

for (const [image, tagged, policy] of [
  ['nginx', 'nginx:latest', 'Always'],
  ['nginx:1.7.9', 'nginx:1.7.9', 'IfNotPresent'],
  ['nginx:latest', 'nginx:latest', 'Always'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest', 'Always'],
  ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9', 'IfNotPresent'],
  [`nginx@${digest}`, `nginx@${digest}`, 'IfNotPresent'],
  [`nginx:latest@${digest}`, `nginx:latest@${digest}`, 'IfNotPresent'],
] as const) {
  test(image, () => {
    assert.equal(withDefaultTag(image), tagged);
    assert.equal(defaultPullPolicy(image), policy);
  });
}

for (const image of ['', 'Nginx', 'nginx:', 'a b', 'nginx@sha256:12', '/nginx']) {
  test(`"${image}" is no image`, () => assert.equal(withDefaultTag(image), undefined));
}

test('reports capitals in a path', () => {
  assert.equal(uppercaseIn('Nginx:1'), ': repository name (library/Nginx) must be lowercase');
  assert.equal(uppercaseIn('example.com/a/B'), ': repository name (a/B) must be lowercase');
  assert.equal(uppercaseIn('nginx:'), '');
});

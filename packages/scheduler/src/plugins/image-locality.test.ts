import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { clusterOf } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { imageLocality } from './image-locality.ts';

const megabytes = (count: number): number => count * 1024 * 1024;

/** The score of the only node, which has the images, for a pod with that spec; undefined: the plugin is skipped. */
function score(images: Readonly<Record<string, number>>, spec: Partial<Pod['spec']>): number | undefined {
  const node = makeNode('n');
  const held = Object.entries(images).map(([name, sizeBytes]) => ({ names: [name], sizeBytes }));
  const cluster = clusterOf([{ ...node, status: { ...node.status, images: held } }]);
  const pod = makePod();
  const wanted = { ...pod, spec: { ...pod.spec, ...spec } };
  const prepared = imageLocality.prepareScore?.(wanted, cluster.nodes, cluster);
  assert.ok(prepared && cluster.nodes[0]);
  if (!('scoring' in prepared) || prepared.scoring === undefined) return undefined;
  return imageLocality.score?.(wanted, cluster.nodes[0], prepared.scoring);
}

const containers = (image: string) => ({ containers: [{ name: 'main', image }] });

test('a missing tag means latest, a missing registry is not guessed', () => {
  const held = {
    'registry.example:5000/app:latest': megabytes(1000),
    'docker.io/library/plain:latest': megabytes(1000),
  };
  assert.equal(score(held, containers('registry.example:5000/app')), 100);
  assert.equal(score(held, containers('docker.io/library/plain')), 100);
  assert.equal(score(held, containers('plain')), undefined);
  assert.equal(score(held, containers('plain:latest')), undefined);
});

test('images of volumes count as those of containers', () => {
  const held = { 'registry.example/data:1': megabytes(1000) };
  const volumes = [{ name: 'v', image: { reference: 'registry.example/data:1' } }];
  assert.equal(score(held, { ...containers('registry.example/app:1'), volumes }), 100);
});

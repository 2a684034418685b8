import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildImage } from './build-image.ts';
import { image as sample } from './geektime-sample/image.ts';
import { image as pause } from './pause/image.ts';
import type { ImageRecipe } from './recipe.ts';
import { tarLayer } from './tar-layer.ts';

const folder = mkdtempSync(join(tmpdir(), 'images-'));
after(() => rmSync(folder, { recursive: true }));
const index = (layout: string): string => readFileSync(join(layout, 'index.json'), 'utf8');

test('building twice gives the same digests', async () => {
  for (const recipe of [pause, sample]) {
    const [one, other] = [
      await buildImage(recipe, { cache: join(folder, 'one') }),
      await buildImage(recipe, { cache: join(folder, 'other') }),
    ];
    assert.equal(index(one.layout), index(other.layout));
  }
});

test('an image is rebuilt only when its inputs have changed', async () => {
  let builds = 0;
  const make = (input: string): ImageRecipe => ({
    name: 'probe',
    references: ['localhost/probe:1'],
    destination: 'registry',
    inputs: () => [input],
    async build() {
      builds += 1;
      return { layers: [await tarLayer([{ path: 'file', type: 'file', content: input }], { gzip: true })], config: {} };
    },
  });
  const cache = join(folder, 'cached');
  const first = index((await buildImage(make('a'), { cache })).layout);
  assert.equal(index((await buildImage(make('a'), { cache })).layout), first);
  assert.equal(builds, 1);
  assert.notEqual(index((await buildImage(make('b'), { cache })).layout), first);
  assert.equal(builds, 2);
});

test('skopeo reads the layout', async () => {
  const { layout } = await buildImage(sample, { cache: join(folder, 'skopeo') });
  execFileSync('skopeo', ['copy', '--quiet', `oci:${layout}`, `dir:${join(folder, 'copied')}`]);
  const manifest = JSON.parse(readFileSync(join(folder, 'copied/manifest.json'), 'utf8')) as { layers: unknown[] };
  assert.equal(manifest.layers.length, 2);
});

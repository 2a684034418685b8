import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { imageTag } from '@typernetes/base';
import { buildSuffix } from '../tools/build-version.ts';
import { writeOciLayout } from './oci-layout.ts';
import type { ImageRecipe } from './recipe.ts';

/** An image on disk. `layout` is an OCI image layout. */
export interface BuiltImage {
  readonly name: string;
  readonly layout: string;
  readonly references: readonly string[];
  readonly destination: ImageRecipe['destination'];
}

export const imageCache = resolve(import.meta.dirname, '../.cache/images');

/** Builds the image into `cache`, unless the image there was built from the same inputs. */
export async function buildImage(
  recipe: ImageRecipe,
  options: { cache?: string; report?: (line: string) => void } = {},
): Promise<BuiltImage> {
  // Images whose tag is the version get a directory for each version; the blobs beside them are shared.
  const versioned = recipe.references.some((reference) => reference.endsWith(`:${imageTag}`));
  const layout = join(options.cache ?? imageCache, `${recipe.name}${versioned ? buildSuffix : ''}`);
  const built = { name: recipe.name, layout, references: recipe.references, destination: recipe.destination };
  const key = await keyOf(recipe);
  const keyFile = join(layout, 'inputs');
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return built;
  const begin = performance.now();
  const { layers, config } = await recipe.build();
  const digest = writeOciLayout(layout, { names: recipe.references, layers, config });
  writeFileSync(keyFile, key);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  options.report?.(`${recipe.references[0]}  ${digest.slice(0, 19)}  ${seconds} s`);
  return built;
}

/** Sources in the directories of other images are ignored, except those of base images. */
const foundations = ['node-base', 'busybox'];

async function keyOf(recipe: ImageRecipe): Promise<string> {
  const folders = [...foundations, recipe.name.replace(/-[^-]+$/, ''), recipe.name];
  const sources = globSync(['*.ts', ...folders.map((folder) => `${folder}/*`)], { cwd: import.meta.dirname })
    .filter((file) => !/\.(test\.ts|md)$|^(catalogue|build)\.ts$/.test(file))
    .sort()
    .map((file) => readFileSync(join(import.meta.dirname, file)));
  return hashOf([...sources, recipe.name, ...recipe.references, ...(await recipe.inputs())]);
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex');
}

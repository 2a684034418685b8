import { type BuiltImage, buildImage } from './build-image.ts';
import { catalogue } from './catalogue.ts';
import type { ImageRecipe } from './recipe.ts';

/** What every machine of a cluster has from the start, up to date. */
export function machineImages(report: (line: string) => void): Promise<BuiltImage[]> {
  return buildImages(
    catalogue.filter(({ destination }) => destination === 'machine'),
    report,
  );
}

/** Builds those that are not up to date, one after the other. */
export async function buildImages(
  recipes: readonly ImageRecipe[],
  report: (line: string) => void,
): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const recipe of recipes) images.push(await buildImage(recipe, { report: (line) => report(`Built ${line}`) }));
  return images;
}

import { type BuiltImage, buildImage } from './build-image.ts';
import { catalogue } from './catalogue.ts';
import type { ImageRecipe } from './recipe.ts';

/** The images that every machine of a cluster starts with, brought up to date. */
export function machineImages(report: (line: string) => void): Promise<BuiltImage[]> {
  return buildImages(
    catalogue.filter(({ destination }) => destination === 'machine'),
    report,
  );
}

/**
 * Builds images that are out of date, two at a time: most of the work is compression, in threads and other programs.
 */
export async function buildImages(
  recipes: readonly ImageRecipe[],
  report: (line: string) => void,
): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  const waiting = recipes.entries();
  const builder = async (): Promise<void> => {
    for (const [i, recipe] of waiting)
      images[i] = await buildImage(recipe, { report: (line) => report(`Built ${line}`) });
  };
  await Promise.all([builder(), builder()]);
  return images;
}

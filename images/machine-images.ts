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

/** Builds those that are not up to date, two at a time: most of the work is compression, by threads and other programs. */
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

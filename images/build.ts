/** `npm run images [name…]`: builds all images that are out of date, or those named, into .cache/images. */
import { catalogue } from './catalogue.ts';
import { buildImages } from './machine-images.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !catalogue.some((recipe) => recipe.name === name));
if (unknown.length > 0) {
  console.error(`Unknown image "${unknown[0]}"; there are: ${catalogue.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}
await buildImages(
  catalogue.filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
  console.log,
);

import { imageTag } from '@typernetes/base';
import { saveImages } from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';
import { loadImagesCommand } from './load-images-command.ts';
import { print, report } from './terminal.ts';

/** `typernetes images …`. Returns the exit code. */
export async function imagesCommand([verb, ...rest]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'save':
      return await saveCommand(rest);
    case 'load':
      return await loadImagesCommand(rest);
    default:
      throw new FlagError(`Unknown command "images ${verb ?? ''}"`);
  }
}

async function saveCommand(args: readonly string[]): Promise<number> {
  const [file = `typernetes-images-${imageTag}.tar.gz`, ...more] = parseFlags({}, args).positional;
  if (more.length > 0) throw new FlagError(`Unexpected argument "${more[0]}"`);
  // The image builder is loaded on demand.
  const { machineImages } = await import('../../../images/machine-images.ts');
  const images = await machineImages(report);
  await saveImages(file, images);
  print(`${images.flatMap(({ references }) => references).join('\n')}\nImages saved to ${file}\n`);
  return 0;
}

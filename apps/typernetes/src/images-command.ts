import { existsSync } from 'node:fs';
import { imageTag } from '@typernetes/base';
import { loadImages, runtimeSocket, saveImages } from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';
import { print, report } from './terminal.ts';

const flagSpecs = {
  address: { type: 'string', help: "containerd's socket", default: runtimeSocket },
} as const;

/** `typernetes images …`. Returns the exit code. */
export async function imagesCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { flags, positional } = parseFlags(flagSpecs, rest);
  const [file, ...more] = positional;
  if (more.length > 0) throw new FlagError(`Unexpected argument "${more[0]}"`);
  switch (verb) {
    case 'save': {
      const target = file ?? `typernetes-images-${imageTag}.tar.gz`;
      // The image builder is loaded on demand.
      const { machineImages } = await import('../../../images/machine-images.ts');
      const images = await machineImages(report);
      await saveImages(target, images);
      print(`${images.flatMap(({ references }) => references).join('\n')}\nImages saved to ${target}\n`);
      return 0;
    }
    case 'load': {
      if (file === undefined) throw new FlagError('Name the file that the images come from');
      if (!existsSync(file)) throw new Error(`Cannot load images: there is no file "${file}"`);
      for (const image of await loadImages(file, flags.address)) print(`${image} loaded\n`);
      return 0;
    }
    default:
      throw new FlagError(`Unknown command "images ${verb ?? ''}"`);
  }
}

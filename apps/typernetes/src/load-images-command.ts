import { existsSync } from 'node:fs';
import { loadImages, runtimeSocket } from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';

const flagSpecs = {
  address: { type: 'string', help: "containerd's socket", default: runtimeSocket },
} as const;

/** `typernetes images load …`, after these words. Returns the exit code. */
export async function loadImagesCommand(args: readonly string[]): Promise<number> {
  const { flags, positional } = parseFlags(flagSpecs, args);
  const [file, ...more] = positional;
  if (more.length > 0) throw new FlagError(`Unexpected argument "${more[0]}"`);
  if (file === undefined) throw new FlagError('Name the file that the images come from');
  if (!existsSync(file)) throw new Error(`Cannot load images: there is no file "${file}"`);
  for (const image of await loadImages(file, flags.address)) process.stdout.write(`${image} loaded\n`);
  return 0;
}

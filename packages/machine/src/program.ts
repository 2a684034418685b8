import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, run } from './command.ts';

/** Where our bundled programs and their Node live, on machines as in images. */
export const programDirectory = '/usr/local/lib/typernetes';

/** Compiled code of the programs, below their directory. */
export const compileCache = 'compile-cache';

/**
 * Starts a bundled program on our Node, with its compiled code read from the cache that {@link compileAhead} made beside the bundle.
 * No shell in between: the program gets the signals.
 */
export function wrapperOf(program: string): string {
  return `#!${programDirectory}/node
require('node:module').enableCompileCache({ directory: '${programDirectory}/${compileCache}', portable: true });
import('${programDirectory}/${program}.mjs');
`;
}

/**
 * Runs the program in `folder` once, for its version, so that Node writes down its compiled code. That code depends on the processor
 * and differs from one time to the next, so it is made where it is used and is no part of an image. A program that cannot say its
 * version starts without.
 */
export async function compileAhead(
  node: string,
  { folder, program }: { folder: string; program: string },
): Promise<void> {
  const wrapper = join(folder, `${program}.compile`);
  writeFileSync(wrapper, wrapperOf(program).replaceAll(programDirectory, folder));
  try {
    await run([node, wrapper, '--version'], { signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    rmSync(wrapper);
  }
}

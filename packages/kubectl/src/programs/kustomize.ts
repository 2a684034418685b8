import { execFile } from 'node:child_process';
import { codeOf } from '@typernetes/base';
import { built } from '../kustomize/build.ts';
import { ForeignFieldError } from '../kustomize/kustomization.ts';
import type { Surroundings } from '../session.ts';

const largestOutput = 256 * 1024 * 1024;

/**
 * The objects of a kustomization. What is not understood here, and flags that ask for functions or charts, are left to the program "kustomize". Throws
 * with what is wrong, or when there would have to be such a program and is none.
 */
export async function builtKustomization(
  folder: string,
  { io, files, environment }: Pick<Surroundings, 'io' | 'files' | 'environment'>,
  flags: readonly string[] = [],
): Promise<string> {
  const anywhere = flags.includes('--load-restrictor=LoadRestrictionsNone');
  const foreign = flags.filter((flag) => !flag.startsWith('--load-restrictor='));
  try {
    if (foreign.length > 0)
      throw new ForeignFieldError(
        `flag "${foreign[0]?.replace(/=.*/, '')}" is left to the program "kustomize", which is not on the PATH: install it`,
      );
    return await built(folder, { files, environment, anywhere, warn: io.err });
  } catch (error) {
    if (!(error instanceof ForeignFieldError)) throw error;
    return byProgram(folder, { environment, flags, without: error });
  }
}

function byProgram(
  folder: string,
  of: { environment: Surroundings['environment']; flags: readonly string[]; without: Error },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...of.environment }, maxBuffer: largestOutput };
    execFile('kustomize', ['build', ...of.flags, folder], options, (error, out, err) => {
      if (!error) return resolve(out);
      reject(codeOf(error) === 'ENOENT' ? of.without : new Error(err.trim().replace(/^Error: /, '') || error.message));
    });
  });
}

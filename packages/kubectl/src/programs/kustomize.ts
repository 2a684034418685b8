import { execFile } from 'node:child_process';
import { codeOf } from '@typernetes/base';

const largestOutput = 256 * 1024 * 1024;

/** The objects of a kustomization, as the program "kustomize" prints them. Throws when there is no such program, or with what it says. */
export function builtKustomization(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[] = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...environment }, maxBuffer: largestOutput };
    execFile('kustomize', ['build', ...flags, folder], options, (error, out, err) => {
      if (!error) return resolve(out);
      reject(
        codeOf(error) === 'ENOENT'
          ? new Error('kustomizations are built by the program "kustomize", which is not on the PATH: install it')
          : new Error(err.trim().replace(/^Error: /, '') || error.message),
      );
    });
  });
}

import { execFile } from 'node:child_process';
import { codeOf } from '@typernetes/base';
import { built } from '../kustomize/build.ts';
import { ForeignFieldError } from '../kustomize/kustomization.ts';
import { logged } from '../logged-warning.ts';
import type { Surroundings } from '../session.ts';
import { GitClones } from './git-clone.ts';

const largestOutput = 256 * 1024 * 1024;

/**
 * The objects of a kustomization. What is not understood here, charts and functions, is left to the program "kustomize" where flags allow it. Throws with
 * what is wrong, or when there would have to be such a program and is none.
 */
export async function builtKustomization(
  folder: string,
  session: Pick<Surroundings, 'io' | 'files' | 'environment' | 'clock'>,
  flags: readonly string[] = [],
): Promise<string> {
  const { io, files, environment } = session;
  const log = (text: string): void => io.err(logged(text, { session, place: 'log.go:244', severity: 'I' }));
  await using clones = new GitClones(environment);
  try {
    return await built(folder, {
      files,
      environment,
      anywhere: flags.includes('--load-restrictor=LoadRestrictionsNone'),
      charts: flags.includes('--enable-helm=true'),
      functions: flags.includes('--enable-alpha-plugins=true'),
      clone: (repository) => clones.clone(repository),
      warn: io.err,
      log,
    });
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

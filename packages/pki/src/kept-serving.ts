import { codeOf } from '@typernetes/base';
import { type IdentityFiles, readIdentity, writeIdentity } from './files.ts';
import type { Identity } from './identity.ts';

/**
 * A component's own serving identity, kept on disk for its next start. It is created only if there is none: a file that
 * cannot be read is left for a person to look at, not replaced. `made` says whether it is new.
 */
export async function keptServing(
  files: IdentityFiles,
  make: () => Promise<Identity>,
): Promise<Identity & { readonly made: boolean }> {
  try {
    return { ...(await readIdentity(files)), made: false };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const identity = await make();
  await writeIdentity(files, identity);
  return { ...identity, made: true };
}

import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const setgid = 0o2000;
const bits = { readWrite: 0o660, readOnly: 0o440, enter: 0o110 } as const;

/**
 * Gives a volume's files to a group, with the permissions of the owner; new files inherit it. With `OnRootMismatch`
 * nothing is done if the volume's root already has the right owner and mode (upstream: SetVolumeOwnership).
 */
export async function giveToGroup(
  root: string,
  { group, readOnly, onlyIfRootDiffers }: { group: number; readOnly: boolean; onlyIfRootDiffers: boolean },
): Promise<void> {
  const mask = readOnly ? bits.readOnly : bits.readWrite;
  const wantedOfRoot = mask | bits.enter | setgid;
  const stat = await lstat(root);
  if (onlyIfRootDiffers && stat.gid === group && (stat.mode & wantedOfRoot) === wantedOfRoot) return;
  const give = async (path: string): Promise<void> => {
    const found = await lstat(path);
    await lchown(path, found.uid, group);
    // Only files and directories have permissions of their own.
    if (found.isSymbolicLink()) return;
    const more = found.isDirectory() ? mask | bits.enter | setgid : mask;
    await chmod(path, (found.mode & 0o7777) | more);
    if (found.isDirectory()) for (const name of await readdir(path)) await give(join(path, name));
  };
  await give(root);
}

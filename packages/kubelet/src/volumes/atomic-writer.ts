import { chmod, chown, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '@typernetes/base';

/** One file of a volume: content, permission bits, and its owner if that is not root. */
export interface VolumeFile {
  readonly content: Uint8Array | string;
  readonly mode: number;
  readonly owner?: number | undefined;
}

export type Payload = ReadonlyMap<string, VolumeFile>;

const dataLink = '..data';

/**
 * Writes the files of a volume so that a container sees either all the old ones or all the new ones: each version has
 * its own directory, the files at the top are links through `..data`, and one rename moves that link. Writes nothing
 * when nothing changed. `version` names the new directory; by upstream's convention it begins with `..` and a time.
 */
export async function writeAtomically(
  target: string,
  payload: Payload,
  options: { version: string; fsGroup?: number },
): Promise<void> {
  await mkdir(target, { recursive: true });
  const current = await readLinkIfThere(join(target, dataLink));
  if (current !== undefined && (await isSame(join(target, current), payload))) return;

  const directory = join(target, options.version);
  await mkdir(directory, { mode: 0o755 });
  for (const [path, file] of payload) {
    const full = join(directory, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, file.content, { mode: file.mode });
    // Such a volume counts as read-only: its group may only read it (upstream: SetVolumeOwnership).
    await chmod(full, options.fsGroup === undefined ? file.mode : file.mode | 0o440);
    if (file.owner !== undefined || options.fsGroup !== undefined)
      await chown(full, file.owner ?? -1, options.fsGroup ?? -1);
  }
  const temporary = join(target, '..data_tmp');
  await rm(temporary, { force: true });
  await symlink(options.version, temporary);
  await rename(temporary, join(target, dataLink));
  await linkTopEntries(target, payload);
  if (current !== undefined) await rm(join(target, current), { recursive: true, force: true });
}

/** Makes a link for each first part of a path, and drops those that lead nowhere any more. */
async function linkTopEntries(target: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0] as string));
  const existing = new Set((await readdir(target)).filter((name) => !name.startsWith('..')));
  for (const name of wanted) if (!existing.has(name)) await symlink(join(dataLink, name), join(target, name));
  for (const name of existing) if (!wanted.has(name)) await rm(join(target, name), { force: true });
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  const files = await filesBelow(directory);
  if (files.length !== payload.size) return false;
  for (const path of files) {
    const file = payload.get(path);
    if (!file || !Buffer.from(file.content).equals(await readFile(join(directory, path)))) return false;
  }
  return true;
}

async function filesBelow(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readLinkIfThere(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

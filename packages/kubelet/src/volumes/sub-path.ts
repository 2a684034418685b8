import type { Stats } from 'node:fs';
import { constants, type FileHandle, mkdir, open, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { codeOf } from '@typernetes/base';
import { ContainerConfigError } from '../runtime/environment.ts';
import type { Mounter } from './mount.ts';

/**
 * Makes a path below a volume the source of a mount, creating it if it is missing. Links may lead through the volume
 * but not out of it, and programs that write to the volume must not be able to change that between our check and the
 * mount: once the links are resolved, every part is opened relative to its parent without following links, and the open
 * file, not its name, is bound to `target`. A directory that is created has the permissions of the volume. Returns
 * `target`.
 */
export async function bindSubPath(
  volume: string,
  subPath: string,
  { target, mounter }: { readonly target: string; readonly mounter: Mounter },
): Promise<string> {
  const parts = await resolvedParts(volume, subPath);
  let handle = await open(volume, constants.O_RDONLY);
  try {
    const mode = (await handle.stat()).mode & 0o7777;
    let isNew = false;
    for (const part of parts) {
      const next = await openBelow(handle, part, { subPath, mode });
      await handle.close();
      [handle, isNew] = [next.handle, next.isNew];
    }
    // Making it took our umask away.
    if (isNew) await handle.chmod(mode);
    const found = await handle.stat();
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    // An earlier run of the container may have had a file here that has been replaced since: ConfigMaps change.
    if (!(await isSameFile(target, found))) await mounter.unmountBelow(target);
    if (found.isDirectory()) await mkdir(target, { recursive: true, mode: 0o750 });
    else await writeFile(target, '', { flag: 'a' });
    await mounter.bind(`/proc/${process.pid}/fd/${handle.fd}`, target);
    return target;
  } finally {
    await handle.close();
  }
}

async function isSameFile(path: string, { dev, ino }: Stats): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.dev === dev && found.ino === ino;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The parts of the path with all links resolved; those that do not exist yet come last. */
async function resolvedParts(volume: string, subPath: string): Promise<readonly string[]> {
  const parts = subPath.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw outside(subPath);
  const root = await realpath(volume);
  for (let existing = parts.length; ; existing--) {
    try {
      const inside = relative(root, await realpath(join(root, ...parts.slice(0, existing))));
      if (inside === '..' || inside.startsWith('../')) throw outside(subPath);
      return [...inside.split('/').filter(Boolean), ...parts.slice(existing)];
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || existing === 0) throw error;
    }
  }
}

/** Opens a file or directory within an open directory; creates a directory if nothing is there. */
async function openBelow(
  parent: FileHandle,
  name: string,
  { subPath, mode }: { readonly subPath: string; readonly mode: number },
): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  const path = `/proc/self/fd/${parent.fd}/${name}`;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  for (let isNew = false; ; ) {
    try {
      return { handle: await open(path, flags), isNew };
    } catch (error) {
      // ELOOP: it is a link.
      if (codeOf(error) === 'ELOOP') throw outside(subPath);
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    try {
      await mkdir(path, { mode });
      isNew = true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

function outside(subPath: string): ContainerConfigError {
  return new ContainerConfigError(
    `failed to prepare subPath for volumeMount: subpath "${subPath}" not within volume path`,
  );
}

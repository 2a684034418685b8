import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mounts and unmounts on this machine, in the mount namespace of this process. */
export interface Mounter {
  /** Mounts a tmpfs unless something is mounted there already. `sizeBytes` 0 is the kernel's default, half of the memory. */
  tmpfs(path: string, sizeBytes: number): Promise<void>;
  /** Takes down everything that is mounted at or below `path`, innermost first. */
  unmountBelow(path: string): Promise<void>;
}

async function mountPoints(): Promise<string[]> {
  const table = await readFile('/proc/self/mounts', 'utf8');
  return table
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter(Boolean)
    .map((path) => path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}

export const systemMounter: Mounter = {
  tmpfs: async (path, sizeBytes) => {
    if ((await mountPoints()).includes(path)) return;
    const options = sizeBytes > 0 ? ['-o', `size=${sizeBytes}`] : [];
    await run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', path]);
  },
  unmountBelow: async (path) => {
    const inside = (await mountPoints()).filter((point) => point === path || point.startsWith(`${path}/`));
    for (const point of inside.reverse()) await run('umount', [point]);
  },
};

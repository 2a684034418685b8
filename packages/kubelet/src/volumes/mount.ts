import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { FileSystemMount } from '@typernetes/cri';
import { type DeviceMount, mountDevice } from './block-device.ts';

const run = promisify(execFile);

/** Mounts and unmounts on this machine, in the mount namespace of this process. */
export interface Mounter {
  /** Mounts a tmpfs unless something is mounted there already. `sizeBytes` 0 is the kernel's default, half of the memory. */
  tmpfs(path: string, sizeBytes: number): Promise<void>;
  /** Mounts a hugetlbfs with pages of that size unless something is mounted there already. */
  hugepages(path: string, pageBytes: number): Promise<void>;
  /** Binds a file or directory to another place, unless something is mounted there already. */
  bind(source: string, target: string): Promise<void>;
  /** Mounts what somebody else has described, read-only, unless something is mounted there already. */
  mount(mount: FileSystemMount, target: string): Promise<void>;
  /** Mounts a block device, formatting it if it is empty, unless something is mounted there already. */
  device(mount: DeviceMount): Promise<void>;
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

/**
 * The kernel accepts one page of options, which is too little for the paths of an image with many layers: so they are
 * relative to the common directory.
 */
function relativeLayers(options: readonly string[]): {
  readonly directory?: string;
  readonly shortened: readonly string[];
} {
  const prefix = 'lowerdir=';
  const layers =
    options
      .find((option) => option.startsWith(prefix))
      ?.slice(prefix.length)
      .split(':') ?? [];
  const directories = layers.map((layer) => dirname(dirname(layer)));
  const [directory] = directories;
  if (directory === undefined || directories.some((other) => other !== directory)) return { shortened: options };
  const short = layers.map((layer) => layer.slice(directory.length + 1)).join(':');
  return { directory, shortened: options.map((option) => (option.startsWith(prefix) ? `${prefix}${short}` : option)) };
}

/** Looked at for every volume of every pod again and again: reading the whole table each time would be dear. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, parent] = await Promise.all([stat(path), stat(dirname(path))]);
  return own.dev !== parent.dev;
}

export const systemMounter: Mounter = {
  tmpfs: async (path, sizeBytes) => {
    if (await isMountPoint(path)) return;
    const options = sizeBytes > 0 ? ['-o', `size=${sizeBytes}`] : [];
    await run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', path]);
  },
  hugepages: async (path, pageBytes) => {
    if (!(await isMountPoint(path)))
      await run('mount', ['-t', 'hugetlbfs', '-o', `pagesize=${pageBytes}`, 'nodev', path]);
  },
  bind: async (source, target) => {
    if ((await mountPoints()).includes(target)) return;
    await run('mount', ['--no-canonicalize', '--bind', source, target]);
  },
  mount: async ({ type, source, options }, target) => {
    if ((await mountPoints()).includes(target)) return;
    const { directory, shortened } = relativeLayers(options);
    const kind = type === 'bind' ? [] : ['-t', type];
    const all = new Set([...shortened, 'ro']);
    await run('mount', [...kind, '-o', [...all].join(','), source, target], directory ? { cwd: directory } : {});
  },
  device: async (mount) => {
    if (!(await isMountPoint(mount.target))) await mountDevice(mount);
  },
  unmountBelow: async (path) => {
    const inside = (await mountPoints()).filter((point) => point === path || point.startsWith(`${path}/`));
    for (const point of inside.reverse()) await run('umount', [point]);
  },
};

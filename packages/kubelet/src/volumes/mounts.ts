import { chmod, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import type { Mount } from '@typernetes/cri';
import type { PodContainer } from '../pod/containers.ts';
import { ContainerConfigError } from '../runtime/environment.ts';
import { expand } from '../runtime/expansion.ts';
import type { VolumePaths } from './volumes.ts';

const propagations = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const;

/** The container's volume mounts, the pod's hosts file and the file for its last words. */
export async function mountsOf(
  { spec }: PodContainer,
  options: {
    volumes: VolumePaths;
    podDir: string;
    attempt: number;
    environment: ReadonlyMap<string, string>;
    /** Path of the pod's hosts file. */
    hostsFile: string;
  },
): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of spec.volumeMounts ?? []) {
    const volume = options.volumes.get(mount.name);
    if (volume === undefined)
      throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${spec.name}"`);
    const subPath = mount.subPathExpr
      ? expand(mount.subPathExpr, (name) => options.environment.get(name))
      : (mount.subPath ?? '');
    const propagation = mount.mountPropagation as keyof typeof propagations | undefined;
    mounts.push({
      containerPath: mount.mountPath,
      hostPath: subPath === '' ? volume : await subPathOf(volume, subPath),
      readonly: mount.readOnly ?? false,
      propagation: propagations[propagation ?? 'None'],
    });
  }
  const mounted = new Set(mounts.map(({ containerPath }) => containerPath));
  if (!mounted.has('/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: options.hostsFile });
  const messagePath = spec.terminationMessagePath ?? '/dev/termination-log';
  if (messagePath !== '' && !mounted.has(messagePath)) {
    const directory = join(options.podDir, 'containers', spec.name);
    await mkdir(directory, { recursive: true });
    const hostPath = join(directory, `termination-log-${options.attempt}`);
    await writeFile(hostPath, '');
    await chmod(hostPath, 0o666);
    mounts.push({ containerPath: messagePath, hostPath });
  }
  return mounts;
}

/** A path below the volume, made if missing, that no link leads out of the volume. */
async function subPathOf(volume: string, subPath: string): Promise<string> {
  const path = join(volume, subPath);
  if (!(await exists(path))) await mkdir(path, { recursive: true, mode: 0o750 });
  const [root, resolved] = await Promise.all([realpath(volume), realpath(path)]);
  if (resolved !== root && !resolved.startsWith(`${root}/`))
    throw new ContainerConfigError(
      `failed to prepare subPath for volumeMount: subpath "${subPath}" not within volume path`,
    );
  return resolved;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

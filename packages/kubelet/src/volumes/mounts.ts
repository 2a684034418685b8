import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VolumeMount } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { Mount } from '@typernetes/cri';
import { StartError } from '../lifecycle/start-error.ts';
import type { PodContainer } from '../pod/containers.ts';
import { recursiveReadOnly } from '../pod/recursive-read-only.ts';
import { ContainerConfigError } from '../runtime/environment.ts';
import { expand } from '../runtime/expansion.ts';
import { checkImageSubPath, type ImageVolumes, partOfImage } from './image-volumes.ts';
import type { Mounter } from './mount.ts';
import { bindSubPath } from './sub-path.ts';
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
    imageVolumes: ImageVolumes;
    mounter: Mounter;
    podDir: string;
    attempt: number;
    /** Whether the runtime supports recursive read-only mounts. */
    recursiveReadOnly: boolean;
    /** Whether the host uses SELinux: volumes made by the kubelet get the container's label. */
    relabel?: boolean;
    environment: ReadonlyMap<string, string>;
    /** Path of the pod's hosts file. */
    hostsFile: string;
  },
): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const [at, mount] of (spec.volumeMounts ?? []).entries()) {
    const image = options.imageVolumes.get(mount.name);
    const recursive = resolveRecursive(mount, options.recursiveReadOnly);
    const subPath = subPathOf(mount, options.environment);
    if (image instanceof StartError) throw image;
    if (image) {
      checkImageSubPath(subPath);
      const source = image.path
        ? { hostPath: await partOfImage(image.path, subPath) }
        : { hostPath: '', image: image.image, imageSubPath: subPath };
      mounts.push({ containerPath: mount.mountPath, ...source, readonly: true });
      continue;
    }
    const volume = options.volumes.get(mount.name);
    if (volume === undefined)
      throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${spec.name}"`);
    const propagation = mount.mountPropagation as keyof typeof propagations | undefined;
    mounts.push({
      containerPath: mount.mountPath,
      hostPath:
        subPath === ''
          ? volume
          : await bindSubPath(volume, subPath, {
              target: join(options.podDir, 'volume-subpaths', mount.name, spec.name, String(at)),
              mounter: options.mounter,
            }),
      readonly: mount.readOnly ?? false,
      ...(recursive ? { recursiveReadOnly: true } : {}),
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
  const isOurs = ({ hostPath }: Mount): boolean => hostPath.startsWith(`${options.podDir}/`);
  return options.relabel ? mounts.map((mount) => (isOurs(mount) ? { ...mount, selinuxRelabel: true } : mount)) : mounts;
}

/**
 * The sub-path within the volume, '' for all of it; throws if the expression leads out of the volume or uses an unset
 * variable.
 */
export function subPathOf(
  { subPathExpr, subPath = '' }: Pick<VolumeMount, 'subPathExpr' | 'subPath'>,
  environment: ReadonlyMap<string, string>,
): string {
  const missing = new Set<string>();
  const path = subPathExpr
    ? expand(subPathExpr, (name) => {
        const value = environment.get(name);
        if (!value) missing.add(name);
        return value;
      })
    : subPath;
  if (missing.size > 0) throw new ContainerConfigError(`missing value for ${[...missing].sort().join(', ')}`);
  if (path.startsWith('/')) throw new ContainerConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

function resolveRecursive(mount: VolumeMount, supported: boolean): boolean {
  try {
    return recursiveReadOnly(mount, supported);
  } catch (error) {
    throw new ContainerConfigError(`failed to resolve recursive read-only mode: ${messageOf(error)}`);
  }
}

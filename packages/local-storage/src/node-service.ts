import { chmod, lstat, mkdir, readdir, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { csiMethod, type Handler, RuntimeError } from '@typernetes/cri';
import { driverName, handlePattern, inlineHandlePattern, topologyKey } from './names.ts';

/** Makes bind mounts in the mount namespace of this process. */
export interface Binder {
  isMounted(path: string): Promise<boolean>;
  bind(source: string, target: string, options: { readonly: boolean }): Promise<void>;
  unmount(path: string): Promise<void>;
}

interface NodeServiceOptions {
  readonly nodeName: string;
  readonly version: string;
  readonly baseDir: string;
  readonly binder: Binder;
}

interface Stage {
  readonly volumeId: string;
  readonly stagingTargetPath: string;
  readonly volumeCapability?: { readonly block?: object | null } | null;
}

interface Publish extends Stage {
  readonly targetPath: string;
  readonly readonly: boolean;
  readonly volumeContext: Readonly<Record<string, string>>;
}

interface Volume {
  readonly volumeId: string;
  readonly volumePath: string;
}

/**
 * Handlers of the driver's CSI identity and node services. A volume is bound to its staging path once per node, and
 * from there to each pod; an inline volume is created when published and deleted when unpublished.
 */
export function nodeHandlers({ nodeName, version, baseDir, binder }: NodeServiceOptions): readonly Handler[] {
  const bind = async (source: string, target: string, readonly = false): Promise<void> => {
    await mkdir(target, { recursive: true, mode: 0o750 });
    if (!(await binder.isMounted(target))) await binder.bind(source, target, { readonly });
  };
  const release = async (target: string): Promise<void> => {
    if (await binder.isMounted(target)) await binder.unmount(target);
    await ifThere(rmdir(target));
  };
  const stage = async ({ volumeId, stagingTargetPath, volumeCapability }: Stage): Promise<object> => {
    refuseBlock(volumeId, volumeCapability);
    needs('staging target path', stagingTargetPath);
    await bind(await existing(baseDir, volumeId), stagingTargetPath);
    return {};
  };
  const unstage = async ({ volumeId, stagingTargetPath }: Stage): Promise<object> => {
    directoryOf(baseDir, volumeId);
    await release(stagingTargetPath);
    return {};
  };
  const publish = async (request: Publish): Promise<object> => {
    const { volumeId, targetPath, stagingTargetPath, readonly, volumeContext } = request;
    needs('target path', targetPath);
    refuseBlock(volumeId, request.volumeCapability);
    if (isInline(volumeId)) {
      if (volumeContext['csi.storage.k8s.io/ephemeral'] !== 'true')
        throw new RuntimeError('InvalidArgument', `volume ${volumeId} is not one of a claim`);
      const directory = join(baseDir, volumeId);
      await mkdir(directory, { recursive: true });
      // Whatever the umask: the pod may run as any user.
      await chmod(directory, 0o777);
      await bind(directory, targetPath, readonly);
      return {};
    }
    await existing(baseDir, volumeId);
    if (!(await binder.isMounted(stagingTargetPath)))
      throw new RuntimeError('FailedPrecondition', `volume ${volumeId} is not staged`);
    await bind(stagingTargetPath, targetPath, readonly);
    return {};
  };
  const unpublish = async ({ volumeId, targetPath }: Pick<Publish, 'volumeId' | 'targetPath'>): Promise<object> => {
    const directory = directoryOf(baseDir, volumeId);
    await release(targetPath);
    if (isInline(volumeId)) await removeDirectory(directory);
    return {};
  };
  // Nothing to do: a directory can already use its whole disk.
  const expand = async (request: Volume & { capacityRange: { requiredBytes: string } | null }): Promise<object> => {
    await existing(baseDir, request.volumeId);
    return { capacityBytes: request.capacityRange?.requiredBytes ?? '0' };
  };
  const stats = async ({ volumeId, volumePath }: Volume): Promise<object> => {
    needs('volume path', volumePath);
    const [{ bsize, blocks, bavail, files, ffree }, used] = await Promise.all([
      existing(baseDir, volumeId).then((directory) => statfs(directory)),
      usageOf(join(baseDir, volumeId)),
    ]);
    const usage = (unit: string, total: number, available: number, own: number): object => ({
      unit,
      total: String(total),
      available: String(available),
      used: String(own),
    });
    return {
      usage: [usage('BYTES', blocks * bsize, bavail * bsize, used.bytes), usage('INODES', files, ffree, used.inodes)],
    };
  };
  const node = (name: string, answer: (request: never) => Promise<object>): Handler => ({
    method: csiMethod('Node', name),
    answer,
  });
  return [
    {
      method: csiMethod('Identity', 'GetPluginInfo'),
      answer: async () => ({ name: driverName, vendorVersion: version }),
    },
    {
      method: csiMethod('Identity', 'GetPluginCapabilities'),
      answer: async () => ({
        capabilities: [
          { service: { type: 'VOLUME_ACCESSIBILITY_CONSTRAINTS' } },
          { volumeExpansion: { type: 'ONLINE' } },
        ],
      }),
    },
    { method: csiMethod('Identity', 'Probe'), answer: async () => ({ ready: { value: true } }) },
    node('NodeGetInfo', async () => ({
      nodeId: nodeName,
      accessibleTopology: { segments: { [topologyKey]: nodeName } },
    })),
    node('NodeGetCapabilities', async () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) })),
    node('NodeStageVolume', stage),
    node('NodeUnstageVolume', unstage),
    node('NodePublishVolume', publish),
    node('NodeUnpublishVolume', unpublish),
    node('NodeExpandVolume', expand),
    node('NodeGetVolumeStats', stats),
  ];
}

const capabilities = ['STAGE_UNSTAGE_VOLUME', 'EXPAND_VOLUME', 'GET_VOLUME_STATS'] as const;

const isInline = (volumeId: string): boolean => inlineHandlePattern.test(volumeId);

/**
 * Block volumes are not supported. A loop device over a file would belong to the kernel, not the node: it would outlive
 * a node that is killed, or one that is a container on a shared kernel.
 */
function refuseBlock(volumeId: string, capability: Stage['volumeCapability']): void {
  if (capability?.block)
    throw new RuntimeError(
      'InvalidArgument',
      `volume ${volumeId} is a directory: volumeMode Block is not supported by ${driverName}`,
    );
}

function needs(what: string, given: string): void {
  if (given === '') throw new RuntimeError('InvalidArgument', `${what} missing in request`);
}

function directoryOf(baseDir: string, volumeId: string): string {
  if (!handlePattern.test(volumeId) && !isInline(volumeId))
    throw new RuntimeError('InvalidArgument', `volume id "${volumeId}" is not one of this driver`);
  return join(baseDir, volumeId);
}

async function existing(baseDir: string, volumeId: string): Promise<string> {
  const directory = directoryOf(baseDir, volumeId);
  if (!(await ifThere(stat(directory)))) throw new RuntimeError('NotFound', `volume ${volumeId} does not exist`);
  return directory;
}

/** Renames the directory first: deleting its contents may take long and be interrupted. */
export async function removeDirectory(directory: string): Promise<void> {
  const doomed = `${directory}.removed`;
  await ifThere(rename(directory, doomed));
  await rm(doomed, { recursive: true, force: true });
}

/** Disk usage of a volume: files with several names count once, files that vanish meanwhile do not count. */
async function usageOf(directory: string): Promise<{ readonly bytes: number; readonly inodes: number }> {
  const seen = new Set<number>();
  let bytes = 0;
  const add = async (path: string): Promise<void> => {
    const found = await ifThere(lstat(path));
    if (!found || seen.has(found.ino)) return;
    seen.add(found.ino);
    bytes += found.blocks * 512;
    if (found.isDirectory()) for (const name of (await ifThere(readdir(path))) ?? []) await add(join(path, name));
  };
  await add(directory);
  return { bytes, inodes: seen.size };
}

async function ifThere<T>(doing: Promise<T>): Promise<T | undefined> {
  try {
    return await doing;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

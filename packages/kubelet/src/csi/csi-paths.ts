import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';

/** What is written beside a mount, so that a kubelet that starts anew knows what it is (upstream: vol_data.json). */
export interface VolumeData {
  readonly specVolID: string;
  readonly volumeHandle: string;
  readonly driverName: string;
  readonly nodeName: string;
  readonly attachmentID: string;
  readonly volumeLifecycleMode: 'Persistent' | 'Ephemeral';
  /** Whether the volume was staged before. */
  readonly staged: boolean;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The name of the VolumeAttachment of a volume to a node. */
export function attachmentName(volumeHandle: string, driver: string, nodeName: string): string {
  return `csi-${sha256(`${volumeHandle}${driver}${nodeName}`)}`;
}

/** Where a volume is staged for all pods of the node. */
export function stagingPath(pluginsDir: string, driver: string, volumeHandle: string): string {
  return join(pluginsDir, 'kubernetes.io', 'csi', driver, sha256(volumeHandle), 'globalmount');
}

const csiFolder = join('volumes', 'kubernetes.io~csi');

/** The directory of one volume of a pod; the mount is `mount` in it. */
export function volumeDirectory(podDir: string, volumeName: string): string {
  return join(podDir, csiFolder, volumeName);
}

export const dataFile = 'vol_data.json';

/** The volumes of drivers that a pod's directory holds. */
export async function volumesOf(podDir: string): Promise<ReadonlyMap<string, VolumeData>> {
  const found = new Map<string, VolumeData>();
  for (const name of await entriesOf(join(podDir, csiFolder))) {
    const directory = volumeDirectory(podDir, name);
    try {
      found.set(directory, JSON.parse(await readFile(join(directory, dataFile), 'utf8')) as VolumeData);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return found;
}

export async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { entriesOf } from '../files/read-files.ts';

/** What is written beside a mount so that a restarted kubelet can identify it (upstream: vol_data.json). */
export interface VolumeData {
  readonly specVolID: string;
  readonly volumeHandle: string;
  readonly driverName: string;
  readonly nodeName: string;
  readonly attachmentID: string;
  readonly volumeLifecycleMode: 'Persistent' | 'Ephemeral';
  /** Whether it is a device without a file system. */
  readonly block?: boolean;
  /** Whether the volume was staged before. */
  readonly staged: boolean;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The name of the VolumeAttachment of a volume to a node. */
export function attachmentName(volumeHandle: string, driver: string, nodeName: string): string {
  return `csi-${sha256(`${volumeHandle}${driver}${nodeName}`)}`;
}

interface Where {
  readonly driver: string;
  readonly handle: string;
  /** The persistent volume's name. */
  readonly name: string;
  readonly block: boolean;
}

/** Where a volume is staged for all pods of the node. */
export function stagingPath(pluginsDir: string, { driver, handle: volumeHandle, name, block }: Where): string {
  if (block) return join(pluginsDir, devicesFolder, 'staging', name);
  return join(pluginsDir, 'kubernetes.io', 'csi', driver, sha256(volumeHandle), 'globalmount');
}

const devicesFolder = join('kubernetes.io', 'csi', 'volumeDevices');

/** Where the driver puts a pod's device (upstream: getPublishPath). */
export function devicePath(pluginsDir: string, name: string, uid: string): string {
  return join(pluginsDir, devicesFolder, 'publish', name, uid);
}

/** A link to the pod's device, for whoever looks into its directory (upstream: getPodDeviceMapPath). */
export function deviceLink(podDir: string, name: string): string {
  return join(podDir, 'volumeDevices', 'kubernetes.io~csi', name);
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

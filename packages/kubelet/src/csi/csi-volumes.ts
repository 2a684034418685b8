import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersistentVolume, Pod } from '@typernetes/api/core/v1';
import { type CSIDriver, csidrivers, type VolumeAttachment, volumeattachments } from '@typernetes/api/storage/v1';
import { codeOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { CsiNodePlugin, VolumeCapability } from '@typernetes/cri';
import { isNotFound } from '@typernetes/machinery';
import { giveToGroup } from '../volumes/ownership.ts';
import { PendingError } from '../volumes/pending.ts';
import type { BoundVolume } from '../volumes/persistent.ts';
import type { VolumeSources } from '../volumes/sources.ts';
import {
  attachmentName,
  dataFile,
  entriesOf,
  stagingPath,
  type VolumeData,
  volumeDirectory,
  volumesOf,
} from './csi-paths.ts';

export interface CsiVolumesDeps {
  readonly nodeName: string;
  readonly podsDir: string;
  /** `<root>/plugins`. */
  readonly pluginsDir: string;
  readonly drivers: { get(name: string): CsiNodePlugin };
  readonly client: Pick<ApiClient, 'resource'>;
  readonly sources: Pick<VolumeSources, 'secret'>;
}

const notAttached = (name: string): Error => new PendingError(`volume ${name} is not attached to the node yet`);

/** Stages and publishes volumes of storage drivers for pods, and takes both back. What is there is read from the disk alone. */
export class CsiVolumes {
  readonly #deps: CsiVolumesDeps;
  /** One thing at a time happens to a volume, whichever pods it is for. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Directories with what is mounted there, by the names of the node's status. */
  readonly #inUse = new Map<string, string>();
  /** What this process has published. A kubelet that starts anew asks the driver once more, which changes nothing for what is there. */
  readonly #published = new Set<string>();

  constructor(deps: CsiVolumesDeps) {
    this.#deps = deps;
  }

  /** Names of volumes that must not be detached, as the node's status has them. */
  get inUse(): readonly string[] {
    return [...new Set(this.#inUse.values())];
  }

  /** Returns the directory to mount into containers. Idempotent. */
  async prepare(pod: Pod, bound: BoundVolume): Promise<string> {
    const { csi } = bound.volume.spec ?? {};
    if (!csi) throw new Error(`volume ${bound.volume.metadata.name} is not one of a storage driver`);
    const directory = volumeDirectory(this.#podDir(pod.metadata.uid), bound.volume.metadata.name);
    this.#inUse.set(directory, `kubernetes.io/csi/${csi.driver}^${csi.volumeHandle}`);
    return this.#alone(csi.volumeHandle, () => this.#publish(pod, bound, directory));
  }

  /** Takes back everything of a pod: to be called before its directory is removed. Rejects while a driver does not let go. */
  async remove(uid: string): Promise<void> {
    for (const [directory, data] of await volumesOf(this.#podDir(uid)))
      await this.#alone(data.volumeHandle, async () => {
        await this.#unpublish(directory, data);
        this.#inUse.delete(directory);
        this.#published.delete(directory);
      });
  }

  async #publish(pod: Pod, { volume, readOnly }: BoundVolume, directory: string): Promise<string> {
    const { csi, mountOptions = [], accessModes = [] } = volume.spec ?? {};
    if (!csi) throw new Error('no volume plugin matched');
    const target = join(directory, 'mount');
    if (this.#published.has(directory)) return target;
    const plugin = this.#deps.drivers.get(csi.driver);
    const [driver, capabilities] = await Promise.all([this.#driver(csi.driver), plugin.nodeCapabilities()]);
    const attachment = await this.#attachment(volume, driver);
    const capability: VolumeCapability = {
      mount: { fsType: csi.fsType ?? '', mountFlags: mountOptions },
      accessMode: { mode: accessModeOf(accessModes, capabilities) },
    };
    const common = {
      volumeId: csi.volumeHandle,
      publishContext: attachment?.status?.attachmentMetadata ?? {},
      volumeCapability: capability,
      volumeContext: csi.volumeAttributes ?? {},
    };
    const staged = capabilities.has('STAGE_UNSTAGE_VOLUME');
    const stagingTargetPath = stagingPath(this.#deps.pluginsDir, csi.driver, csi.volumeHandle);
    // Written first: what was begun must be taken back even when nobody heard of its end.
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await writeData(directory, {
      specVolID: volume.metadata.name,
      volumeHandle: csi.volumeHandle,
      driverName: csi.driver,
      nodeName: this.#deps.nodeName,
      attachmentID: attachment?.metadata.name ?? '',
      volumeLifecycleMode: 'Persistent',
      staged,
    });
    if (staged) {
      await mkdir(stagingTargetPath, { recursive: true, mode: 0o750 });
      await plugin.stage({ ...common, stagingTargetPath, secrets: await this.#secret(csi.nodeStageSecretRef) });
    }
    await plugin.publish({
      ...common,
      ...(staged ? { stagingTargetPath } : {}),
      targetPath: target,
      readonly: readOnly || (csi.readOnly ?? false),
      volumeContext: { ...common.volumeContext, ...(driver?.spec.podInfoOnMount ? podInfo(pod) : {}) },
      secrets: await this.#secret(csi.nodePublishSecretRef),
    });
    await giveVolume(pod, target, { driver, volume, readOnly });
    this.#published.add(directory);
    return target;
  }

  async #unpublish(directory: string, { driverName, volumeHandle, staged }: VolumeData): Promise<void> {
    const plugin = this.#deps.drivers.get(driverName);
    const targetPath = join(directory, 'mount');
    await plugin.unpublish({ volumeId: volumeHandle, targetPath });
    // Drivers may leave the directory; should anything still be in it, it is somebody's data and must stay.
    await rmdir(targetPath).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    await rm(join(directory, dataFile), { force: true });
    await rmdir(directory);
    if (!staged || (await this.#isUsed(driverName, volumeHandle))) return;
    const stagingTargetPath = stagingPath(this.#deps.pluginsDir, driverName, volumeHandle);
    await plugin.unstage({ volumeId: volumeHandle, stagingTargetPath });
    for (const path of [stagingTargetPath, join(stagingTargetPath, '..')])
      await rmdir(path).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
  }

  async #isUsed(driver: string, handle: string): Promise<boolean> {
    for (const uid of await entriesOf(this.#deps.podsDir))
      for (const data of (await volumesOf(this.#podDir(uid))).values())
        if (data.driverName === driver && data.volumeHandle === handle) return true;
    return false;
  }

  /** Undefined for drivers that attach nothing. Rejects until the volume is attached. */
  async #attachment({ spec }: PersistentVolume, driver: CSIDriver | undefined): Promise<VolumeAttachment | undefined> {
    if (!spec?.csi || driver?.spec.attachRequired === false) return undefined;
    const { volumeHandle, driver: driverName } = spec.csi;
    const name = attachmentName(volumeHandle, driverName, this.#deps.nodeName);
    let attachment: VolumeAttachment;
    try {
      attachment = await this.#deps.client.resource(volumeattachments).get({ name });
    } catch (error) {
      if (isNotFound(error)) throw notAttached(volumeHandle);
      throw error;
    }
    if (attachment.metadata.deletionTimestamp) throw new Error(`volume ${volumeHandle} is being detached`);
    const problem = attachment.status?.attachError?.message;
    if (problem !== undefined) throw new Error(problem);
    if (!attachment.status?.attached) throw notAttached(volumeHandle);
    return attachment;
  }

  async #driver(name: string): Promise<CSIDriver | undefined> {
    try {
      return await this.#deps.client.resource(csidrivers).get({ name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #secret(reference: { namespace?: string; name?: string } | undefined): Promise<Record<string, string>> {
    if (!reference?.name) return {};
    const { data = {} } = await this.#deps.sources.secret(reference.namespace ?? 'default', reference.name);
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  #podDir(uid: string): string {
    return join(this.#deps.podsDir, uid);
  }

  async #alone<T>(handle: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(handle) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine
      .catch(() => {})
      .finally(() => {
        if (this.#queues.get(handle) === settled) this.#queues.delete(handle);
      });
    this.#queues.set(handle, settled);
    return mine;
  }
}

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'SINGLE_NODE_WRITER',
  ReadOnlyMany: 'MULTI_NODE_READER_ONLY',
  ReadWriteMany: 'MULTI_NODE_MULTI_WRITER',
  ReadWriteOncePod: 'SINGLE_NODE_SINGLE_WRITER',
};

/** The mode in the interface's words; drivers that know more about single nodes are told more. */
function accessModeOf(modes: readonly string[], capabilities: ReadonlySet<string>): string {
  const best = ['ReadWriteMany', 'ReadWriteOncePod', 'ReadWriteOnce', 'ReadOnlyMany'].find((mode) =>
    modes.includes(mode),
  );
  const detailed = capabilities.has('SINGLE_NODE_MULTI_WRITER');
  if (best === 'ReadWriteOnce' && detailed) return 'SINGLE_NODE_MULTI_WRITER';
  if (best === 'ReadWriteOncePod' && !detailed) return 'SINGLE_NODE_WRITER';
  return accessModes[best ?? 'ReadWriteOnce'] ?? 'SINGLE_NODE_WRITER';
}

function podInfo(pod: Pod): Record<string, string> {
  return {
    'csi.storage.k8s.io/pod.name': pod.metadata.name,
    'csi.storage.k8s.io/pod.namespace': pod.metadata.namespace ?? 'default',
    'csi.storage.k8s.io/pod.uid': pod.metadata.uid,
    'csi.storage.k8s.io/serviceAccount.name': pod.spec?.serviceAccountName ?? 'default',
    'csi.storage.k8s.io/ephemeral': 'false',
  };
}

/** Gives the volume to the pod's group where the driver's policy says so (upstream: supportsFSGroup). */
async function giveVolume(
  pod: Pod,
  path: string,
  { driver, volume, readOnly }: { driver: CSIDriver | undefined; volume: PersistentVolume; readOnly: boolean },
): Promise<void> {
  const { fsGroup: group, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
  const policy = driver?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType';
  if (group === undefined || readOnly || policy === 'None') return;
  const single = (volume.spec?.accessModes ?? []).some(
    (mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod',
  );
  if (policy !== 'File' && !(single && volume.spec?.csi?.fsType)) return;
  await giveToGroup(path, { group, readOnly, onlyIfRootDiffers: fsGroupChangePolicy === 'OnRootMismatch' });
}

async function writeData(directory: string, data: VolumeData): Promise<void> {
  const temporary = join(directory, `${dataFile}.tmp`);
  await writeFile(temporary, JSON.stringify(data), { mode: 0o640 });
  await rename(temporary, join(directory, dataFile));
}

import { mkdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Pod, persistentvolumeclaims, type Volume } from '@typernetes/api/core/v1';
import { type CSIDriver, type VolumeAttachment, volumeattachments } from '@typernetes/api/storage/v1';
import { type Clock, codeOf, messageOf } from '@typernetes/base';
import type { ApiClient, EventRecorder } from '@typernetes/client';
import { type CsiNodePlugin, runtimeCodeOf, type VolumeCapability, type VolumeUsage } from '@typernetes/cri';
import { isConflict, isNotFound } from '@typernetes/machinery';
import { entriesOf } from '../files/read-files.ts';
import type { DriverVolumes, PublishedVolume } from '../volumes/driver-volumes.ts';
import { giveToGroup } from '../volumes/ownership.ts';
import { PendingError } from '../volumes/pending.ts';
import type { BoundVolume } from '../volumes/persistent.ts';
import type { VolumeSources } from '../volumes/sources.ts';
import {
  attachmentName,
  dataFile,
  deviceLink,
  devicePath,
  stagingPath,
  type VolumeData,
  volumeDirectory,
  volumesOf,
} from './csi-paths.ts';
import {
  accessModeOf,
  type CsiSource,
  followsGroup,
  inlineSource,
  modeProblem,
  persistentSource,
  podContext,
} from './csi-source.ts';
import { DriverObjects } from './driver-objects.ts';
import { bytesOf, expandedStatus, infeasibleStatus, wantedSize } from './expansion.ts';
import { tokensFor } from './service-account-tokens.ts';

interface CsiVolumesDeps {
  readonly nodeName: string;
  readonly podsDir: string;
  /** `<root>/plugins`. */
  readonly pluginsDir: string;
  readonly drivers: { get(name: string): CsiNodePlugin };
  readonly client: Pick<ApiClient, 'resource'>;
  readonly sources: Pick<VolumeSources, 'secret' | 'token'>;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

const notAttached = (name: string): Error => new PendingError(`volume ${name} is not attached to the node yet`);

/**
 * Stages and publishes CSI volumes for pods, and unpublishes and unstages them. What is mounted is read from the disk
 * alone.
 */
export class CsiVolumes implements DriverVolumes {
  readonly #deps: CsiVolumesDeps;
  /** Operations on one volume run one at a time, whichever pods they are for. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** The mounted volumes by directory, under the names used in the node's status. */
  readonly #inUse = new Map<string, string>();
  /**
   * What this process has published. After a restart the kubelet calls the driver again, which changes nothing for
   * published volumes.
   */
  readonly #published = new Set<string>();

  readonly #objects: DriverObjects;

  constructor(deps: CsiVolumesDeps) {
    this.#deps = deps;
    this.#objects = new DriverObjects(deps.client, deps.clock);
  }

  /** Names of volumes that must not be detached, as the node's status has them. */
  get inUse(): readonly string[] {
    return [...new Set(this.#inUse.values())];
  }

  /** Returns the directory to mount into containers, or the device to give to them, grown to the size that the volume is to have. Idempotent. */
  async prepare(pod: Pod, bound: BoundVolume): Promise<PublishedVolume> {
    const source = persistentSource(bound.volume, bound.readOnly);
    const directory = volumeDirectory(this.#podDir(pod.metadata.uid), source.name);
    this.#inUse.set(directory, `kubernetes.io/csi/${source.driver}^${source.handle}`);
    return this.#alone(source.handle, async () => {
      const published = await this.#publish(pod, source, directory);
      await this.#expand(pod, bound, published);
      return published;
    });
  }

  /** The same for a volume that the pod has of the driver without a claim. */
  async prepareInline(pod: Pod, volume: Volume): Promise<PublishedVolume> {
    const source = inlineSource(pod, volume);
    const directory = volumeDirectory(this.#podDir(pod.metadata.uid), source.name);
    return this.#alone(source.handle, () => this.#publish(pod, source, directory));
  }

  /** The usage that the driver reports for the volume; nothing from drivers that do not report it. */
  async usage({ driver, handle, path }: PublishedVolume): Promise<readonly VolumeUsage[]> {
    const plugin = this.#deps.drivers.get(driver);
    if (!(await plugin.nodeCapabilities()).has('GET_VOLUME_STATS')) return [];
    return plugin.stats({ volumeId: handle, volumePath: path });
  }

  /**
   * Unpublishes and unstages all volumes of a pod: call it before removing its directory. Rejects while a driver fails
   * to do so.
   */
  async remove(uid: string): Promise<void> {
    for (const [directory, data] of await volumesOf(this.#podDir(uid)))
      await this.#alone(data.volumeHandle, async () => {
        await this.#unpublish(uid, directory, data);
        this.#inUse.delete(directory);
        this.#published.delete(directory);
      });
  }

  async #publish(pod: Pod, source: CsiSource, directory: string): Promise<PublishedVolume> {
    const { uid } = pod.metadata;
    const target = source.block ? devicePath(this.#deps.pluginsDir, source.name, uid) : join(directory, 'mount');
    const published: PublishedVolume = { driver: source.driver, handle: source.handle, path: target };
    const again = this.#published.has(directory);
    const driver = again ? await this.#objects.recent(source.driver) : await this.#objects.get(source.driver);
    if (again && !driver?.spec.requiresRepublish) return published;
    const plugin = this.#deps.drivers.get(source.driver);
    const capabilities = await plugin.nodeCapabilities();
    const problem = modeProblem(source, driver);
    if (problem !== undefined) throw new Error(problem);
    const attachment = await this.#attachment(source, driver);
    const common = {
      volumeId: source.handle,
      publishContext: attachment?.status?.attachmentMetadata ?? {},
      volumeCapability: capabilityOf(source, capabilities),
      volumeContext: source.attributes,
    };
    const staged = source.mode === 'Persistent' && capabilities.has('STAGE_UNSTAGE_VOLUME');
    const stagingTargetPath = this.#stagingPath(source);
    // Written before the call: it must be undone even if its result is never known.
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await writeData(directory, {
      specVolID: source.name,
      volumeHandle: source.handle,
      driverName: source.driver,
      nodeName: this.#deps.nodeName,
      attachmentID: attachment?.metadata.name ?? '',
      volumeLifecycleMode: source.mode,
      staged,
      ...(source.block ? { block: true } : {}),
    });
    if (staged && !again) {
      await mkdir(stagingTargetPath, { recursive: true, mode: 0o750 });
      await plugin.stage({ ...common, stagingTargetPath, secrets: await this.#secret(source.stageSecret) });
    }
    if (source.block) await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    const tokens = await tokensFor(driver, pod, this.#deps.sources);
    await plugin.publish({
      ...common,
      ...(staged ? { stagingTargetPath } : {}),
      targetPath: target,
      readonly: source.readOnly,
      volumeContext: {
        ...common.volumeContext,
        ...(driver?.spec.podInfoOnMount ? podContext(pod, source) : {}),
        ...tokens.context,
      },
      secrets: { ...(await this.#secret(source.publishSecret)), ...tokens.secrets },
    });
    if (again) return published;
    if (source.block) await linkDevice(target, deviceLink(this.#podDir(uid), source.name));
    const { fsGroup: group, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    if (group !== undefined && followsGroup(source, driver))
      await giveToGroup(target, {
        group,
        readOnly: false,
        onlyIfRootDiffers: fsGroupChangePolicy === 'OnRootMismatch',
      });
    this.#published.add(directory);
    return published;
  }

  /**
   * Has the driver grow the volume on this node once the persistent volume has grown, then updates the claim's status.
   * A failure does not keep the pod from running.
   */
  async #expand(pod: Pod, bound: BoundVolume, { driver, handle, path }: PublishedVolume): Promise<void> {
    const size = wantedSize(bound);
    if (size === undefined) return;
    const plugin = this.#deps.drivers.get(driver);
    const capabilities = await plugin.nodeCapabilities();
    if (!capabilities.has('EXPAND_VOLUME')) return;
    const { claim, volume } = bound;
    const source = persistentSource(volume, bound.readOnly);
    const claims = this.#deps.client.resource(persistentvolumeclaims);
    const { name, namespace = 'default' } = claim.metadata;
    const asStatus = { type: 'merge', subresource: 'status' } as const;
    const record = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
      for (const [kind, { metadata }] of [
        ['Pod', pod],
        ['PersistentVolumeClaim', claim],
      ] as const)
        this.#deps.recorder.event({ apiVersion: 'v1', kind, metadata }, type, reason, message);
    };
    try {
      await plugin.expand({
        volumeId: handle,
        volumePath: path,
        stagingTargetPath: capabilities.has('STAGE_UNSTAGE_VOLUME') ? this.#stagingPath(source) : '',
        capacityRange: { requiredBytes: bytesOf(size) },
        volumeCapability: capabilityOf(source, capabilities),
      });
    } catch (error) {
      record(
        'Warning',
        'VolumeResizeFailed',
        `NodeExpandVolume failed for volume "${source.name}" : ${messageOf(error)}`,
      );
      if (['InvalidArgument', 'OutOfRange', 'NotFound'].includes(runtimeCodeOf(error) ?? ''))
        await claims.patch({ namespace, name }, infeasibleStatus(), asStatus);
      return;
    }
    try {
      await claims.patch({ namespace, name }, expandedStatus(claim, volume), asStatus);
    } catch (error) {
      // The claim was changed meanwhile: the next round reads it again, and the driver is not called without need.
      if (isConflict(error)) return;
      throw error;
    }
    const { nodeName } = this.#deps;
    const message = `MountVolume.NodeExpandVolume succeeded for volume "${source.name}" ${nodeName}`;
    record('Normal', 'FileSystemResizeSuccessful', message);
  }

  async #unpublish(uid: string, directory: string, data: VolumeData): Promise<void> {
    const { driverName: driver, volumeHandle: handle, specVolID: name, staged, block = false } = data;
    const plugin = this.#deps.drivers.get(driver);
    const targetPath = block ? devicePath(this.#deps.pluginsDir, name, uid) : join(directory, 'mount');
    await plugin.unpublish({ volumeId: handle, targetPath });
    // Drivers may leave the directory; should anything still be in it, it is somebody's data and must stay.
    if (block) {
      await rm(deviceLink(this.#podDir(uid), name), { force: true });
      await rm(targetPath, { force: true });
      await removeEmpty(dirname(targetPath), { orNot: true });
    } else await removeEmpty(targetPath);
    if (staged && !(await this.#isUsedBeside(directory, data))) {
      const stagingTargetPath = this.#stagingPath({ driver, handle, name, block });
      await plugin.unstage({ volumeId: handle, stagingTargetPath });
      await removeEmpty(stagingTargetPath);
      if (!block) await removeEmpty(dirname(stagingTargetPath));
    }
    // Last, so that whatever is not undone yet can be found again.
    await rm(join(directory, dataFile), { force: true });
    await rmdir(directory);
  }

  async #isUsedBeside(own: string, { driverName, volumeHandle }: VolumeData): Promise<boolean> {
    for (const uid of await entriesOf(this.#deps.podsDir))
      for (const [directory, data] of await volumesOf(this.#podDir(uid)))
        if (directory !== own && data.driverName === driverName && data.volumeHandle === volumeHandle) return true;
    return false;
  }

  #stagingPath(source: Pick<CsiSource, 'driver' | 'handle' | 'name' | 'block'>): string {
    return stagingPath(this.#deps.pluginsDir, source);
  }

  /** Undefined for volumes that need no attachment. Rejects until the volume is attached. */
  async #attachment(source: CsiSource, driver: CSIDriver | undefined): Promise<VolumeAttachment | undefined> {
    if (source.mode === 'Ephemeral' || driver?.spec.attachRequired === false) return undefined;
    const volumeHandle = source.handle;
    const name = attachmentName(volumeHandle, source.driver, this.#deps.nodeName);
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

function capabilityOf(source: CsiSource, capabilities: ReadonlySet<string>): VolumeCapability {
  return {
    ...(source.block ? { block: {} } : { mount: { fsType: source.fsType, mountFlags: source.mountOptions } }),
    accessMode: { mode: accessModeOf(source.accessModes, capabilities) },
  };
}

async function writeData(directory: string, data: VolumeData): Promise<void> {
  const temporary = join(directory, `${dataFile}.tmp`);
  await writeFile(temporary, JSON.stringify(data), { mode: 0o640 });
  await rename(temporary, join(directory, dataFile));
}

async function linkDevice(device: string, link: string): Promise<void> {
  await mkdir(dirname(link), { recursive: true, mode: 0o750 });
  await rm(link, { force: true });
  await symlink(device, link);
}

/** `orNot`: others may have something in it, and it stays. */
async function removeEmpty(directory: string, { orNot = false } = {}): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT' && !(orNot && codeOf(error) === 'ENOTEMPTY')) throw error;
  });
}

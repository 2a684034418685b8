import { chmod, chown, mkdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PersistentVolume, Pod, Volume } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { PluginVolumes } from '../metrics/plugin-volumes.ts';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import type { PodFacts } from '../runtime/pod-facts.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { writeAtomically } from './atomic-writer.ts';
import { type Contents, contentsOf } from './contents.ts';
import type { DriverVolumes } from './driver-volumes.ts';
import { isBlockDevice, prepareHostPath } from './host-path.ts';
import type { ImageMounts } from './image-volumes.ts';
import { memoryBytesOf, pageBytesOf } from './memory-medium.ts';
import type { Mounter } from './mount.ts';
import { type MeasuredVolume, type MountedVolume, MountedVolumes } from './mounted-volumes.ts';
import { giveToGroup } from './ownership.ts';
import { PendingError } from './pending.ts';
import { type BoundVolume, boundVolume, claimNameOf } from './persistent.ts';
import type { VolumeSources } from './sources.ts';
import { UnprocessedError } from './unprocessed.ts';
import { pluginOf, VolumeCounts } from './volume-counts.ts';
import { VolumeError, VolumeRetries } from './volume-retries.ts';

interface VolumesDeps {
  readonly podsDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sources: VolumeSources;
  readonly mounter: Mounter;
  readonly events: ContainerEvents;
  /** Without it, as without an API server, there are no CSI volumes. */
  readonly csi?: DriverVolumes;
  readonly observer?: Pick<WorkObserver, 'volume'>;
  /** Without it there are no image volumes to release. */
  readonly images?: Pick<ImageMounts, 'release'>;
  /** How long a measured volume usage is reused, in milliseconds; default: 60,000. */
  readonly usageMs?: number;
}

/** The delay before the source of a volume is looked up again, in milliseconds (upstream: backOffPeriod). */
const unprocessedMs = 10_000;
/** The polling interval of upstream's populator; after a second the delay is reported. */
const almostBoundMs = 100;
const almostBoundLooks = 10;

interface VolumeOutcome {
  readonly name: string;
  readonly path: string | undefined;
  readonly why?: string;
  readonly isUnprocessed?: boolean;
  readonly retryMs?: number;
}

const setUpFailed = (name: string, error: unknown): string =>
  `MountVolume.SetUp failed for volume "${name}" : ${messageOf(error)}`;

/** The directories of a pod's volumes by name; image volumes are elsewhere. */
export type VolumePaths = ReadonlyMap<string, string>;

/** Makes, refreshes and removes the volumes of pods below `<root>/pods/<uid>/volumes`. */
export class Volumes {
  readonly #deps: VolumesDeps;
  readonly #mounted: MountedVolumes;
  readonly #counts = new VolumeCounts();
  readonly #retries: VolumeRetries;
  /** The mounted volumes, by pod uid and volume name. */
  readonly #paths = new Map<string, Map<string, string>>();

  constructor(deps: VolumesDeps) {
    this.#deps = deps;
    this.#retries = new VolumeRetries(deps.clock);
    this.#mounted = new MountedVolumes({
      csi: deps.csi,
      clock: deps.clock,
      log: deps.log,
      keepMs: deps.usageMs ?? 60_000,
    });
  }

  get mounter(): Mounter {
    return this.#deps.mounter;
  }

  /** Attachable volumes that pods here use. */
  get inUse(): readonly string[] {
    return this.#deps.csi?.inUse ?? [];
  }

  /** How many volumes pods here want and have. */
  get counts(): readonly PluginVolumes[] {
    return this.#counts.byPlugin;
  }

  /** The usage of the pod's volumes that are outside its directory, by name. */
  usages(uid: string): Promise<ReadonlyMap<string, MeasuredVolume>> {
    return this.#mounted.usages(uid);
  }

  podDir(uid: string): string {
    return `${this.#deps.podsDir}/${uid}`;
  }

  /**
   * Mounts all volumes concurrently, and updates those with content from the API. Idempotent. Rejects with a
   * `VolumeError` while one of them is not mounted; a mounted one that cannot be updated stays as it was.
   */
  async prepare(pod: Pod, facts: PodFacts): Promise<VolumePaths> {
    const volumes = (pod.spec?.volumes ?? []).filter(({ image }) => !image);
    const outcomes = await Promise.all(volumes.map((volume) => this.#attempt(pod, volume, facts)));
    const missing = outcomes.filter((outcome) => outcome.path === undefined);
    if (missing.length > 0) throw this.#missing(pod, missing);
    return new Map(outcomes.map(({ name, path }) => [name, path as string]));
  }

  /** The volume's path, or else the error, with the path of an earlier mount if there was one. */
  async #attempt(pod: Pod, volume: Volume, facts: PodFacts): Promise<VolumeOutcome> {
    const { clock, observer, events } = this.#deps;
    const { uid } = pod.metadata;
    const { name } = volume;
    const before = this.#paths.get(uid)?.get(name);
    const retryMs = this.#retries.remaining(uid, name);
    if (retryMs > 0) return { name, path: before, why: this.#retries.why(uid, name), retryMs };
    const startedAt = clock.monotonic();
    const done = (failed: boolean): void =>
      observer?.volume(pluginOf(volume), failed, (clock.monotonic() - startedAt) / 1000);
    try {
      const path = await this.#prepareOne(pod, volume, facts);
      // A mounted volume is checked in every round, which does not count as an operation.
      if (!this.#counts.has(uid, name)) done(false);
      this.#counts.have(uid, name);
      this.#retries.forget(uid, name);
      const paths = this.#paths.get(uid) ?? new Map<string, string>();
      this.#paths.set(uid, paths.set(name, path));
      return { name, path };
    } catch (error) {
      if (error instanceof PendingError) return { name, path: before, why: setUpFailed(name, error) };
      done(true);
      if (error instanceof UnprocessedError)
        return { name, path: before, why: messageOf(error), isUnprocessed: true, retryMs: unprocessedMs };
      const why = setUpFailed(name, error);
      events.warning(pod, undefined, 'FailedMount', why);
      return { name, path: before, why, retryMs: this.#retries.failed(uid, name, why) };
    }
  }

  /** Reports volumes whose source is unknown; the others have been reported individually, or are not ready yet. */
  #missing(pod: Pod, missing: readonly VolumeOutcome[]): VolumeError {
    const retryMs = Math.min(...missing.map((one) => one.retryMs ?? Number.POSITIVE_INFINITY));
    const unprocessed = missing.filter(({ isUnprocessed }) => isUnprocessed);
    if (unprocessed.length === 0) return new VolumeError(missing.map(({ why }) => why).join('; '), retryMs);
    const list = (all: readonly VolumeOutcome[]): string =>
      `[${all
        .map(({ name }) => name)
        .sort()
        .join(' ')}]`;
    const why = unprocessed.map((one) => one.why).join('; ');
    const message = `unmounted volumes=${list(missing)}, unattached volumes=[], failed to process volumes=${list(unprocessed)}: ${why}`;
    this.#deps.events.warning(pod, undefined, 'FailedMount', `Unable to attach or mount volumes: ${message}`);
    return new VolumeError(message, retryMs);
  }

  /** Takes the volumes of a pod back that has ended, and removes what lived in them. Its last words and its logs stay. */
  async release(uid: string): Promise<void> {
    const directory = this.podDir(uid);
    this.#mounted.forget(uid);
    this.#counts.forget(uid);
    this.#retries.forgetPod(uid);
    this.#paths.delete(uid);
    // Sub-path mounts use the volumes, so they go first. Everything is unmounted before anything is removed.
    await this.#deps.mounter.unmountBelow(`${directory}/volume-subpaths`);
    await this.#deps.csi?.remove(uid);
    await this.#deps.mounter.unmountBelow(`${directory}/volumes`);
    await this.#deps.images?.release(uid);
    for (const kind of ['volumes', 'volumeDevices']) await rm(`${directory}/${kind}`, { recursive: true, force: true });
  }

  /** Removes everything of a pod. */
  async remove(uid: string): Promise<void> {
    const directory = this.podDir(uid);
    await this.release(uid);
    await this.#deps.mounter.unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }

  async #prepareOne(pod: Pod, volume: Volume, facts: PodFacts): Promise<string> {
    const { sources } = this.#deps;
    const claimName = claimNameOf(pod, volume);
    if (claimName !== undefined) return this.#persistent(pod, volume, claimName);
    this.#counts.want(pod.metadata.uid, volume.name, pluginOf(volume));
    if (volume.hostPath) return prepareHostPath(volume.hostPath);
    if (volume.emptyDir) return this.#emptyDir(pod, volume, facts);
    if (volume.csi) {
      const published = await this.#drivers(volume.name).prepareInline(pod, volume);
      this.#mounted.note(pod.metadata.uid, volume.name, { at: published });
      return published.path;
    }
    const contents = await contentsOf(pod, volume, { sources, facts });
    if (contents) return this.#write(pod, volume.name, contents);
    throw noPlugin(volume.name);
  }

  /**
   * The scheduler releases a pod as soon as its claim has a volume, so the kubelet may be here before the claim's
   * status says so.
   */
  async #onceBound(look: () => Promise<BoundVolume>): Promise<BoundVolume> {
    for (let looks = 1; ; looks++) {
      try {
        return await look();
      } catch (error) {
        if (!(error instanceof UnprocessedError && error.isAlmostBound) || looks === almostBoundLooks) throw error;
        await this.#deps.clock.sleep(almostBoundMs);
      }
    }
  }

  async #persistent(pod: Pod, volume: Volume, claimName: string): Promise<string> {
    const { sources } = this.#deps;
    const bound = await this.#onceBound(() => boundVolume(pod, volume, { claimName, sources }));
    const { claim, volume: persistent, readOnly } = bound;
    this.#counts.want(pod.metadata.uid, volume.name, pluginOf(persistent.spec));
    const { hostPath, local, csi, volumeMode } = persistent.spec ?? {};
    const { name, namespace = 'default' } = claim.metadata;
    const note = (at: MountedVolume['at']): string => {
      this.#mounted.note(pod.metadata.uid, volume.name, { claim: { namespace, name }, at });
      return at.path;
    };
    checkUse(pod, volume.name, volumeMode ?? 'Filesystem');
    if (volumeMode === 'Block') {
      if (csi) return note(await this.#drivers(persistent.metadata.name).prepare(pod, bound));
      if (local) return this.#localDevice(pod, { name: persistent.metadata.name, path: local.path });
      throw noPlugin(persistent.metadata.name);
    }
    if (hostPath) return prepareHostPath(hostPath);
    if (local) {
      const path = await this.#localDirectory(pod, persistent, readOnly);
      await this.#giveToGroup(pod, path, readOnly);
      return note({ path });
    }
    if (csi) return note(await this.#drivers(persistent.metadata.name).prepare(pod, bound));
    throw noPlugin(persistent.metadata.name);
  }

  /** A directory of this machine, or a device with a file system, mounted in the pod's directory. */
  async #localDirectory(pod: Pod, { metadata, spec }: PersistentVolume, readOnly: boolean): Promise<string> {
    const { path = '', fsType } = spec?.local ?? {};
    if (!(await isBlockDevice(path))) {
      // If it is a link, the volume is what it points to.
      return realpath(await prepareHostPath({ path, type: 'Directory' }));
    }
    const target = this.#path(pod, 'local-volume', metadata.name);
    await mkdir(target, { recursive: true, mode: 0o750 });
    const options = [...(readOnly ? ['ro'] : []), ...(spec?.mountOptions ?? [])];
    await this.#deps.mounter.device({ device: await realpath(path), target, fsType: fsType || 'ext4', options });
    return target;
  }

  /** A device of this machine, with a link to it in the pod's directory. */
  async #localDevice(pod: Pod, { name, path }: { readonly name: string; readonly path: string }): Promise<string> {
    const device = await realpath(path);
    if (!(await stat(device)).isBlockDevice()) throw new Error(`${path} is not a block device`);
    const link = `${this.podDir(pod.metadata.uid)}/volumeDevices/kubernetes.io~local-volume/${name}`;
    await mkdir(dirname(link), { recursive: true, mode: 0o750 });
    await rm(link, { force: true });
    await symlink(device, link);
    return device;
  }

  #drivers(name: string): NonNullable<VolumesDeps['csi']> {
    if (!this.#deps.csi) throw noPlugin(name);
    return this.#deps.csi;
  }

  async #giveToGroup(pod: Pod, path: string, readOnly: boolean): Promise<void> {
    const { fsGroup: group, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    if (group === undefined || readOnly) return;
    await giveToGroup(path, { group, readOnly, onlyIfRootDiffers: fsGroupChangePolicy === 'OnRootMismatch' });
  }

  async #emptyDir(pod: Pod, { name, emptyDir }: Volume, facts: PodFacts): Promise<string> {
    const path = this.#path(pod, 'empty-dir', name);
    await mkdir(path, { recursive: true });
    const { medium = '', sizeLimit } = emptyDir ?? {};
    if (medium === 'Memory') await this.#deps.mounter.tmpfs(path, memoryBytesOf(pod, sizeLimit, facts));
    else if (medium.startsWith('HugePages')) await this.#deps.mounter.hugepages(path, pageBytesOf(pod, medium));
    else if (medium !== '') throw new Error(`unknown storage medium "${medium}"`);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (fsGroup !== undefined) await chown(path, 0, fsGroup);
    // The kernel's own mode of a tmpfs; the directory's otherwise.
    const mode = medium === 'Memory' ? 0o1777 : 0o777;
    await chmod(path, fsGroup === undefined ? mode : 0o2000 | mode);
    return path;
  }

  async #write(pod: Pod, name: string, { plugin, payload, isSecret }: Contents): Promise<string> {
    const path = this.#path(pod, plugin, name);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    await mkdir(path, { recursive: true });
    if (isSecret) await this.#deps.mounter.tmpfs(path, 0);
    const version = `..${new Date(this.#deps.clock.now()).toISOString().replace(/[-:TZ]/g, '_')}`;
    await writeAtomically(path, payload, { version, ...(fsGroup === undefined ? {} : { fsGroup }) });
    return path;
  }

  #path(pod: Pod, plugin: string, name: string): string {
    return `${this.podDir(pod.metadata.uid)}/volumes/kubernetes.io~${plugin}/${name}`;
  }
}

/** No plugin here supports such a volume (upstream: AddPodToVolume). */
const noPlugin = (name: string): UnprocessedError =>
  new UnprocessedError(`failed to get Plugin from volumeSpec for volume "${name}" err=no volume plugin matched`);

/** Throws, in upstream's words, for a device that is to be mounted, or a file system that is to be a device. */
function checkUse(pod: Pod, name: string, mode: string): void {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const listed = (used: { readonly name: string }[] = []): boolean => used.some((one) => one.name === name);
  if (mode === 'Block' && containers.some(({ volumeMounts }) => listed(volumeMounts)))
    throw new UnprocessedError(`volume ${name} has volumeMode Block, but is specified in volumeMounts`);
  if (mode !== 'Block' && containers.some(({ volumeDevices }) => listed(volumeDevices)))
    throw new UnprocessedError(`volume ${name} has volumeMode ${mode}, but is specified in volumeDevices`);
}

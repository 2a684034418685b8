import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import type { ConfigMap, Pod, ProjectedVolumeSource, Secret, Volume } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { unitsOf } from '../pod/amount.ts';
import type { PodFacts } from '../runtime/environment.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { type Payload, writeAtomically } from './atomic-writer.ts';
import { prepareHostPath } from './host-path.ts';
import type { Mounter } from './mount.ts';
import { configMapData, defaultFileMode, downwardFiles, filesOf, secretData } from './payload.ts';

/** Where the contents of volumes come from. Lookups reject with NotFound for what does not exist. */
export interface VolumeSources {
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  /** A token for the pod's service account, bound to the pod; kept and renewed in good time. */
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string>;
}

export interface VolumesDeps {
  readonly podsDir: string;
  readonly clock: Clock;
  readonly sources: VolumeSources;
  readonly mounter: Mounter;
  readonly events: ContainerEvents;
}

/** The directories of a pod's volumes by name. */
export type VolumePaths = ReadonlyMap<string, string>;

/** A volume that could not be set up; it is tried again. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** Makes, refreshes and removes the volumes of pods below `<root>/pods/<uid>/volumes`. */
export class Volumes {
  readonly #deps: VolumesDeps;

  constructor(deps: VolumesDeps) {
    this.#deps = deps;
  }

  podDir(uid: string): string {
    return `${this.#deps.podsDir}/${uid}`;
  }

  /** Sets up all volumes side by side; contents that come from the API are brought up to date. Idempotent. */
  async prepare(pod: Pod, facts: PodFacts): Promise<VolumePaths> {
    const volumes = pod.spec?.volumes ?? [];
    const paths = await Promise.all(
      volumes.map(async (volume) => {
        try {
          return await this.#prepareOne(pod, volume, facts);
        } catch (error) {
          const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`;
          this.#deps.events.warning(pod, undefined, 'FailedMount', message);
          throw new VolumeError(message, { cause: error });
        }
      }),
    );
    return new Map(volumes.map((volume, i) => [volume.name, paths[i] as string]));
  }

  /** Removes everything of a pod. Mounts are taken down first, so that nothing behind them is removed. */
  async remove(uid: string): Promise<void> {
    const directory = this.podDir(uid);
    await this.#deps.mounter.unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }

  async #prepareOne(pod: Pod, volume: Volume, facts: PodFacts): Promise<string> {
    const { sources } = this.#deps;
    const namespace = pod.metadata.namespace ?? 'default';
    if (volume.hostPath) return prepareHostPath(volume.hostPath);
    if (volume.emptyDir) return this.#emptyDir(pod, volume);
    if (volume.configMap) {
      const { name = '', items, defaultMode: mode = defaultFileMode, optional = false } = volume.configMap;
      const data = await orNothing(optional, async () => configMapData(await sources.configMap(namespace, name)));
      const payload = filesOf(data, { items, mode, optional, missing: missingKey });
      return this.#write(pod, 'configmap', volume.name, payload);
    }
    if (volume.secret) {
      const { secretName = '', items, defaultMode: mode = defaultFileMode, optional = false } = volume.secret;
      const data = await orNothing(optional, async () => secretData(await sources.secret(namespace, secretName)));
      const payload = filesOf(data, { items, mode, optional, missing: missingKey });
      return this.#write(pod, 'secret', volume.name, payload);
    }
    if (volume.downwardAPI) {
      const mode = volume.downwardAPI.defaultMode ?? defaultFileMode;
      return this.#write(
        pod,
        'downward-api',
        volume.name,
        downwardFiles(pod, volume.downwardAPI.items, { mode, facts }),
      );
    }
    if (volume.projected) {
      return this.#write(pod, 'projected', volume.name, await this.#projected(pod, volume.projected, facts));
    }
    throw new Error('no volume plugin matched');
  }

  async #emptyDir(pod: Pod, { name, emptyDir }: Volume): Promise<string> {
    const path = this.#path(pod, 'empty-dir', name);
    await mkdir(path, { recursive: true });
    if (emptyDir?.medium === 'Memory') await this.#deps.mounter.tmpfs(path, unitsOf(emptyDir.sizeLimit) ?? 0);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (fsGroup !== undefined) await chown(path, 0, fsGroup);
    await chmod(path, fsGroup === undefined ? 0o777 : 0o2777);
    return path;
  }

  async #projected(pod: Pod, projected: ProjectedVolumeSource, facts: PodFacts): Promise<Payload> {
    const { sources } = this.#deps;
    const namespace = pod.metadata.namespace ?? 'default';
    const mode = projected.defaultMode ?? defaultFileMode;
    const parts = await Promise.all(
      (projected.sources ?? []).map(async (source): Promise<Payload> => {
        if (source.serviceAccountToken) {
          const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken;
          return new Map([[path, { content: await sources.token(pod, audience, expirationSeconds), mode }]]);
        }
        if (source.configMap) {
          const { name = '', items, optional = false } = source.configMap;
          const data = await orNothing(optional, async () => configMapData(await sources.configMap(namespace, name)));
          return filesOf(data, { items, mode, optional, missing: missingKey });
        }
        if (source.secret) {
          const { name = '', items, optional = false } = source.secret;
          const data = await orNothing(optional, async () => secretData(await sources.secret(namespace, name)));
          return filesOf(data, { items, mode, optional, missing: missingKey });
        }
        if (source.downwardAPI) return downwardFiles(pod, source.downwardAPI.items, { mode, facts });
        throw new Error('no volume plugin matched');
      }),
    );
    return new Map(parts.flatMap((part) => [...part]));
  }

  async #write(pod: Pod, plugin: string, name: string, payload: Payload): Promise<string> {
    const path = this.#path(pod, plugin, name);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    const version = `..${new Date(this.#deps.clock.now()).toISOString().replace(/[-:TZ]/g, '_')}`;
    await writeAtomically(path, payload, { version, ...(fsGroup === undefined ? {} : { fsGroup }) });
    return path;
  }

  #path(pod: Pod, plugin: string, name: string): string {
    return `${this.podDir(pod.metadata.uid)}/volumes/kubernetes.io~${plugin}/${name}`;
  }
}

function missingKey(key: string): string {
  return `references non-existent config key: ${key}`;
}

/** The data, or none where it may be missing. */
async function orNothing(
  optional: boolean,
  read: () => Promise<ReadonlyMap<string, Buffer>>,
): Promise<ReadonlyMap<string, Buffer>> {
  try {
    return await read();
  } catch (error) {
    if (optional && error instanceof Error && 'reason' in error && error.reason === 'NotFound') return new Map();
    throw error;
  }
}

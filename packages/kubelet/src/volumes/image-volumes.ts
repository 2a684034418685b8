import { mkdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { Pod } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';
import type { ContainerRuntime, ImageSpec } from '@typernetes/cri';
import { entriesOf } from '../files/read-files.ts';
import { qualified, withDefaultTag } from '../images/image-name.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import { StartError } from '../lifecycle/start-error.ts';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import { ContainerConfigError } from '../runtime/environment.ts';
import type { Mounter } from './mount.ts';

/** An image that containers mount. */
export interface ImageVolume {
  readonly image: ImageSpec;
  /** The mount point on this machine; missing if the runtime mounts it into containers itself. */
  readonly path?: string;
}

/** The image volumes that the pod's next containers need, by name: ready, or the reason why not. */
export type ImageVolumes = ReadonlyMap<string, ImageVolume | StartError>;

interface ImageMountsDeps {
  readonly runtime: Pick<ContainerRuntime, 'viewImage' | 'removeImageView'>;
  readonly images: Pick<ImagePuller, 'ensure'>;
  readonly mounter: Mounter;
  readonly observer?: Pick<WorkObserver, 'imageVolume'>;
  readonly podsDir: string;
}

/** Brings images for `volumes[].image` onto the machine, and shows them in directories where the runtime does not mount images. */
export class ImageMounts {
  readonly #deps: ImageMountsDeps;

  constructor(deps: ImageMountsDeps) {
    this.#deps = deps;
  }

  /**
   * Pulls the named volumes' images by their pull policies, as for containers, and emits the events about present
   * images after `recordAfter`. Idempotent.
   */
  async prepare(
    pod: Pod,
    names: ReadonlySet<string>,
    { recordAfter, signal }: { recordAfter?: Promise<unknown>; signal: AbortSignal },
  ): Promise<ImageVolumes> {
    const wanted = (pod.spec?.volumes ?? []).filter(({ name, image }) => image && names.has(name));
    const ready = await Promise.all(
      wanted.map(async ({ name, image = {} }) => {
        const { observer } = this.#deps;
        observer?.imageVolume('requested');
        try {
          const { reference = '', pullPolicy } = image;
          const wanted = { name: reference, policy: pullPolicy, ...(recordAfter ? { recordAfter } : {}) };
          const present = await this.#deps.images.ensure(pod, wanted, signal);
          const path = await this.#show(pod, { volume: name, image: present.spec, id: present.status.id }, signal);
          observer?.imageVolume('mounted');
          return { image: present.spec, ...(path === undefined ? {} : { path }) };
        } catch (error) {
          if (!signal.aborted) observer?.imageVolume('failed');
          if (error instanceof StartError) return error;
          throw error;
        }
      }),
    );
    return new Map(wanted.map(({ name }, i) => [name, ready[i] as ImageVolume | StartError]));
  }

  /** Releases what the runtime keeps for the pod's volumes, once nothing is mounted any more. Idempotent. */
  async release(uid: string): Promise<void> {
    const directory = this.#directory(uid);
    for (const volume of await entriesOf(directory))
      for (const id of await entriesOf(join(directory, volume)))
        await this.#deps.runtime.removeImageView(keyOf(uid, volume, id));
  }

  async #show(
    pod: Pod,
    { volume, image, id }: { readonly volume: string; readonly image: ImageSpec; readonly id: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { uid } = pod.metadata;
    // The image is part of the name: a container that starts later gets the image that the tag means then, earlier ones
    // keep theirs.
    const digest = id.replace(/^.*:/, '');
    const path = join(this.#directory(uid), volume, digest);
    // Before the view exists, so that everything with this name is removed with it.
    await mkdir(path, { recursive: true, mode: 0o750 });
    const mounts = await this.#deps.runtime.viewImage(image, keyOf(uid, volume, digest), { signal });
    if (!mounts) return undefined;
    for (const mount of mounts) await this.#deps.mounter.mount(mount, path);
    return path;
  }

  #directory(uid: string): string {
    return join(this.#deps.podsDir, uid, 'volumes/kubernetes.io~image');
  }
}

/** The images behind the volumes of these pods, under the runtime's names. */
export function imagesOfVolumes(pods: readonly Pod[]): ReadonlySet<string> {
  const references = pods.flatMap(({ spec }) => (spec?.volumes ?? []).map(({ image }) => image?.reference ?? ''));
  return new Set(references.flatMap((reference) => withDefaultTag(reference) ?? []).map(qualified));
}

/** The part of an image that is to be mounted; nothing is made there, for images are read-only. Rejects when it is not in the image. */
export async function partOfImage(root: string, subPath: string): Promise<string> {
  if (subPath === '') return root;
  const inside = await realpath(join(root, subPath)).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    throw new ContainerConfigError(`failed to find image sub path "${subPath}": no such file or directory`);
  });
  const path = relative(await realpath(root), inside);
  if (path === '..' || path.startsWith('../'))
    throw new ContainerConfigError(`failed to find image sub path "${subPath}": it leads out of the image`);
  return inside;
}

/** Throws, in upstream's words, when the path could lead out of a volume. */
export function checkImageSubPath(subPath: string): void {
  if (isAbsolute(subPath)) throw new ContainerConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

function keyOf(uid: string, volume: string, digest: string): string {
  return `image-volume/${uid}/${volume}/${digest}`;
}

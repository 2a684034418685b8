import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf, type TokenBucket } from '@typernetes/base';
import type { ContainerRuntime, Image, ImageSpec } from '@typernetes/cri';
import { formatDuration } from '@typernetes/process';
import { BackOff } from '../lifecycle/back-off.ts';
import { StartError } from '../lifecycle/start-error.ts';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import type { PodContainer } from '../pod/containers.ts';
import { labels } from '../pod/labels.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { defaultPullPolicy, uppercaseIn, withDefaultTag } from './image-name.ts';
import { PullQueue } from './pull-queue.ts';
import type { PullCredential, PulledImages } from './pulled-images.ts';

/** An image that is on the machine. */
export interface PresentImage {
  /** The image to create the container from. */
  readonly spec: ImageSpec;
  readonly status: Image;
  /** Whether it was pulled just now. */
  readonly pulled: boolean;
}

/** An image for a container or for an image volume. */
interface WantedImage {
  /** The name in the pod's spec. */
  readonly name: string;
  readonly policy?: string | undefined;
  /** The subject of events; the pod if missing. */
  readonly container?: PodContainer;
  /** The event about an image that is already present waits for this promise, and is dropped if it rejects. */
  readonly recordAfter?: Promise<unknown>;
}

interface ImagePullerDeps {
  readonly observer?: Pick<WorkObserver, 'imagePulled'>;
  readonly runtime: Pick<ContainerRuntime, 'imageStatus' | 'pullImage'>;
  readonly clock: Clock;
  readonly events: ContainerEvents;
  /** The credentials to try for an image, best first; none means an anonymous pull. */
  readonly credentials: (pod: Pod, image: string) => Promise<readonly PullCredential[]>;
  /** Decides which pods may use images that are already present; default: all. */
  readonly pulled?: PulledImages;
  /** How many images are pulled at the same time; default: 1. */
  readonly parallel?: number;
  /** Limits requests to registries; default: no limit. */
  readonly rate?: TokenBucket;
}

/** Sees to it that the images of containers are on the machine, by each container's pull policy. */
export class ImagePuller {
  readonly #deps: ImagePullerDeps;
  readonly #backOff: BackOff;
  readonly #queue: PullQueue;

  constructor(deps: ImagePullerDeps) {
    this.#deps = deps;
    this.#backOff = new BackOff(deps.clock);
    this.#queue = new PullQueue(deps.clock, deps.parallel ?? 1);
  }

  /** Rejects with a StartError: ErrImagePull when a pull failed, ImagePullBackOff while the next one is not due. */
  async ensure(pod: Pod, wanted: WantedImage, signal: AbortSignal): Promise<PresentImage> {
    const { name: named, container } = wanted;
    const image = withDefaultTag(named);
    if (image === undefined) {
      const message = `Failed to apply default image tag "${named}": couldn't parse image name "${named}": invalid reference format${uppercaseIn(named)}`;
      this.#deps.events.warning(pod, container, 'InspectFailed', message);
      throw new StartError('InvalidImageName', message);
    }
    const spec: ImageSpec = { image, userSpecifiedImage: named };
    const policy = wanted.policy ?? defaultPullPolicy(named);
    const present = await this.#inspect(pod, container, spec, signal);
    const mayUse = present !== undefined && policy !== 'Always' && (await this.#mayUse(pod, image, present.id));
    if (policy === 'Never' && !mayUse) {
      const message = `Container image "${named}" is not present with pull policy of Never`;
      this.#deps.events.warning(pod, container, 'ErrImageNeverPull', message);
      throw new StartError('ErrImageNeverPull', message);
    }
    if (present && mayUse) {
      const message = `Container image "${named}" already present on machine and can be accessed by the pod`;
      const record = (): void => this.#deps.events.normal(pod, container, 'Pulled', message);
      if (wanted.recordAfter) wanted.recordAfter.then(record, () => {});
      else record();
      return { spec: { ...spec, image: present.id }, status: present, pulled: false };
    }
    return this.#pull(pod, container, spec, signal);
  }

  async #mayUse(pod: Pod, image: string, imageRef: string): Promise<boolean> {
    const { pulled, credentials } = this.#deps;
    return pulled === undefined || pulled.mayUse(image, imageRef, () => credentials(pod, image));
  }

  async #inspect(
    pod: Pod,
    container: PodContainer | undefined,
    spec: ImageSpec,
    signal: AbortSignal,
  ): Promise<Image | undefined> {
    try {
      return await this.#deps.runtime.imageStatus(spec, { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const message = `Failed to inspect image "${spec.image}": ${messageOf(error)}`;
      this.#deps.events.warning(pod, container, 'InspectFailed', message);
      throw new StartError('ImageInspectError', message, { cause: error });
    }
  }

  async #pull(
    pod: Pod,
    container: PodContainer | undefined,
    spec: ImageSpec,
    signal: AbortSignal,
  ): Promise<PresentImage> {
    const { clock, events } = this.#deps;
    const named = spec.userSpecifiedImage ?? spec.image;
    const key = `${pod.metadata.uid}_${named}`;
    if (this.#backOff.remaining(key) > 0) {
      const message = `Back-off pulling image "${named}"`;
      events.normal(pod, container, 'BackOff', message);
      throw new StartError('ImagePullBackOff', `${message}: ErrImagePull: ${this.#lastFailure.get(key) ?? ''}`);
    }
    events.normal(pod, container, 'Pulling', `Pulling image "${named}"`);
    const asked = clock.monotonic();
    try {
      const tookMs = await this.#pullOnce(pod, spec, signal);
      const waitedMs = clock.monotonic() - asked;
      const status = await this.#deps.runtime.imageStatus(spec, { signal });
      if (!status) throw new Error(`image "${spec.image}" is gone after it was pulled`);
      this.#backOff.reset(key);
      this.#lastFailure.delete(key);
      this.#deps.observer?.imagePulled(tookMs / 1000, Number(status.size));
      // A pull that others had begun before took longer than this pod has waited for it.
      const times = `${goDuration(Math.min(tookMs, waitedMs))} (${goDuration(waitedMs)} including waiting)`;
      const message = `Successfully pulled image "${named}" in ${times}. Image size: ${status.size} bytes.`;
      events.normal(pod, container, 'Pulled', message);
      return { spec: { ...spec, image: status.id }, status, pulled: true };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#backOff.next(key);
      this.#lastFailure.set(key, messageOf(error));
      events.warning(pod, container, 'Failed', `Failed to pull image "${named}": ${messageOf(error)}`);
      throw new StartError('ErrImagePull', messageOf(error), { cause: error });
    }
  }

  readonly #lastFailure = new Map<string, string>();

  /** Returns how long the pull itself took, in milliseconds. Pods with the same credentials share a pull of the same image. */
  async #pullOnce(pod: Pod, spec: ImageSpec, signal: AbortSignal): Promise<number> {
    const credentials = await this.#deps.credentials(pod, spec.image);
    const key = JSON.stringify([spec.image, credentials]);
    return this.#queue.pull(key, (stop) => this.#pullWith(credentials, { pod, image: spec, signal: stop }), signal);
  }

  async #pullWith(
    credentials: readonly PullCredential[],
    { pod, image, signal }: { pod: Pod; image: ImageSpec; signal: AbortSignal },
  ): Promise<void> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const sandboxConfig = {
      metadata: { name, namespace, uid, attempt: 0 },
      labels: { [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid },
    };
    const tries: readonly (PullCredential | undefined)[] = credentials.length > 0 ? credentials : [undefined];
    const { pulled } = this.#deps;
    const failures: string[] = [];
    await pulled?.begin(image.image);
    for (const used of tries) {
      try {
        if (this.#deps.rate && !this.#deps.rate.take()) throw new Error('pull QPS exceeded');
        const request = { image, sandboxConfig, ...(used ? { auth: used.auth } : {}) };
        const imageRef = await this.#deps.runtime.pullImage(request, { signal });
        await pulled?.succeeded(image.image, imageRef, used);
        return;
      } catch (error) {
        if (!signal.aborted && tries.length > 1) {
          failures.push(messageOf(error));
          continue;
        }
        await pulled?.failed(image.image);
        throw error;
      }
    }
    await pulled?.failed(image.image);
    throw new Error(`[${failures.join(', ')}]`);
  }

  /** Milliseconds until the next pull of one of the pod's images is due; 0 when none is waiting. */
  nextPullIn(pod: Pod, image: string): number {
    return this.#backOff.remaining(`${pod.metadata.uid}_${image}`);
  }
}

/** A duration, rounded down to milliseconds, in Go's format. */
function goDuration(ms: number): string {
  return formatDuration(Math.floor(ms));
}

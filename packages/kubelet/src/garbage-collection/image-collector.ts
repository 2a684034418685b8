import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import type { ContainerRuntime, Image } from '@typernetes/cri';
import type { Tracer } from '@typernetes/process/tracing';
import type { RareObserver } from '../metrics/rare-metrics.ts';
import type { Observation } from '../resources/observation.ts';
import { bytesToFree, type ImageRecord, isUsed, removable, tooOld } from './image-plan.ts';

interface ImageCollectorDeps {
  readonly runtime: Pick<ContainerRuntime, 'listImages' | 'listContainers' | 'removeImage'>;
  /** The file system with the images. */
  readonly disk: (signal: AbortSignal) => Promise<Observation>;
  /** Images that are needed though no container uses them. */
  readonly isKept: (image: Image) => boolean;
  readonly high: number;
  readonly low: number;
  readonly minAgeMs: number;
  /** 0 for no limit. */
  readonly maxAgeMs: number;
  /** Called with the ids of all images that were present at a time (milliseconds since the epoch). */
  readonly onImages?: (ids: ReadonlySet<string>, at: number) => Promise<void>;
  readonly observer?: Pick<RareObserver, 'imageRemoved'> | undefined;
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  readonly node: EventTarget;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

const periodMs = 5 * 60_000;

/** Removes images that nobody uses when the disk fills up. */
export class ImageCollector {
  readonly name = 'image-collector';
  readonly #deps: ImageCollectorDeps;
  readonly #records = new Map<string, ImageRecord>();
  readonly #began: number;
  #started = false;
  #failed = false;

  constructor(deps: ImageCollectorDeps) {
    this.#deps = deps;
    this.#began = deps.clock.monotonic();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, recorder, node } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.collect(signal);
        this.#failed = false;
      } catch (error) {
        if (isAbort(error, signal)) return;
        // The first failure is often just the runtime's statistics not being there yet.
        if (this.#failed) recorder.event(node, 'Warning', 'ImageGCFailed', messageOf(error));
        log.warn('Cannot collect images', { error: messageOf(error) });
        this.#failed = true;
      }
      await clock.sleep(periodMs, signal).catch(() => {});
    }
  }

  /** Removes images that are too old, then as many as the disk needs. Rejects when it cannot free enough. */
  async collect(signal: AbortSignal): Promise<void> {
    const { tracer } = this.#deps;
    await (tracer
      ? tracer.span({ name: 'Images/GarbageCollect' }, () => this.#collect(signal))
      : this.#collect(signal));
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const { clock, recorder, node, minAgeMs, maxAgeMs, high, low } = this.#deps;
    const now = clock.monotonic();
    await this.#look(now, signal);
    await this.#remove(
      tooOld(removable(this.#all, { now, minAgeMs }), { now, began: this.#began, maxAgeMs }),
      { why: 'age' },
      signal,
    );
    const disk = await this.#deps.disk(signal);
    if (disk.capacity === 0) {
      const message = 'invalid capacity 0 on image filesystem';
      recorder.event(node, 'Warning', 'InvalidDiskCapacity', message);
      throw new Error(message);
    }
    const wanted = bytesToFree(disk, { high, low });
    if (wanted <= 0) return;
    const freed = await this.#remove(removable(this.#all, { now, minAgeMs }), { bytes: wanted, why: 'space' }, signal);
    if (freed >= wanted) return;
    const message = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
    recorder.event(node, 'Warning', 'FreeDiskSpaceFailed', message);
    throw new Error(message);
  }

  /** Removes every image that nobody uses. */
  async removeUnused(signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.monotonic();
    await this.#look(now, signal);
    await this.#remove(removable(this.#all, { now, minAgeMs: this.#deps.minAgeMs }), { why: 'space' }, signal);
  }

  get #all(): readonly ImageRecord[] {
    return [...this.#records.values()];
  }

  async #look(now: number, signal: AbortSignal): Promise<void> {
    const { runtime, isKept, clock, onImages } = this.#deps;
    const at = clock.now();
    const [images, containers] = await Promise.all([
      runtime.listImages({ signal }),
      runtime.listContainers({}, { signal }),
    ]);
    const used = new Set(containers.flatMap(({ imageRef, image }) => [imageRef, ...(image ? [image.image] : [])]));
    const present = new Set(images.map(({ id }) => id));
    await onImages?.(present, at);
    for (const id of this.#records.keys()) if (!present.has(id)) this.#records.delete(id);
    for (const image of images) {
      const known = this.#records.get(image.id);
      const firstSeen = known?.firstSeen ?? (this.#started ? now : Number.NEGATIVE_INFINITY);
      const lastUsed = isKept(image) || isUsed(image, used) ? now : (known?.lastUsed ?? Number.NEGATIVE_INFINITY);
      this.#records.set(image.id, { image, firstSeen, lastUsed });
    }
    this.#started = true;
  }

  /** Removes images until so many bytes are free, all if not given; returns how many are. */
  async #remove(
    records: readonly ImageRecord[],
    { bytes = Number.POSITIVE_INFINITY, why }: { readonly bytes?: number; readonly why: 'age' | 'space' },
    signal: AbortSignal,
  ): Promise<number> {
    let freed = 0;
    for (const { image } of records) {
      if (freed >= bytes) break;
      try {
        await this.#deps.runtime.removeImage({ image: image.id }, { signal });
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        this.#deps.log.warn('Cannot remove image', { image: image.id, error: messageOf(error) });
        continue;
      }
      this.#deps.observer?.imageRemoved(why);
      this.#deps.log.info('Removed unused image', { image: image.id, bytes: image.size });
      this.#records.delete(image.id);
      freed += Number(image.size);
    }
    return freed;
  }
}

import { type Clock, type Logger, TokenBucket } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { CompleteConfiguration } from '../config/defaults.ts';
import type { PodObserver } from '../metrics/kubelet-metrics.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { ImagePuller } from './image-puller.ts';
import { type CredentialObjects, type ImageCredentials, pullCredentials } from './pull-credentials.ts';
import { PulledImages, type VerificationPolicy } from './pulled-images.ts';

interface OpenImagesOptions {
  readonly rootDir: string;
  readonly config: CompleteConfiguration;
  /** The machine's own credentials for registries; none without it. */
  readonly imageCredentials?: ImageCredentials;
  readonly runtime: ContainerRuntime;
  readonly objects: CredentialObjects;
  readonly events: ContainerEvents;
  readonly observer?: PodObserver;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Pulls images as the configuration says, and records which credentials each was pulled with. */
export function openImages(options: OpenImagesOptions): {
  readonly pulled: PulledImages;
  readonly images: ImagePuller;
} {
  const { config, runtime, objects, events, clock, log } = options;
  const observed = options.observer ? { observer: options.observer } : {};
  const pulled = new PulledImages({
    directory: `${options.rootDir}/image_manager`,
    policy: config.imagePullCredentialsVerificationPolicy as VerificationPolicy,
    allowlist: config.preloadedImagesVerificationAllowlist ?? [],
    clock,
  });
  const images = new ImagePuller({
    pulled,
    ...observed,
    parallel: config.serializeImagePulls ? 1 : (config.maxParallelImagePulls ?? Number.POSITIVE_INFINITY),
    ...(config.registryPullQPS > 0
      ? { rate: new TokenBucket(clock, { perSecond: config.registryPullQPS, burst: config.registryBurst }) }
      : {}),
    runtime,
    clock,
    events,
    credentials: pullCredentials({ objects, own: options.imageCredentials, ...observed, clock, log }),
  });
  return { pulled, images };
}

import type { ApiClient } from '@typernetes/client';
import { parseDuration } from '@typernetes/process';
import { CsiDrivers } from '../csi/csi-drivers.ts';
import { CsiNodeWriter } from '../csi/csi-node.ts';
import { CsiVolumes } from '../csi/csi-volumes.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import { openImages } from '../images/open-images.ts';
import type { PulledImages } from '../images/pulled-images.ts';
import type { PodObserver } from '../metrics/kubelet-metrics.ts';
import type { ApiObjects } from '../node/api-objects.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { ImageMounts } from '../volumes/image-volumes.ts';
import { systemMounter } from '../volumes/mount.ts';
import { Volumes } from '../volumes/volumes.ts';
import type { KubeletOptions } from './kubelet-options.ts';

interface StorageDeps {
  readonly podsDir: string;
  readonly objects: ApiObjects;
  readonly events: ContainerEvents;
  readonly observer?: PodObserver;
}

/** Images and volumes of pods. */
export interface Storage {
  /** CSI drivers and their volumes; undefined without an API server. */
  readonly csi: { readonly drivers: CsiDrivers; readonly volumes: CsiVolumes } | undefined;
  readonly images: ImagePuller;
  readonly pulled: PulledImages;
  readonly imageMounts: ImageMounts;
  readonly volumes: Volumes;
}

export function openStorage(options: KubeletOptions, deps: StorageDeps): Storage {
  const { api, clock, config, log, runtime } = options;
  const { objects, podsDir } = deps;
  const csi = api && storageDrivers(options, api.client, deps);
  const { pulled, images } = openImages({ ...options, ...deps });
  const imageMounts = new ImageMounts({ ...deps, runtime, images, mounter: systemMounter });
  const volumes = new Volumes({
    ...deps,
    podsDir,
    clock,
    log,
    sources: objects,
    mounter: systemMounter,
    images: imageMounts,
    ...(csi ? { csi: csi.volumes } : {}),
    usageMs: parseDuration(config.volumeStatsAggPeriod) ?? 60_000,
  });
  return { csi, images, pulled, imageMounts, volumes };
}

function storageDrivers(
  { rootDir, nodeName, recorder, clock }: KubeletOptions,
  client: ApiClient,
  { podsDir, objects }: StorageDeps,
): Storage['csi'] {
  const writer = new CsiNodeWriter(client, nodeName);
  const drivers = new CsiDrivers({ onDriver: (name, info, signal) => writer.set(name, info, signal) });
  const pluginsDir = `${rootDir}/plugins`;
  return {
    drivers,
    volumes: new CsiVolumes({ nodeName, podsDir, pluginsDir, drivers, client, sources: objects, recorder, clock }),
  };
}

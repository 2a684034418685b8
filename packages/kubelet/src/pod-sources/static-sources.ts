import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import { parseDuration } from '@typernetes/process';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { ManifestDirectory } from './manifest-directory.ts';
import { ManifestUrl } from './manifest-url.ts';
import type { PodSink } from './pod-source.ts';

interface StaticSourcesOptions {
  readonly config: Pick<
    CompleteConfiguration,
    'staticPodPath' | 'fileCheckFrequency' | 'staticPodURL' | 'staticPodURLHeader' | 'httpCheckFrequency'
  >;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A source of static pods; `read` resolves once it has spoken. */
interface StaticSource extends Runnable {
  readonly read: Promise<void>;
}

/** The directory and the URL that the configuration names. `onSet` gets the static pods of both, whenever they change. */
export function staticSources(
  { config, nodeName, clock, log }: StaticSourcesOptions,
  workers: { set(pod: Pod): void; remove(uid: string): void },
  onSet: (pods: readonly Pod[]) => void,
): readonly StaticSource[] {
  const bySource = new Map<string, readonly Pod[]>();
  const sink = (source: string): PodSink => ({
    set: (pods) => {
      const before = new Set((bySource.get(source) ?? []).map(({ metadata }) => metadata.uid));
      const next = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
      for (const uid of before) if (!next.has(uid)) workers.remove(uid);
      for (const [uid, pod] of next) if (!before.has(uid)) workers.set(pod);
      bySource.set(source, pods);
      onSet([...bySource.values()].flat());
    },
  });
  const sources: StaticSource[] = [];
  const { staticPodPath: path, staticPodURL: url } = config;
  if (path !== '') {
    const checkMs = parseDuration(config.fileCheckFrequency) ?? 20_000;
    sources.push(new ManifestDirectory({ path, nodeName, checkMs, clock, log }, sink(path)));
  }
  if (url) {
    const checkMs = parseDuration(config.httpCheckFrequency) ?? 20_000;
    const headers = config.staticPodURLHeader ?? {};
    sources.push(new ManifestUrl({ url, headers, nodeName, checkMs, clock, log }, sink(url)));
  }
  return sources;
}

import type { Pod } from '@typernetes/api/core/v1';
import { unitsOf } from '../pod/amount.ts';
import type { StarvedResource } from './observation.ts';

/** What one container uses; undefined where unknown. In bytes, except for inodes. */
export interface ContainerUsage {
  readonly name: string;
  readonly memoryBytes: number | undefined;
  readonly writableBytes: number | undefined;
  readonly writableInodes: number | undefined;
  readonly logBytes: number;
}

/** What a pod uses of the machine. */
export interface PodUsage {
  readonly containers: readonly ContainerUsage[];
  /** Bytes and inodes of emptyDir volumes on disk and of volumes with content from the API, by volume name. */
  readonly volumes: ReadonlyMap<string, { readonly bytes: number; readonly inodes: number }>;
  /** Undefined if the machine cannot say. */
  readonly processes: number | undefined;
}

export function usedOf(usage: PodUsage, resource: StarvedResource): number {
  const sum = (amounts: Iterable<number | undefined>): number =>
    [...amounts].reduce<number>((total, n) => total + (n ?? 0), 0);
  const { containers, volumes } = usage;
  switch (resource) {
    case 'memory':
      return sum(containers.map(({ memoryBytes }) => memoryBytes));
    case 'pids':
      return usage.processes ?? 0;
    case 'inodes':
      return sum([
        ...containers.map(({ writableInodes }) => writableInodes),
        ...[...volumes.values()].map((v) => v.inodes),
      ]);
    case 'ephemeral-storage':
      return sum([
        ...containers.flatMap(({ writableBytes, logBytes }) => [writableBytes, logBytes]),
        ...[...volumes.values()].map(({ bytes }) => bytes),
      ]);
  }
}

/** What the pod requests; inodes and processes cannot be requested. */
export function requestedOf(pod: Pod, resource: StarvedResource): number {
  if (resource === 'inodes' || resource === 'pids') return 0;
  const requested = (c: { resources?: { requests?: Record<string, string> } }): number =>
    unitsOf(c.resources?.requests?.[resource]) ?? 0;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const together = [...containers, ...sidecars].reduce((total, c) => total + requested(c), 0);
  return Math.max(together, ...initContainers.map(requested)) + (unitsOf(pod.spec?.overhead?.[resource]) ?? 0);
}

import { type Dra, openDra } from '../dra/open-dra.ts';
import type { PodWorkers } from '../pod-worker/pod-workers.ts';
import { openManagers } from '../resource-managers/open-managers.ts';
import type { ResourceManagers } from '../resource-managers/resource-managers.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import type { LocalPods } from './local-pods.ts';
import type { NodeChange } from './node-change.ts';

/** What pods can have for themselves: devices through claims, and devices, CPUs and memory from the managers. */
interface NodeResources {
  /** Undefined without an API server, which has the claims. */
  readonly dra: Dra | undefined;
  readonly resources: ResourceManagers;
}

export async function openNodeResources(
  options: KubeletOptions,
  {
    pods,
    change,
    workers,
  }: { readonly pods: LocalPods; readonly change: NodeChange; readonly workers: () => PodWorkers },
): Promise<NodeResources> {
  const { api } = options;
  const wake = (uids: Iterable<string>): void => {
    for (const uid of uids) workers().wake(uid);
  };
  const dra =
    api &&
    (await openDra({
      ...options,
      client: api.client,
      isRegistered: () => api.node() !== undefined,
      active: () => pods.knownUids,
      onHealth: wake,
    }));
  const resources = await openManagers({
    ...options,
    active: () => pods.activeUids,
    pods: () => pods.active,
    claimsOf: (pod, container) => dra?.manager.claimsOf(pod, container) ?? [],
    onResources: () => {
      change.announce();
      wake(resources.devices.holders);
    },
  });
  return { dra, resources };
}

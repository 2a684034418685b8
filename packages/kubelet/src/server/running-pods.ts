import type { Pod } from '@typernetes/api/core/v1';
import type { ContainerRuntime } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';

/**
 * What the runtime runs of pods, whether a source knows them or not: only what the runtime knows of them is filled in
 * (upstream: Pod.ToAPIPod), the newest pod first.
 */
export async function runningPods(
  runtime: Pick<ContainerRuntime, 'listPodSandboxes' | 'listContainers'>,
): Promise<readonly Pod[]> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()]);
  const pods = new Map<string, { name: string; namespace: string; createdAt: bigint }>();
  for (const { state, metadata, createdAt } of sandboxes) {
    if (state !== 'SANDBOX_READY') continue;
    const { uid, name, namespace } = metadata;
    pods.set(uid, { name, namespace, createdAt: BigInt(createdAt) });
  }
  const running = containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
  const byPod = Map.groupBy(running, (container) => container.labels[labels.podUid] ?? '');
  for (const [uid, [first]] of byPod) {
    if (!first || pods.has(uid)) continue;
    const { [labels.podName]: name = '', [labels.podNamespace]: namespace = '' } = first.labels;
    pods.set(uid, { name, namespace, createdAt: BigInt(first.createdAt) });
  }
  return [...pods]
    .sort(([, a], [, b]) => Number(b.createdAt - a.createdAt))
    .map(([uid, { name, namespace }]) => ({
      metadata: { name, namespace, uid },
      spec: {
        containers: (byPod.get(uid) ?? []).map(({ metadata, image }) => ({
          name: metadata.name,
          image: image?.image ?? '',
          resources: {},
        })),
      },
      status: {},
    })) as unknown as readonly Pod[];
}

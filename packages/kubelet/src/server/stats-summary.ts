import type { Pod } from '@typernetes/api/core/v1';
import type { ContainerRuntime, ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';

/** `/stats/summary` as far as the runtime knows: processor and memory of each container. */
export async function statsSummary(of: {
  runtime: Pick<ContainerRuntime, 'listContainerStats'>;
  pods: () => readonly Pod[];
  nodeName: string;
}): Promise<unknown> {
  const stats = await of.runtime.listContainerStats();
  const pods = of.pods().map((pod) => {
    const { name, namespace, uid } = pod.metadata;
    const own = stats.filter(({ attributes }) => attributes.labels[labels.podUid] === uid);
    return {
      podRef: { name, namespace, uid },
      startTime: pod.status?.startTime ?? null,
      containers: own.map((container) => ({ name: container.attributes.metadata.name, ...usageOf(container) })),
    };
  });
  return { node: { nodeName: of.nodeName }, pods };
}

function usageOf({ cpu, memory }: ContainerStats): object {
  const amount = (value: { value: string } | null | undefined): number => Number(value?.value ?? 0);
  const time = (nanoseconds: string): string => new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString();
  return {
    ...(cpu
      ? {
          cpu: {
            time: time(cpu.timestamp),
            usageNanoCores: amount(cpu.usageNanoCores),
            usageCoreNanoSeconds: amount(cpu.usageCoreNanoSeconds),
          },
        }
      : {}),
    ...(memory
      ? {
          memory: {
            time: time(memory.timestamp),
            usageBytes: amount(memory.usageBytes),
            workingSetBytes: amount(memory.workingSetBytes),
            rssBytes: amount(memory.rssBytes),
            pageFaults: amount(memory.pageFaults),
            majorPageFaults: amount(memory.majorPageFaults),
          },
        }
      : {}),
  };
}

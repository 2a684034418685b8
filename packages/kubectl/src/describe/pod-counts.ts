import { type Pod, pods } from '@typernetes/api/core/v1';
import { type ApiObject, formatLabelSelector, isControlledBy, type LabelSelector } from '@typernetes/machinery';
import type { DescribeDeps } from './describer.ts';

/** `2 Running / 0 Waiting / 0 Succeeded / 0 Failed` of the pods that a workload controls. */
export async function podCounts(
  owner: ApiObject & { spec: { selector: LabelSelector | undefined } },
  { client }: Pick<DescribeDeps, 'client'>,
): Promise<string> {
  const labelSelector = formatLabelSelector(owner.spec.selector);
  const { items } = await client.resource(pods).list({ namespace: owner.metadata.namespace ?? '', labelSelector });
  const owned = items.filter((pod) => isControlledBy(pod, owner));
  const count = (phase: string): number =>
    owned.filter((pod: Pod) => (pod.status?.phase ?? 'Pending') === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

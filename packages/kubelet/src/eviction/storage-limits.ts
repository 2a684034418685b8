import type { Pod } from '@typernetes/api/core/v1';
import { canonicalQuantity, formatQuantity, goQuote, quantityOf } from '@typernetes/machinery';
import { unitsOf } from '../pod/amount.ts';
import { type PodUsage, usedOf } from '../resources/pod-usage.ts';

/**
 * Why the pod exceeds one of its limits on local storage; undefined when it does not (upstream: localStorageEviction).
 */
export function storageExcess(pod: Pod, usage: PodUsage, imagesApart: boolean): string | undefined {
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    const limit = unitsOf(emptyDir?.sizeLimit) ?? 0;
    if (limit > 0 && (usage.volumes.get(name)?.bytes ?? 0) > limit)
      return `Usage of EmptyDir volume ${goQuote(name)} exceeds the limit ${goQuote(canonicalQuantity(String(emptyDir?.sizeLimit)))}. `;
  }
  const containers = pod.spec?.containers ?? [];
  const limits = containers.map(({ resources }) => unitsOf(resources?.limits?.['ephemeral-storage']));
  const total = limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0);
  if (limits.some((limit) => limit !== undefined) && usedOf(usage, 'ephemeral-storage') > total)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(quantityOf(total, 'BinarySI'))}. `;
  for (const { name, logBytes, writableBytes = 0 } of usage.containers) {
    const limit = containers.find((container) => container.name === name)?.resources?.limits?.['ephemeral-storage'];
    const used = logBytes + (imagesApart ? 0 : writableBytes);
    if (limit !== undefined && (unitsOf(limit) ?? 0) > 0 && used > (unitsOf(limit) ?? 0))
      return `Container ${name} exceeded its local ephemeral storage limit ${goQuote(canonicalQuantity(String(limit)))}. `;
  }
  return undefined;
}

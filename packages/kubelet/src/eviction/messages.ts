import type { Pod } from '@typernetes/api/core/v1';
import { canonicalQuantity, formatQuantity, quantityOf } from '@typernetes/machinery';
import { unitsOf } from '../pod/amount.ts';
import type { StarvedResource } from '../resources/observation.ts';
import type { PodUsage } from '../resources/pod-usage.ts';
import { type Observations, type Pressure, resourceOf } from './signals.ts';
import { amountOf, type Threshold } from './thresholds.ts';

/** The reason in the status of a pod that had to go, and of its event. */
export const evictedReason = 'Evicted';

/** Why a pod had to go (upstream: evictionMessage, the blanks at the ends of the sentences included). */
export function evictionMessage(
  resource: StarvedResource,
  pod: Pod,
  sight: {
    readonly usage: PodUsage | undefined;
    readonly acting: readonly Threshold[];
    readonly observations: Observations;
  },
): string {
  const text = (amount: number): string => quantityText(amount, resource);
  const parts = [`The node was low on resource: ${resource}. `];
  const threshold = sight.acting.find(({ signal }) => resourceOf(signal) === resource);
  const observation = threshold && sight.observations.get(threshold.signal);
  if (threshold && observation)
    parts.push(
      `Threshold quantity: ${text(amountOf(threshold.value, observation.capacity))}, available: ${text(observation.available)}. `,
    );
  const specs = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  for (const { name, memoryBytes, writableBytes, logBytes } of sight.usage?.containers ?? []) {
    const spec = specs.find((container) => container.name === name);
    const used =
      resource === 'memory'
        ? memoryBytes
        : resource === 'ephemeral-storage' && writableBytes !== undefined
          ? writableBytes + logBytes
          : undefined;
    if (!spec || used === undefined) continue;
    const request = spec.resources?.requests?.[resource];
    if (used <= (unitsOf(request) ?? 0)) continue;
    const asked = request === undefined ? '0' : canonicalQuantity(String(request));
    parts.push(
      `Container ${name} was using ${text(used)}, request is ${asked}, has larger consumption of ${resource}. `,
    );
  }
  return parts.join('');
}

/** Bytes in powers of two, counts in powers of ten. */
function quantityText(amount: number, resource: StarvedResource): string {
  const bytes = resource === 'memory' || resource === 'ephemeral-storage';
  return formatQuantity(quantityOf(amount, bytes ? 'BinarySI' : 'DecimalSI'));
}

/** Why a pod is not taken in by a node under pressure. */
export function conditionMessage(conditions: readonly Pressure[]): string {
  return `The node had condition: [${conditions.join(' ')}]. `;
}

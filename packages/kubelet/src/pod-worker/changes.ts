import type { Pod } from '@typernetes/api/core/v1';
import { jsonEqual } from '@typernetes/machinery';

/**
 * Whether a new version of a pod calls for a round. A change of the status alone does not: it is the kubelet's own
 * write coming back.
 */
export function asksForMore(before: Pod, after: Pod): boolean {
  if (!jsonEqual(before.spec, after.spec) || !jsonEqual(lasting(before), lasting(after))) return true;
  // Others write the conditions of readiness gates.
  const gates = after.spec?.readinessGates ?? [];
  return gates.some(({ conditionType }) => conditionOf(before, conditionType) !== conditionOf(after, conditionType));
}

function lasting({ metadata }: Pod): object {
  return { ...metadata, resourceVersion: undefined, managedFields: undefined };
}

function conditionOf(pod: Pod, wanted: string): string | undefined {
  return pod.status?.conditions?.find(({ type }) => type === wanted)?.status;
}

import type { Toleration } from '@typernetes/api/core/v1';
import { type ApiObject, type FieldProblem, type ResourceType, unsupportedValue } from '@typernetes/machinery';

const template = 'spec.template.spec.tolerations';

/** The paths of tolerations, by group and plural. */
const tolerationsAt: Readonly<Record<string, string>> = {
  '/pods': 'spec.tolerations',
  '/podtemplates': 'template.spec.tolerations',
  '/replicationcontrollers': template,
  'apps/daemonsets': template,
  'apps/deployments': template,
  'apps/replicasets': template,
  'apps/statefulsets': template,
  'batch/cronjobs': 'spec.jobTemplate.spec.template.spec.tolerations',
  'batch/jobs': template,
  'node.k8s.io/runtimeclasses': 'scheduling.tolerations',
};
/** The same as steps, since they are followed on every write. */
const stepsTo = new Map(Object.entries(tolerationsAt).map(([resource, at]) => [resource, at.split('.')]));

/**
 * The problems with values that need an enabled gate, unless the stored object has such values already: tolerations
 * that compare numbers (`Gt`, `Lt`).
 */
export function gatedValueProblems(
  { group, plural }: Pick<ResourceType<ApiObject>, 'group' | 'plural'>,
  { next, current }: { readonly next: ApiObject; readonly current: ApiObject | undefined },
  isOn: (gate: string) => boolean,
): FieldProblem[] {
  const resource = `${group}/${plural}`;
  const steps = stepsTo.get(resource);
  if (!steps) return [];
  const compared = comparisons(next, steps);
  if (compared.length === 0 || isOn('TaintTolerationComparisonOperators')) return [];
  if (current && comparisons(current, steps).length > 0) return [];
  return compared.map(({ index, operator }) =>
    unsupportedValue(`${tolerationsAt[resource]}[${index}].operator`, operator, ['Equal', 'Exists']),
  );
}

function comparisons(
  object: ApiObject,
  steps: readonly string[],
): { readonly index: number; readonly operator: string }[] {
  let found: unknown = object;
  for (const step of steps) found = (found as Record<string, unknown> | null | undefined)?.[step];
  return ((found ?? []) as readonly Toleration[]).flatMap(({ operator }, index) =>
    operator === 'Gt' || operator === 'Lt' ? [{ index, operator }] : [],
  );
}

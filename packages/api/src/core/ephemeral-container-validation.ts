import { forbiddenValue, notFoundValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { type ContainerScope, containerProblems, imageSpaceProblems } from './container-validation.ts';
import type { EphemeralContainer } from './v1.gen.ts';

/** What an ephemeral container must not have, in the order of its fields. */
const forbiddenFields = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** Rules for an ephemeral container. `targets`: names of containers that it may join. Upstream: validateEphemeralContainers. */
export function* ephemeralContainerProblems(
  container: EphemeralContainer,
  { targets, ...scope }: ContainerScope & { readonly targets: ReadonlySet<string> },
): Problems {
  yield* containerProblems(container, scope);
  yield* imageSpaceProblems(container, scope.at);
  const { targetContainerName: target, volumeMounts } = container;
  if (target && !targets.has(target)) yield notFoundValue(`${scope.at}.targetContainerName`, target);
  const detail = 'cannot be set for an Ephemeral Container';
  for (const field of forbiddenFields)
    if (isSet(container, field)) yield forbiddenValue(`${scope.at}.${field}`, detail);
  for (const [i, mount] of (volumeMounts ?? []).entries())
    for (const field of ['subPath', 'subPathExpr'] as const)
      if (mount[field]) yield forbiddenValue(`${scope.at}.volumeMounts[${i}].${field}`, detail);
}

/** Containers always have resources: they count as set if anything is in them. */
function isSet(container: EphemeralContainer, field: (typeof forbiddenFields)[number]): boolean {
  const value = container[field];
  return value != null && (field !== 'resources' || Object.keys(value).length > 0);
}

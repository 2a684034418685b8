import { duplicateValue, invalidValue } from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import type { Container, PodSpec } from './v1.gen.ts';

/** Rules for the resize policy of a container. Upstream reports the list, not the entry. */
export function* resizePolicyProblems(
  { resizePolicy }: Container,
  at: string,
  restartPolicy: PodSpec['restartPolicy'],
): Problems {
  const path = `${at}.resizePolicy`;
  const seen = new Set<string>();
  for (const [i, policy] of (resizePolicy ?? []).entries()) {
    if (seen.has(policy.resourceName)) yield duplicateValue(`${path}[${i}]`, policy.resourceName);
    seen.add(policy.resourceName);
    yield* oneOf(policy.resourceName, { at: path, of: ['cpu', 'memory'], required: true });
    yield* oneOf(policy.restartPolicy, { at: path, of: ['NotRequired', 'RestartContainer'], required: true });
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired')
      yield invalidValue(path, policy.restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
  }
}

/** Init containers that run to completion are not restarted for a resize. */
export function* initResizePolicyProblems({ resizePolicy, restartPolicy }: Container, at: string): Problems {
  if (restartPolicy === 'Always') return;
  for (const [i, policy] of (resizePolicy ?? []).entries()) {
    if (policy.restartPolicy !== 'RestartContainer') continue;
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    yield invalidValue(`${at}.resizePolicy[${i}].restartPolicy`, policy.restartPolicy, detail);
  }
}

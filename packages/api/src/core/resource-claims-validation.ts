import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  labelNameProblems,
  notFoundValue,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { type Problems, wellFormed } from '../meta/field-checks.ts';
import type { PodResourceClaim, PodSpec, ResourceClaim } from './v1.gen.ts';

/** Rules for the pod's resource claims and their use by containers. */
export function* podClaimProblems(spec: PodSpec, at: string): Problems {
  const names = new Set<string>();
  for (const [i, claim] of (spec.resourceClaims ?? []).entries())
    yield* entryProblems(claim, { at: `${at}.resourceClaims[${i}]`, names });
  for (const list of ['initContainers', 'containers'] as const)
    for (const [i, { resources }] of (spec[list] ?? []).entries())
      yield* usedClaimProblems(resources?.claims, { at: `${at}.${list}[${i}].resources.claims`, names });
}

function* entryProblems(
  claim: PodResourceClaim,
  { at, names }: { readonly at: string; readonly names: Set<string> },
): Problems {
  const { name, resourceClaimName, resourceClaimTemplateName } = claim;
  if (name && names.has(name)) yield duplicateValue(`${at}.name`, name);
  else yield* wellFormed(name, { at: `${at}.name`, by: labelNameProblems, required: true });
  if (name) names.add(name);
  const shown = {
    Name: name,
    ResourceClaimName: resourceClaimName ?? null,
    ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
  };
  if (resourceClaimName != null && resourceClaimTemplateName != null) {
    const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
    yield invalidValue(at, shown, detail);
  }
  if (resourceClaimName == null && resourceClaimTemplateName == null)
    yield invalidValue(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
  yield* wellFormed(resourceClaimName, { at: `${at}.resourceClaimName`, by: subdomainProblems });
  yield* wellFormed(resourceClaimTemplateName, { at: `${at}.resourceClaimTemplateName`, by: subdomainProblems });
}

function* usedClaimProblems(
  claims: readonly ResourceClaim[] | undefined,
  { at, names }: { readonly at: string; readonly names: ReadonlySet<string> },
): Problems {
  const used = new Set<string>();
  for (const [i, { name, request }] of (claims ?? []).entries()) {
    const path = `${at}[${i}]`;
    if (!name) {
      yield requiredValue(path);
      continue;
    }
    const key = request ? `${name}/${request}` : name;
    if (used.has(key)) yield duplicateValue(path, key);
    used.add(key);
    if (!names.has(name)) yield unknownClaim(path, { name, names });
  }
}

function unknownClaim(path: string, { name, names }: { name: string; names: ReadonlySet<string> }): FieldProblem {
  const rest = names.size === 0 ? ' which is empty' : `: ${[...names].sort().join(', ')}`;
  const { body, ...problem } = notFoundValue(path, name);
  return { ...problem, body: `${body}: must be one of the names in pod.spec.resourceClaims${rest}` };
}

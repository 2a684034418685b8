import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { mapProblems, unionProblems } from './declared-rules.ts';
import type {
  PodGroup,
  PodGroupResourceClaim,
  PodGroupSchedulingPolicy,
  PodGroupSpec,
  PodGroupTemplate,
} from './v1alpha2.gen.ts';

const maxClaims = 4;
const maxTopologies = 1;
const highestUserPriority = 1_000_000_000;
const disruptionModes = ['Pod', 'PodGroup'];

export function validatePodGroup({ spec }: PodGroup): FieldProblem[] {
  return [...templateReferenceProblems(spec), ...podGroupProblems(spec, 'spec')];
}

/** The scheduling policy is immutable. */
export function validatePodGroupUpdate({ spec }: PodGroup, { spec: old }: PodGroup): FieldProblem[] {
  const fixed = [
    'podGroupTemplateRef',
    'schedulingPolicy',
    'schedulingConstraints',
    'resourceClaims',
    'disruptionMode',
    'priorityClassName',
    'priority',
  ] as const;
  return fixed
    .filter((name) => !jsonEqual(spec[name] ?? null, old[name] ?? null))
    .map((name) => invalidValue(`spec.${name}`, null, immutableDetail));
}

export function validatePodGroupStatus({ spec, status }: PodGroup): FieldProblem[] {
  return [...statusProblems(status ?? {}, spec)];
}

function* statusProblems(status: NonNullable<PodGroup['status']>, spec: PodGroupSpec): Problems {
  yield* conditionsProblems(status.conditions, 'status.conditions');
  const at = 'status.resourceClaimStatuses';
  const statuses = status.resourceClaimStatuses ?? [];
  if (statuses.length > maxClaims) yield tooMany(at, statuses.length, maxClaims);
  yield* mapProblems(statuses, at, ({ name }) => name);
  const known = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  for (const [i, { name, resourceClaimName }] of statuses.entries()) {
    if (!known.has(name)) {
      yield invalidValue(`${at}[${i}].name`, name, 'must match the name of an entry in `spec.resourceClaims`');
    }
    yield* wellFormed(resourceClaimName, { at: `${at}[${i}].resourceClaimName`, by: subdomainProblems });
  }
}

function* templateReferenceProblems({ podGroupTemplateRef }: PodGroupSpec): Problems {
  if (!podGroupTemplateRef) return;
  const at = 'spec.podGroupTemplateRef';
  yield* unionProblems(podGroupTemplateRef, at, ['workload']);
  const { workload } = podGroupTemplateRef;
  if (!workload) return;
  yield* wellFormed(workload.workloadName, {
    at: `${at}.workload.workloadName`,
    by: subdomainProblems,
    required: true,
  });
  yield* wellFormed(workload.podGroupTemplateName, {
    at: `${at}.workload.podGroupTemplateName`,
    by: labelNameProblems,
    required: true,
  });
}

/** Rules for groups and their templates. */
export function* podGroupProblems(group: Omit<PodGroupTemplate, 'name'>, path: string): Problems {
  yield* policyProblems(group.schedulingPolicy ?? {}, `${path}.schedulingPolicy`);
  const topology = group.schedulingConstraints?.topology ?? [];
  const at = `${path}.schedulingConstraints.topology`;
  if (topology.length > maxTopologies) yield tooMany(at, topology.length, maxTopologies);
  for (const [i, { key }] of topology.entries()) {
    yield* wellFormed(key, { at: `${at}[${i}].key`, by: qualifiedNameProblems, required: true });
  }
  yield* claimsProblems(group.resourceClaims ?? [], `${path}.resourceClaims`);
  const { disruptionMode, priorityClassName, priority } = group;
  if (disruptionMode && !disruptionModes.includes(disruptionMode)) {
    yield unsupportedValue(`${path}.disruptionMode`, disruptionMode, disruptionModes);
  }
  yield* wellFormed(priorityClassName, { at: `${path}.priorityClassName`, by: subdomainProblems });
  if (priority != null && priority > highestUserPriority) {
    yield invalidValue(`${path}.priority`, priority, `must be less than or equal to ${highestUserPriority}`);
  }
}

function* policyProblems(policy: PodGroupSchedulingPolicy, at: string): Problems {
  yield* unionProblems(policy, at, ['basic', 'gang']);
  if (!policy.gang) return;
  const { minCount } = policy.gang;
  if (!minCount) yield requiredValue(`${at}.gang.minCount`);
  else if (minCount < 1) yield invalidValue(`${at}.gang.minCount`, minCount, 'must be greater than or equal to 1');
}

function* claimsProblems(claims: readonly PodGroupResourceClaim[], at: string): Problems {
  if (claims.length > maxClaims) yield tooMany(at, claims.length, maxClaims);
  yield* mapProblems(claims, at, ({ name }) => name);
  for (const [i, claim] of claims.entries()) {
    yield* wellFormed(claim.name, { at: `${at}[${i}].name`, by: labelNameProblems, required: true });
    yield* unionProblems(claim, `${at}[${i}]`, ['resourceClaimName', 'resourceClaimTemplateName']);
    for (const name of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      yield* wellFormed(claim[name], { at: `${at}[${i}].${name}`, by: subdomainProblems });
    }
  }
}

import type {
  MatchResources,
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from './v1.gen.ts';
import { defaultRules } from './webhook-defaults.ts';

/** Validating and mutating policies. */
export function defaultAdmissionPolicy(policy: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (!policy.spec) return;
  policy.spec.failurePolicy ??= 'Fail';
  defaultMatchResources(policy.spec.matchConstraints);
}

/** Bindings of both kinds of policy. */
export function defaultAdmissionPolicyBinding(binding: Pick<ValidatingAdmissionPolicyBinding, 'spec'>): void {
  defaultMatchResources(binding.spec?.matchResources);
}

function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

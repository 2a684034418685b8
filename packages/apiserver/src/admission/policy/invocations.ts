import type { ParamRef } from '@typernetes/api/admissionregistration/v1';
import type { Namespace } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { costLimits, type Variables } from '@typernetes/cel';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';
import type { ConditionObserver } from '../cel/condition-metrics.ts';
import { requestVariables, type VariableDeps } from '../cel/request-variables.ts';
import type { MatchDeps, Matcher } from '../webhook/matching.ts';
import { isNamespace } from '../webhook/rules.ts';
import type { Budget, CompiledPolicy } from './compiled-policy.ts';
import { type ParamDeps, paramsOf } from './params.ts';

export interface PolicyDeps extends MatchDeps, VariableDeps, ParamDeps {
  /** Observes the match conditions of a policy; default: no observer. */
  readonly conditions?: (policy: string, operation: string) => ConditionObserver;
}

export interface CompiledBinding {
  readonly name: string;
  readonly matcher: Matcher | undefined;
  readonly paramRef: ParamRef | undefined;
}

/**
 * One evaluation of a policy, for a binding and a parameter. `failed`: it cannot be evaluated, and that must not be
 * ignored.
 */
export type Invocation =
  | { readonly variables: Variables; readonly budget: Budget; readonly type: ResourceType<unknown> }
  | { readonly failed: string };

/** The evaluations that a binding requires for a write; none if the policy or the binding does not match. */
export async function* invocationsOf(
  policy: CompiledPolicy,
  binding: CompiledBinding,
  { request, type, ...deps }: PolicyDeps & { request: AdmissionRequest; type: ResourceType<unknown> },
): AsyncIterable<Invocation> {
  if (binding.matcher && !(await binding.matcher.wanted({ ...request, resource: type }, deps))) return;
  let params: readonly (ApiObject | undefined)[];
  try {
    params = paramsOf(policy.paramKind, binding.paramRef, {
      resourcesOf: deps.resourcesOf,
      read: deps.read,
      namespace: request.namespace,
    });
  } catch (error) {
    if (!policy.failsOpen) yield { failed: `failed to configure binding: ${messageOf(error)}` };
    return;
  }
  const namespaceObject = await namespaceOf(request, deps.namespaces);
  for (const param of params) {
    const budget: Budget = { left: costLimits.perObject };
    const seen = { ...requestVariables(request, { ...deps, type }), namespaceObject, params: param ?? null };
    const verdict =
      policy.conditions && (await policy.conditions.evaluate(seen, deps.conditions?.(policy.name, request.operation)));
    if (verdict && 'failed' in verdict) {
      yield verdict;
      continue;
    }
    if (verdict && !verdict.matches) continue;
    yield { variables: policy.withVariables(seen, budget), budget, type };
  }
}

/** Null for cluster-scoped objects, and for namespaces themselves. */
async function namespaceOf(request: AdmissionRequest, namespaces: MatchDeps['namespaces']): Promise<Namespace | null> {
  if (request.namespace === '' || isNamespace(request)) return null;
  return (await namespaces.get(request.namespace)) ?? null;
}

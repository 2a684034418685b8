import type { MutatingAdmissionPolicyBinding } from '@typernetes/api/admissionregistration/v1';
import { schemaOfKind } from '@typernetes/api/schema';
import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  type JsonObject,
  type ResourceType,
  StatusError,
  type StructSchema,
} from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { type Invocation, invocationsOf, type PolicyDeps } from '../policy/invocations.ts';
import { type CompiledMutatingPolicy, mutated } from '../policy/mutating-policy.ts';
import type { BoundPolicy } from '../policy/policy-list.ts';
import type { PolicyTimes } from '../policy/policy-metrics.ts';
import { reinvocationOf } from '../reinvocation.ts';
import { refusal } from '../request-target.ts';
import { isExempt } from '../webhook/matching.ts';
import { mutate, shownAs } from '../webhook/mutation.ts';

type Bound = BoundPolicy<CompiledMutatingPolicy, MutatingAdmissionPolicyBinding>;

const name = 'MutatingAdmissionPolicy';

/** Policies that had their turn, and what the object looked like afterwards. */
interface Round {
  readonly done: Set<string>;
  output: string;
}

/** Applies the mutations of matching MutatingAdmissionPolicies, one after the other. */
export function mutatingPolicies(
  deps: PolicyDeps & PolicyTimes & { readonly policies: () => readonly Bound[] },
): AdmissionPlugin {
  return {
    name,
    handles: (request) => deps.policies().length > 0 && request.object !== undefined && !isExempt(request),
    admit: async (request) => {
      const reinvocation = reinvocationOf(request);
      const round = (reinvocation.states.get(name) as Round | undefined) ?? { done: new Set(), output: '' };
      reinvocation.states.set(name, round);
      const isUnchanged = reinvocation.again && round.output === JSON.stringify(request.object);
      for (const { policy, bindings } of isUnchanged ? [] : deps.policies()) {
        if (reinvocation.again && !(policy.reinvoked && round.done.has(policy.name))) continue;
        const type = await policy.matcher().wanted(request, deps);
        if (!type) continue;
        for (const { compiled } of bindings) {
          for await (const invocation of invocationsOf(policy, compiled, { ...deps, request, type })) {
            round.done.add(policy.name);
            const changed = await applied(request, { policy, binding: compiled.name, invocation }, deps);
            if (changed) reinvocation.wanted = true;
          }
        }
      }
      round.output = JSON.stringify(request.object);
    },
  };
}

async function applied(
  request: AdmissionRequest,
  { policy, binding, invocation }: { policy: CompiledMutatingPolicy; binding: string; invocation: Invocation },
  deps: PolicyDeps & PolicyTimes,
): Promise<boolean> {
  if ('failed' in invocation) throw denied(request, policy.name, binding, invocation.failed);
  const { variables, budget, type } = invocation;
  let changed = false;
  for (const mutation of policy.mutations) {
    const startedAt = deps.now();
    const measured = (errorType: 'no_error' | 'invalid_error'): void =>
      deps.observer.mutated({ policy: policy.name, binding, errorType, seconds: (deps.now() - startedAt) / 1000 });
    try {
      const before = shownAs(request, { type, equivalents: deps.equivalents });
      // Each mutation sees the result of the one before it.
      const seen = { ...variables, object: before };
      const next = await mutated(before as unknown as JsonObject, mutation, {
        variables: seen,
        budget,
        schema: schemaFor(request, type),
      });
      changed = mutate(request, { type, equivalents: deps.equivalents }, () => next as unknown as ApiObject) || changed;
      measured('no_error');
    } catch (error) {
      measured('invalid_error');
      if (!policy.failsOpen) throw denied(request, policy.name, binding, messageOf(error));
    }
  }
  return changed;
}

/** Of a custom resource only that of the request's version is at hand. */
function schemaFor(request: AdmissionRequest, matched: ResourceType<unknown>): StructSchema | undefined {
  const { objectType, resource, customFields } = request;
  return schemaOfKind(objectType ?? matched) ?? (matched.version === resource.version ? customFields : undefined);
}

function denied(request: AdmissionRequest, policy: string, binding: string, why: string): StatusError {
  const text = `policy '${policy}' with binding '${binding}' denied request: ${why}`;
  const { message, details } = refusal(request, text);
  return new StatusError('Invalid', message, { details: { ...details, causes: [{ message: text }] } });
}

import type { ValidatingAdmissionPolicyBinding } from '@typernetes/api/admissionregistration/v1';
import { StatusError, type StatusReason } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { invocationsOf, type PolicyDeps } from '../policy/invocations.ts';
import type { BoundPolicy } from '../policy/policy-list.ts';
import type { PolicyTimes } from '../policy/policy-metrics.ts';
import {
  auditAnnotations,
  type CompiledValidatingPolicy,
  judgements,
  type Objection,
} from '../policy/validating-policy.ts';
import { refusal } from '../request-target.ts';
import { isExempt } from '../webhook/matching.ts';

type Bound = BoundPolicy<CompiledValidatingPolicy, ValidatingAdmissionPolicyBinding>;

const codes: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

interface Denial extends Objection {
  readonly policy: string;
  readonly binding: string;
}

/** Enforces the ValidatingAdmissionPolicies: denies, warns or audits, as each binding says. */
export function validatingPolicies(
  deps: PolicyDeps & PolicyTimes & { readonly policies: () => readonly Bound[] },
): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (request) => deps.policies().length > 0 && !isExempt(request),
    validate: async (request) => {
      const denials: Denial[] = [];
      const notes: object[] = [];
      const annotations = new Map<string, Set<string>>();
      for (const { policy, bindings } of deps.policies()) {
        const type = await policy.matcher().wanted(request, deps);
        if (!type) continue;
        for (const { binding, compiled } of bindings) {
          const actions = binding.spec.validationActions ?? [];
          const where = { policy: policy.name, binding: binding.metadata.name };
          for await (const invocation of invocationsOf(policy, compiled, { ...deps, request, type })) {
            if ('failed' in invocation) {
              denials.push({ ...where, message: invocation.failed, reason: undefined, index: undefined });
              continue;
            }
            const { variables, budget } = invocation;
            for (const { objection, failed, ms } of await judgements(policy, variables, { budget, now: deps.now })) {
              const errorType = failed ? 'invalid_error' : 'no_error';
              const taken = objection ? actions : ['Allow'];
              for (const action of taken)
                deps.observer.validated({ ...where, errorType, seconds: ms / 1000, action: action.toLowerCase() });
              if (!objection) continue;
              if (actions.includes('Deny')) denials.push({ ...where, ...objection });
              if (actions.includes('Warn'))
                request.warn(
                  `Validation failed for ValidatingAdmissionPolicy '${where.policy}' with binding '${where.binding}': ${objection.message}`,
                );
              if (actions.includes('Audit'))
                notes.push({
                  message: objection.message,
                  policy: where.policy,
                  binding: where.binding,
                  expressionIndex: objection.index ?? 0,
                  validationActions: actions,
                });
            }
            const audit = await auditAnnotations(policy, variables, budget);
            for (const [key, value] of audit.values) {
              const name = `${policy.name}/${key}`;
              annotations.set(name, (annotations.get(name) ?? new Set()).add(value));
            }
            for (const message of audit.errors)
              denials.push({ ...where, message, reason: undefined, index: undefined });
          }
        }
      }
      for (const [key, values] of annotations) request.annotate?.(key, [...values].join(', '));
      if (notes.length > 0)
        request.annotate?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(notes));
      if (denials[0]) throw denied(request, denials[0]);
    },
  };
}

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): StatusError {
  const text = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${message}`;
  const { message: whole, details } = refusal(request, text);
  const why = reason || 'Invalid';
  return new StatusError(why as StatusReason, whole, {
    code: codes[why] ?? 422,
    details: { ...details, causes: [{ message: text }] },
  });
}

import { validatingadmissionpolicies } from '@typernetes/api/admissionregistration/v1';
import { systemRandom } from '@typernetes/base';
import { buildAdmission } from './admission.ts';
import { type PartContext, usesRbac } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';
import { policyStatusWriter } from './policy-status.ts';
import type { Security } from './security.ts';

/** The admission plugins and their parts, as selected by the flags. */
export function admissionPart(context: PartContext, security: Security): Partial<ApiServerParts> {
  const { config, material, inside, informers, client, resolve, clock, log } = context;
  return {
    admission: buildAdmission(inside, informers, {
      choice: { enabled: config.admission.enable, disabled: config.admission.disable },
      security,
      rbac: usesRbac(context),
      featureEnabled: config.featureGates.isOn,
      configurations: material.admission ?? new Map(),
      tolerationSeconds: config.admission.tolerationSeconds,
      resolve,
      dial: context.egress?.dial('controlplane'),
      tracer: context.tracer,
      random: systemRandom,
      clock,
      log,
    }),
    background: [
      policyStatusWriter({
        policies: informers.for(validatingadmissionpolicies),
        served: () => inside.router.served.map(({ type }) => type),
        client,
        clock,
        log,
      }),
    ],
  };
}

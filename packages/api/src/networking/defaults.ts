import type { IngressClass, NetworkPolicy } from './v1.gen.ts';

/** A policy without types applies to ingress, and to egress only if it has egress rules. */
export function defaultNetworkPolicy(policy: NetworkPolicy): void {
  const { spec } = policy;
  if (!spec) return;
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  }
}

export function defaultIngressClass(ingressClass: IngressClass): void {
  const parameters = ingressClass.spec?.parameters;
  if (parameters) parameters.scope ??= 'Cluster';
}

import { featureGates } from '@typernetes/api/feature-gates';
import { type GateSettings, gateWarnings as upstreamWarnings } from '@typernetes/api/gate-settings';

/** Gates that the kubelet acts on when they are set. */
const switchable: ReadonlySet<string> = new Set([
  'CPUManagerPolicyAlphaOptions',
  'CPUManagerPolicyBetaOptions',
  'ClusterTrustBundleProjection',
  'PodCertificateRequest',
  'TopologyManagerPolicyAlphaOptions',
  'TopologyManagerPolicyBetaOptions',
]);

/**
 * Warnings about gates that are deprecated, and about gates set to a non-default value that has no effect here: they
 * may be meant for other components.
 */
export function gateWarnings(given: GateSettings = {}): readonly string[] {
  return [
    ...upstreamWarnings(given),
    ...Object.entries(given)
      .filter(([name, value]) => !switchable.has(name) && featureGates[name] && featureGates[name].on !== value)
      .map(([name, value]) => `feature gate ${name}=${value} has no effect on this kubelet`),
  ];
}

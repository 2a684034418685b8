import { type FeatureGate, featureGates } from '@typernetes/api/feature-gates';

/** Gates that the kubelet acts on when they are set. */
const switchable: ReadonlySet<string> = new Set([
  'CPUManagerPolicyAlphaOptions',
  'CPUManagerPolicyBetaOptions',
  'ClusterTrustBundleProjection',
  'PodCertificateRequest',
  'TopologyManagerPolicyAlphaOptions',
  'TopologyManagerPolicyBetaOptions',
]);

type Given = Readonly<Record<string, boolean>> | undefined;

const stages: Readonly<Record<string, string>> = { AllAlpha: 'Alpha', AllBeta: 'Beta' };

/** Whether a gate is on: what is said of it by name, else of its stage, else what it is by itself. */
export function isOn(name: string, given: Given): boolean {
  const gate = featureGates[name];
  if (given?.[name] !== undefined) return given[name];
  const [stage] = Object.entries(stages).find(([, of]) => of === gate?.stage) ?? [];
  return (stage === undefined ? undefined : given?.[stage]) ?? gate?.on ?? false;
}

/** Gates that there are not, and settings of those that are settled, in upstream's words. */
export function gateProblems(given: Given): readonly string[] {
  return Object.entries(given ?? {}).flatMap(([name, value]) => {
    if (stages[name] !== undefined) return [];
    const gate: FeatureGate | undefined = featureGates[name];
    if (!gate) return [`unrecognized feature gate: ${name}`];
    if (!gate.locked || gate.on === value) return [];
    return [`cannot set feature gate ${name} to ${value}, feature is locked to ${gate.on}`];
  });
}

/** Gates that are set otherwise than by default and change nothing here: they may be meant for other components of the cluster. */
export function gateWarnings(given: Given): readonly string[] {
  return Object.entries(given ?? {})
    .filter(([name, value]) => !switchable.has(name) && featureGates[name] && featureGates[name].on !== value)
    .map(([name, value]) => `feature gate ${name}=${value} has no effect on this kubelet`);
}

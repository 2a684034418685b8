/** kubeadm's own feature gates, as of v1.36. */
interface Gate {
  readonly default: boolean;
  readonly stage: 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED';
  /** Of earlier releases: it may still be named, and does nothing. */
  readonly gone?: boolean;
}

const gates: Readonly<Record<string, Gate>> = {
  ControlPlaneKubeletLocalMode: { default: true, stage: 'GA', gone: true },
  NodeLocalCRISocket: { default: true, stage: 'GA' },
  PublicKeysECDSA: { default: false, stage: 'DEPRECATED' },
  RootlessControlPlane: { default: false, stage: 'ALPHA' },
};

/** One line for each gate that can be set. */
export const gateHelp = Object.entries(gates)
  .filter(([, { gone }]) => !gone)
  .map(([name, { stage, default: on }]) => `${name}=true|false (${stage === 'GA' ? '' : `${stage} - `}default=${on})`)
  .join('\n');

/** Reads `--feature-gates`. Throws on gates that do not exist and values that are no booleans. */
export function featureGates(given: Readonly<Record<string, string>>): Record<string, boolean> {
  const unknown = Object.keys(given).find((name) => !(name in gates));
  if (unknown !== undefined) throw new Error(`unrecognized feature-gate key: ${unknown}`);
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (!/^(true|false|1|0|t|f)$/i.test(value)) {
        throw new Error(`invalid value ${value} for feature-gate key: ${name}, use true|false instead`);
      }
      return [name, /^(true|1|t)$/i.test(value)];
    }),
  );
}

/** What is wrong with the gates of a configuration. */
export function featureGateProblems(given: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(given)
    .filter((name) => !(name in gates))
    .map((name) => `featureGates: Invalid value: ${JSON.stringify(given)}: ${name} is not a valid feature name.`);
}

/** What is on although it will not stay, or does nothing here. */
export function featureGateWarnings(given: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(given).flatMap(([name, on]) => {
    const gate = gates[name];
    if (gate?.stage === 'DEPRECATED' && on) {
      return [`feature gate "${name}" is deprecated: use encryptionAlgorithm in ClusterConfiguration instead`];
    }
    if (name === 'RootlessControlPlane' && on) {
      return ['feature gate "RootlessControlPlane" has no effect: the control plane components run as root'];
    }
    return [];
  });
}

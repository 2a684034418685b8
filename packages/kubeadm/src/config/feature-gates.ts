/** kubeadm's own feature gates, as of v1.36. Those with a note are accepted and do nothing here. */
interface Gate {
  readonly default: boolean;
  readonly stage: 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED';
}

const gates: Readonly<Record<string, Gate>> = {
  ControlPlaneKubeletLocalMode: { default: true, stage: 'GA' },
  NodeLocalCRISocket: { default: true, stage: 'BETA' },
  PublicKeysECDSA: { default: false, stage: 'DEPRECATED' },
  RootlessControlPlane: { default: false, stage: 'ALPHA' },
};

/** One line for each gate that can be set. */
export const gateHelp = Object.entries(gates)
  .filter(([, { stage }]) => stage !== 'GA')
  .map(([name, gate]) => `${name}=true|false (${gate.stage} - default=${gate.default})`)
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

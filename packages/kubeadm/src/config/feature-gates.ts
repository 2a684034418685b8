/** kubeadm's own feature gates, as of v1.36. */
interface Gate {
  readonly default: boolean;
  readonly stage: 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED';
  /** A gate of earlier releases: accepted, without effect. */
  readonly gone?: boolean;
  /** Upstream's text about a deprecated gate that a cluster has. */
  readonly deprecation?: string;
}

const gates: Readonly<Record<string, Gate>> = {
  ControlPlaneKubeletLocalMode: { default: true, stage: 'GA', gone: true },
  NodeLocalCRISocket: { default: true, stage: 'GA' },
  PublicKeysECDSA: {
    default: false,
    stage: 'DEPRECATED',
    deprecation:
      "The PublicKeysECDSA feature gate is deprecated and will be removed when v1beta3 is removed. v1beta4 supports a new option 'ClusterConfiguration.EncryptionAlgorithm'.",
  },
  RootlessControlPlane: { default: false, stage: 'ALPHA' },
};

/** One line for each gate that can be set. */
export const gateHelp = Object.entries(gates)
  .filter(([, { gone }]) => !gone)
  .map(([name, { stage, default: on }]) => `${name}=true|false (${stage === 'GA' ? '' : `${stage} - `}default=${on})`)
  .join('\n');

/** Reads `--feature-gates`: `A=true,B=false`. Throws on gates that do not exist and values that are no booleans. */
export function featureGates(text: string): Record<string, boolean> {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) throw new Error(`missing bool value for feature-gate key:${pair}`);
      const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
      if (!Object.hasOwn(gates, name)) throw new Error(`unrecognized feature-gate key: ${name}`);
      if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) {
        throw new Error(`invalid value ${value} for feature-gate key: ${name}, use true|false instead`);
      }
      return [name, /^[1tT]/.test(value)];
    }),
  );
}

/** The validation errors of a configuration's feature gates. */
export function featureGateProblems(given: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(gates, name))
    .map((name) => `featureGates: Invalid value: ${JSON.stringify(given)}: ${name} is not a valid feature name.`);
}

/** Warnings about enabled gates that are deprecated or have no effect here. */
export function featureGateWarnings(given: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(given).flatMap(([name, on]) => {
    const gate = gates[name];
    if (gate?.stage === 'DEPRECATED') {
      return [`Setting deprecated feature gate ${name}=${on}. It will be removed in a future release.`];
    }
    if (name === 'RootlessControlPlane' && on) {
      return ['feature gate "RootlessControlPlane" has no effect: the control plane components run as root'];
    }
    return [];
  });
}

/** What an upgrade says of the gates that a cluster has. */
export function gatesOfOldClusters(given: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(given).flatMap((name) => {
    const gate = Object.hasOwn(gates, name) ? gates[name] : undefined;
    if (!gate) return [`Unknown feature gate flag: ${name}`];
    return gate.deprecation === undefined ? [] : [gate.deprecation];
  });
}

import { aggregateText, kubernetesVersion } from '@typernetes/base';
import { type FeatureGate, featureGates } from './feature-gates.gen.ts';

/** Settings of feature gates: by name, or by `AllAlpha` and `AllBeta` for all gates of a stage. */
export type GateSettings = Readonly<Record<string, boolean>>;

/** The settings for all gates of a stage that are not set by name. */
const stages: ReadonlySet<string> = new Set(['AllAlpha', 'AllBeta']);

/** The gates of a release. A gate of a later release has the stage `PreAlpha`. */
export interface ReleaseGates {
  /** Such as `1.36`. */
  readonly release: string;
  readonly gates: Readonly<Record<string, FeatureGate>>;
}

const own: ReleaseGates = { release: kubernetesVersion.slice(1).split('.').slice(0, 2).join('.'), gates: featureGates };

const gateOf = (name: string, { gates }: ReleaseGates): FeatureGate | undefined =>
  Object.hasOwn(gates, name) ? gates[name] : undefined;

/**
 * Whether a gate is enabled: by its lock, else its own setting, else that of its stage, else its default. Unknown gates
 * are off.
 */
export function isGateOn(name: string, given: GateSettings = {}, of = own): boolean {
  const gate = gateOf(name, of);
  if (gate?.locked) return gate.on;
  const said = (what: string): boolean | undefined => (Object.hasOwn(given, what) ? given[what] : undefined);
  return said(name) ?? (gate && said(`All${gate.stage}`)) ?? gate?.on ?? false;
}

/**
 * Problems of the settings: unknown gates, locked gates, and enabled gates with disabled dependencies, with the
 * messages of upstream's `component-base/featuregate`.
 */
export function gateProblems(given: GateSettings = {}, of = own): readonly string[] {
  const names = Object.keys(given).filter((name) => !stages.has(name));
  const unknown = names.find((name) => !gateOf(name, of));
  if (unknown !== undefined) return [`unrecognized feature gate: ${unknown}`];
  const settled = names.flatMap((name) => {
    const { locked, on, stage } = gateOf(name, of) ?? {};
    const problem = `cannot set feature gate ${name} to ${given[name]}, feature is`;
    if (locked && on !== given[name]) return [`${problem} locked to ${on}`];
    return stage === 'PreAlpha' ? [`${problem} PreAlpha at emulated version ${of.release}`] : [];
  });
  if (settled.length > 0) return settled;
  return Object.entries(of.gates).flatMap(([name, { needs = [] }]) => {
    const closed = needs.filter((one) => !isGateOn(one, given, of));
    if (closed.length === 0 || !isGateOn(name, given, of)) return [];
    return [`${name} is enabled, but depends on features that are disabled: [${closed.join(' ')}]`];
  });
}

/** Upstream's warnings about gates that will be removed. */
export function gateWarnings(given: GateSettings = {}, of = own): readonly string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const stage = gateOf(name, of)?.stage;
    if (stage !== 'GA' && stage !== 'Deprecated') return [];
    const kind = stage === 'GA' ? 'GA' : 'deprecated';
    return [`Setting ${kind} feature gate ${name}=${value}. It will be removed in a future release.`];
  });
}

export interface ReadGates {
  readonly settings: GateSettings;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  isOn(gate: string): boolean;
}

/** The component whose gates are meant by default, as in upstream's component-base/compatibility. */
const kube = 'kube';

/**
 * Parses the pairs of `--feature-gates`: `Gate=true` or `kube:Gate=true`, all in one of the two forms; also returns the
 * problems.
 */
export function readGates(pairs: readonly string[], of = own): ReadGates {
  const settings: Record<string, boolean> = {};
  const readAs = (problems: readonly string[]): ReadGates => ({
    settings,
    problems,
    warnings: gateWarnings(settings, of),
    isOn: (gate) => isGateOn(gate, settings, of),
  });
  const failed = (problem: string): ReadGates => readAs([problem]);
  const components = new Set<string>();
  const values: string[] = [];
  for (const pair of pairs.filter((one) => one !== '')) {
    const colon = pair.indexOf(':');
    components.add(colon < 0 ? '' : pair.slice(0, colon).trim());
    values.push(pair.slice(colon + 1).trim());
  }
  if (components.has('') && components.has(kube))
    return failed('set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use');
  for (const component of components)
    if (component !== '' && component !== kube) return failed(`component not registered: ${component}`);
  for (const text of values) {
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).trim();
    if (equals < 0) return failed(`missing bool value for ${name}`);
    const value = text.slice(equals + 1).trim();
    const said = asBoolean(value);
    if (said === undefined)
      return failed(
        `invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    settings[name] = said;
  }
  return readAs(gateProblems(settings, of));
}

/** For the start of a program: returns the warnings and throws an Error with the problems, if any. */
export function acceptGates({ warnings, problems }: Pick<ReadGates, 'warnings' | 'problems'>): readonly string[] {
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return warnings;
}

function asBoolean(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  return undefined;
}

/** The state of every gate of a release, for `kubernetes_feature_enabled`. */
export function gateStates(
  given: GateSettings = {},
  of = own,
): readonly { readonly name: string; readonly stage: string; readonly on: boolean }[] {
  const whole = [...stages].map((name) => ({
    name,
    stage: name.slice('All'.length).toUpperCase(),
    on: given[name] ?? false,
  }));
  const single = Object.entries(of.gates)
    .filter(([, { stage }]) => stage !== 'PreAlpha')
    .map(([name, { stage }]) => ({
      name,
      stage: stage === 'GA' ? '' : stage.toUpperCase(),
      on: isGateOn(name, given, of),
    }));
  return [...whole, ...single];
}

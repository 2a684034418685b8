import { resourceFacts } from '@typernetes/api/schema';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ForwardCompatibility, MajorMinor } from './effective-version.ts';

type RuntimeConfig = Readonly<Record<string, string>>;

/** Keys that mean many versions at once. */
const wide: readonly string[] = ['api/all', 'api/ga', 'api/beta', 'api/alpha', 'api/legacy'];

/** Resources that also need a feature gate, all of them off by default. */
const gates: Readonly<Record<string, string>> = {
  'certificates.k8s.io/clustertrustbundles': 'ClusterTrustBundle',
  'certificates.k8s.io/podcertificaterequests': 'PodCertificateRequest',
  'resource.k8s.io/devicetaintrules': 'DRADeviceTaintRules',
  'resource.k8s.io/resourcepoolstatusrequests': 'DRAResourcePoolStatus',
  'scheduling.k8s.io/podgroups': 'GenericWorkload',
  'scheduling.k8s.io/workloads': 'GenericWorkload',
};

/**
 * The resources enabled by `--runtime-config` and the feature gates. By default stable versions are on and others off.
 * Resources newer than the emulated release are always off.
 */
export function enabledResources(
  resources: readonly ServedResource[],
  config: RuntimeConfig,
  { gateIsOn = () => false, emulated, forward = {} }: Enabling = {},
): ServedResource[] {
  const isLater = emulated ? laterThan(emulated) : () => false;
  // An enabled stable or beta version also enables its better, later versions.
  const succeeds = ({ group, version, plural }: ServedResource['type']): boolean =>
    config[groupVersionOf({ group, version })] !== 'false' &&
    resources.some(
      ({ type: one }) =>
        one.group === group &&
        one.plural === plural &&
        isBetter(version, one.version) &&
        !one.version.includes('alpha') &&
        !isLater(one) &&
        isEnabled(one, config),
    );
  const isServed = (type: ServedResource['type']): boolean => {
    if (!isLater(type)) return isEnabled(type, config);
    if (forward.runtimeConfig && isOn(config[groupVersionOf(type)] ?? 'false')) return true;
    return forward.all === true && succeeds(type);
  };
  return resources.filter(({ type }) => {
    const gate = gates[`${type.group}/${type.plural}`];
    return isServed(type) && (gate === undefined || gateIsOn(gate));
  });
}

/**
 * Versions that are explicitly enabled although the emulated release does not have them: as upstream, the server
 * refuses to start.
 */
export function laterVersionProblems(config: RuntimeConfig, emulated: MajorMinor): string[] {
  const isLater = laterThan(emulated);
  const { resources } = resourceFacts();
  return Object.entries(config).flatMap(([key, value]) => {
    const ofVersion = isOn(value) ? resources.filter((one) => groupVersionOf(one) === key) : [];
    return ofVersion.length > 0 && ofVersion.every(isLater)
      ? [
          `cannot enable version ${key} in runtime-config because all the resources have been introduced after the current version ${emulated.major}.${emulated.minor}. Consider setting --runtime-config-emulation-forward-compatible=true`,
        ]
      : [];
  });
}

const groupVersionOf = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  group === '' ? version : `${group}/${version}`;

/** Stable versions before betas, betas before alphas, later ones before earlier ones. */
function isBetter(one: string, other: string): boolean {
  const [a, b] = [rankOf(one), rankOf(other)];
  const at = a.findIndex((part, i) => part !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

function rankOf(version: string): readonly number[] {
  const [, major = '0', stability = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stability === '' ? 2 : stability === 'beta' ? 1 : 0, Number(major), Number(minor)];
}

interface Enabling {
  readonly gateIsOn?: (gate: string) => boolean;
  /** The emulated release: newer resources are not served. */
  readonly emulated?: MajorMinor;
  readonly forward?: ForwardCompatibility;
}

/** The resources of later releases, from the lifecycle of their types. */
function laterThan(
  emulated: MajorMinor,
): (type: Pick<ServedResource['type'], 'group' | 'version' | 'plural'>) => boolean {
  const later = resourceFacts()
    .resources.filter(({ lifecycle }) => Number(lifecycle?.introduced.split('.')[1] ?? 0) > emulated.minor)
    .map(({ group, version, plural }) => `${group}/${version}/${plural}`);
  return ({ group, version, plural }) => later.includes(`${group}/${version}/${plural}`);
}

/** The most exact key decides: the resource, its version, the stability of its version, everything. */
function isEnabled(
  { group, version, plural }: { group: string; version: string; plural: string },
  config: RuntimeConfig,
): boolean {
  const groupVersion = groupVersionOf({ group, version });
  const stability = /alpha|beta/.exec(version)?.[0] ?? 'ga';
  const keys = [`${groupVersion}/${plural}`, groupVersion, `api/${stability}`, 'api/all'];
  const decisive = keys.find((key) => Object.hasOwn(config, key));
  return decisive === undefined ? stability === 'ga' : isOn(config[decisive]);
}

/** A key without a value is on. */
const isOn = (value: string | undefined): boolean => value === '' || value === 'true';

export function runtimeConfigProblems(config: RuntimeConfig, known: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (!['', 'true', 'false'].includes(value))
      problems.push(`invalid value of ${key}=${value}: must be true or false`);
    if (wide.includes(key)) continue;
    const group = /^v\d+(?:(?:alpha|beta)\d+)?(?:\/|$)/.test(key) ? '' : (key.split('/')[0] ?? '');
    if (!known.has(group)) problems.push(`unknown api groups ${group}`);
  }
  // As upstream: otherwise no resources would be left.
  if (config['api/all'] === 'false' && Object.keys(config).length === 1)
    problems.push('invalid key with only api/all=false');
  return problems;
}

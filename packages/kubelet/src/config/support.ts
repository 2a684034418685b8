import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import type { CompleteConfiguration } from './defaults.ts';
import { gateWarnings } from './feature-gates.ts';

type Field = Exclude<keyof KubeletConfiguration, 'apiVersion' | 'kind'>;

/**
 * What an unsupported setting does: it keeps the kubelet from starting, causes a warning, or has no effect upstream
 * either.
 */
interface Unsupported {
  readonly effect: 'refused' | 'warned' | 'none';
  /** Whether the configuration asks for what there is not; never for those of no effect. */
  readonly isAsked: (config: CompleteConfiguration) => boolean;
  /** Why not, for messages and for readers. */
  readonly why: string;
}

const refused = (isAsked: Unsupported['isAsked'], why: string): Unsupported => ({ effect: 'refused', isAsked, why });
const warned = (isAsked: Unsupported['isAsked'], why: string): Unsupported => ({ effect: 'warned', isAsked, why });
const none = (why: string): Unsupported => ({ effect: 'none', isAsked: () => false, why });

/**
 * Every field of the configuration that is not acted on, or not with every value. All others are: the place is where the test of this table
 * finds them.
 */
export const unsupported: Readonly<Partial<Record<Field, Unsupported>>> = {
  cgroupsPerQOS: refused((config) => !config.cgroupsPerQOS, 'pods always have groups by their classes'),
  enableControllerAttachDetach: refused(
    (config) => !config.enableControllerAttachDetach,
    'volumes are attached by the controller manager alone',
  ),
  enableContentionProfiling: warned(
    (config) => config.enableContentionProfiling ?? false,
    'JavaScript runs in one thread: it waits for no locks, and their profiles are empty',
  ),
  kernelMemcgNotification: warned(
    (config) => config.kernelMemcgNotification ?? false,
    'thresholds are looked at every ten seconds, without notifications from the kernel',
  ),
  kubeletCgroups: warned(
    (config) => (config.kubeletCgroups ?? '') !== '',
    'the kubelet stays in the group it is started in',
  ),
  systemCgroups: warned((config) => (config.systemCgroups ?? '') !== '', "the system's processes stay in their groups"),
  podCIDR: warned(
    (config) => (config.podCIDR ?? '') !== '',
    'a kubelet without API server does not tell the runtime of a range',
  ),
  qosReserved: warned(
    (config) => Object.keys(config.qosReserved ?? {}).length > 0,
    'the feature gate QOSReserved is off',
  ),
  contentType: none('with the API server JSON is spoken, whatever is said: both sides know it'),
  configMapAndSecretChangeDetectionStrategy: none(
    'objects are read at each look at a pod: as fresh as with any of them',
  ),
  hairpinMode: none("is checked; upstream does nothing with it since networks are the runtime's"),
  iptablesDropBit: none('is checked; upstream does nothing with it'),
  iptablesMasqueradeBit: none("is checked; upstream does nothing with it, the rules are kube-proxy's"),
  makeIPTablesUtilChains: none('no chains are made: nothing here looks for them'),
  memoryThrottlingFactor: none('is checked; the feature gate MemoryQoS is off'),
  memoryReservationPolicy: none('is checked; the feature gate MemoryQoS is off, and needed for anything but None'),
  runOnce: none('is refused, as upstream refuses it'),
  showHiddenMetricsForVersion: none('is checked; no metrics are hidden'),
  volumePluginDir: none('there are no FlexVolumes: pods with them wait, with an event'),
};

/** Settings that keep the kubelet from starting. */
export function supportProblems(config: CompleteConfiguration): readonly string[] {
  return textsOf('refused', config).map((text) => `${text}: this kubelet cannot act on it`);
}

/** Warnings to log at start-up about settings that are ignored. */
export function configurationWarnings(config: CompleteConfiguration): readonly string[] {
  return [
    ...textsOf('warned', config).map((text) => `configuration has no effect: ${text}`),
    ...gateWarnings(config.featureGates),
  ];
}

function textsOf(effect: Unsupported['effect'], config: CompleteConfiguration): readonly string[] {
  return Object.entries(unsupported)
    .filter(([, one]) => one.effect === effect && one.isAsked(config))
    .map(([field, { why }]) => `${field}=${JSON.stringify(config[field as keyof CompleteConfiguration])} (${why})`);
}

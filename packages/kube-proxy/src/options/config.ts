import type { GateSettings } from '@typernetes/api/gate-settings';
import type { KubeProxyConfiguration } from '@typernetes/api/kubeproxy.config/v1alpha1';
import { ipFamilyOf, parseIpRange } from '@typernetes/base';
import { type ConfigKind, decodeConfig, parseDuration, type Shape } from '@typernetes/process';
import type { ConntrackConfig } from '../conntrack/settings.ts';
import { nodePortAddressProblems, primaryAddresses } from '../rules/node-port-addresses.ts';
import { type PodDetection, podDetectionModes } from '../rules/pod-detector.ts';

const map = (value: Shape): Shape => ({ map: value });

/** KubeProxyConfiguration, decoded strictly. Fields of proxy modes that there are not are accepted and not checked. */
const kind: ConfigKind = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  fields: {
    featureGates: map('boolean'),
    clientConnection: {
      fields: {
        kubeconfig: 'string',
        acceptContentTypes: 'string',
        contentType: 'string',
        qps: 'number',
        burst: 'number',
      },
    },
    logging: 'any',
    hostnameOverride: 'string',
    bindAddress: 'string',
    healthzBindAddress: 'string',
    metricsBindAddress: 'string',
    bindAddressHardFail: 'boolean',
    enableProfiling: 'boolean',
    showHiddenMetricsForVersion: 'string',
    mode: 'string',
    iptables: {
      fields: {
        masqueradeBit: 'number',
        masqueradeAll: 'boolean',
        localhostNodePorts: 'boolean',
        syncPeriod: 'duration',
        minSyncPeriod: 'duration',
      },
    },
    ipvs: 'any',
    nftables: {
      fields: { masqueradeBit: 'number', masqueradeAll: 'boolean', syncPeriod: 'duration', minSyncPeriod: 'duration' },
    },
    winkernel: 'any',
    detectLocalMode: 'string',
    detectLocal: { fields: { bridgeInterface: 'string', interfaceNamePrefix: 'string' } },
    clusterCIDR: 'string',
    nodePortAddresses: { list: 'string' },
    oomScoreAdj: 'number',
    conntrack: {
      fields: {
        maxPerCore: 'number',
        min: 'number',
        tcpEstablishedTimeout: 'duration',
        tcpCloseWaitTimeout: 'duration',
        tcpBeLiberal: 'boolean',
        udpTimeout: 'duration',
        udpStreamTimeout: 'duration',
      },
    },
    configSyncPeriod: 'duration',
    portRange: 'string',
    windowsRunAsService: 'boolean',
  },
};

/** The modes there are: `ipvs`, which upstream has too, is deprecated and needs a kernel with IPVS. */
const proxyModes = ['iptables', 'nftables'] as const;
export type ProxyMode = (typeof proxyModes)[number];

export const isProxyMode = (text: string): text is ProxyMode => (proxyModes as readonly string[]).includes(text);

/** The type meta of a configuration file. */
export const proxyConfigKind = { apiVersion: kind.apiVersion, kind: kind.kind };

/** A configuration file, in which every field is optional. */
export type ProxyConfigFile = Partial<
  Omit<KubeProxyConfiguration, 'iptables' | 'nftables' | 'clientConnection' | 'conntrack'>
> & {
  readonly iptables?: Partial<KubeProxyConfiguration['iptables']>;
  readonly nftables?: Partial<KubeProxyConfiguration['nftables']>;
  readonly clientConnection?: Partial<KubeProxyConfiguration['clientConnection']>;
  readonly conntrack?: Nullable<KubeProxyConfiguration['conntrack']>;
};

/** As kubeadm writes it: null means the default. */
type Nullable<T> = { readonly [K in keyof T]?: T[K] | null };

/** What both modes have settings for. Durations in milliseconds. */
export interface ModeConfig {
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly syncPeriodMs: number;
  readonly minSyncPeriodMs: number;
}

/** The configuration with upstream's defaults filled in. */
export interface ProxyConfig {
  readonly kubeconfig: string;
  readonly featureGates: GateSettings;
  readonly hostnameOverride: string;
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  /** Whether `/debug` is served. */
  readonly enableProfiling: boolean;
  readonly mode: string;
  readonly podDetection: PodDetection;
  readonly nodePortAddresses: readonly string[];
  /** The value as given. */
  readonly clusterCIDR: string;
  readonly iptables: ModeConfig & { readonly localhostNodePorts: boolean };
  readonly nftables: ModeConfig;
  readonly conntrack: ConntrackConfig;
}

/** Throws ConfigError. */
export function decodeProxyConfig(text: string): ProxyConfigFile {
  return decodeConfig<ProxyConfigFile>(text, kind);
}

/**
 * Upstream waits a second between syncs because of its full rewrites; ours write only what changed, so a moment is
 * enough.
 */
const defaultMinSyncPeriodMs = 50;

export function completeProxyConfig(file: ProxyConfigFile): ProxyConfig {
  const mode = file.mode || 'iptables';
  const sixFirst = file.bindAddress?.includes(':') ?? false;
  return {
    kubeconfig: file.clientConnection?.kubeconfig ?? '',
    featureGates: file.featureGates ?? {},
    hostnameOverride: file.hostnameOverride ?? '',
    healthzBindAddress: file.healthzBindAddress || (sixFirst ? '[::]:10256' : '0.0.0.0:10256'),
    enableProfiling: file.enableProfiling ?? false,
    metricsBindAddress: file.metricsBindAddress || (sixFirst ? '[::1]:10249' : '127.0.0.1:10249'),
    mode,
    clusterCIDR: file.clusterCIDR ?? '',
    podDetection: {
      mode: file.detectLocalMode || 'ClusterCIDR',
      clusterCIDRs: Object.fromEntries(
        (file.clusterCIDR ?? '').split(',').flatMap((text) => {
          const range = parseIpRange(text.trim());
          return range ? [[ipFamilyOf(range), text.trim()]] : [];
        }),
      ),
      bridgeInterface: file.detectLocal?.bridgeInterface ?? '',
      interfaceNamePrefix: file.detectLocal?.interfaceNamePrefix ?? '',
    },
    // As upstream: where node ports need not answer on every address, they answer on the node's own.
    nodePortAddresses: file.nodePortAddresses?.length
      ? file.nodePortAddresses
      : mode === 'nftables'
        ? [primaryAddresses]
        : [],
    iptables: { ...modeConfigOf(file.iptables), localhostNodePorts: file.iptables?.localhostNodePorts ?? true },
    nftables: modeConfigOf(file.nftables),
    conntrack: conntrackOf(file.conntrack ?? {}),
  };
}

function modeConfigOf(given: ProxyConfigFile['nftables']): ModeConfig {
  const duration = (text: string | undefined, fallback: number): number =>
    text === undefined || text === '' ? fallback : (parseDuration(text) ?? Number.NaN) || fallback;
  return {
    masqueradeAll: given?.masqueradeAll ?? false,
    masqueradeBit: given?.masqueradeBit ?? 14,
    syncPeriodMs: duration(given?.syncPeriod, 30_000),
    minSyncPeriodMs: duration(given?.minSyncPeriod, defaultMinSyncPeriodMs),
  };
}

function conntrackOf(given: NonNullable<ProxyConfigFile['conntrack']>): ConntrackConfig {
  const seconds = (text: string | null | undefined, fallback: number): number =>
    Math.floor((parseDuration(text ?? '') ?? fallback * 1000) / 1000);
  return {
    maxPerCore: given.maxPerCore ?? 32 * 1024,
    min: given.min ?? 128 * 1024,
    tcpEstablishedSeconds: seconds(given.tcpEstablishedTimeout, 86_400),
    tcpCloseWaitSeconds: seconds(given.tcpCloseWaitTimeout, 3600),
    tcpBeLiberal: given.tcpBeLiberal ?? false,
    udpSeconds: seconds(given.udpTimeout, 0),
    udpStreamSeconds: seconds(given.udpStreamTimeout, 0),
  };
}

/** All problems, in upstream's field format. */
export function validateProxyConfig(config: ProxyConfig): string[] {
  const problems: string[] = [];
  if (!isProxyMode(config.mode)) {
    const supported = proxyModes.map((mode) => JSON.stringify(mode)).join(', ');
    problems.push(`KubeProxyConfiguration.Mode: Unsupported value: "${config.mode}": supported values: ${supported}`);
  }
  problems.push(...clusterCidrProblems(config.clusterCIDR));
  problems.push(...detectionProblems(config.podDetection), ...nodePortAddressProblems(config.nodePortAddresses));
  problems.push(
    ...masqueradeBitProblems('KubeProxyIPTablesConfiguration', config.iptables),
    ...masqueradeBitProblems('KubeProxyNFTablesConfiguration', config.nftables),
  );
  for (const [field, address] of [
    ['HealthzBindAddress', config.healthzBindAddress],
    ['MetricsBindAddress', config.metricsBindAddress],
  ] as const) {
    if (!/^(\[[0-9a-fA-F:]+\]|[\w.-]*):\d+$/.test(address)) {
      problems.push(`KubeProxyConfiguration.${field}: Invalid value: "${address}": must be IP:port`);
    }
  }
  return problems;
}

const masqueradeBitProblems = (of: string, { masqueradeBit: bit }: ModeConfig): string[] =>
  Number.isInteger(bit) && bit >= 0 && bit <= 31
    ? []
    : [`KubeProxyConfiguration.${of}.MasqueradeBit: Invalid value: ${bit}: must be within the range [0, 31]`];

function detectionProblems({ mode, bridgeInterface, interfaceNamePrefix }: PodDetection): string[] {
  const path = 'KubeProxyConfiguration';
  if (!podDetectionModes.includes(mode)) {
    const supported = podDetectionModes.map((one) => JSON.stringify(one)).join(', ');
    return [`${path}.DetectLocalMode: Unsupported value: "${mode}": supported values: ${supported}`];
  }
  // Interface names have at most 15 characters.
  const name = (field: string, value: string): string[] =>
    value !== '' && value.length <= 15
      ? []
      : [`${path}.DetectLocal.${field}: Invalid value: "${value}": must not be empty and at most 15 characters long`];
  if (mode === 'BridgeInterface') return name('BridgeInterface', bridgeInterface);
  return mode === 'InterfaceNamePrefix' ? name('InterfaceNamePrefix', interfaceNamePrefix) : [];
}

function clusterCidrProblems(text: string): string[] {
  if (text === '') return [];
  const ranges = text.split(',').map(parseIpRange);
  const problem = (detail: string): string[] => [
    `KubeProxyConfiguration.ClusterCIDR: Invalid value: "${text}": ${detail}`,
  ];
  if (ranges.length > 2)
    return problem('only one CIDR allowed or a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)');
  const [first, second] = ranges;
  if (ranges.length === 2)
    return first && second && first.bits !== second.bits
      ? []
      : problem('must be a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)');
  return first ? [] : problem('must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)');
}

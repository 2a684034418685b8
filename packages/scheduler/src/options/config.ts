import type {
  Extender,
  KubeSchedulerConfiguration,
  KubeSchedulerProfile,
} from '@typernetes/api/kubescheduler.config/v1';
import { decodeConfig, withGoDurations } from '@typernetes/process';
import { configKind } from './config-shape.ts';

/** The document as written: every field is optional. */
export type SchedulerConfigFile = Partial<Omit<KubeSchedulerConfiguration, 'clientConnection' | 'leaderElection'>> & {
  readonly clientConnection?: Partial<KubeSchedulerConfiguration['clientConnection']>;
  readonly leaderElection?: Partial<KubeSchedulerConfiguration['leaderElection']>;
};

/** With all defaults filled in; durations as written. */
export interface SchedulerConfig extends SchedulerConfigFile {
  readonly parallelism: number;
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly enableProfiling: boolean;
  readonly enableContentionProfiling: boolean;
  readonly profiles: KubeSchedulerProfile[];
  readonly extenders: Extender[];
  readonly clientConnection: KubeSchedulerConfiguration['clientConnection'];
  readonly leaderElection: KubeSchedulerConfiguration['leaderElection'];
}

/** Throws ConfigError. */
export function decodeSchedulerConfig(text: string): SchedulerConfigFile {
  return decodeConfig<SchedulerConfigFile>(text, configKind);
}

/** The contents of `/configz`. */
export function shownConfiguration(config: SchedulerConfig): SchedulerConfig {
  return withGoDurations(config, { fields: configKind.fields });
}

/** Fills in the defaults; judges nothing. */
export function completeSchedulerConfig(file: SchedulerConfigFile): SchedulerConfig {
  const profiles = file.profiles?.length ? file.profiles : [{}];
  return {
    ...file,
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    parallelism: file.parallelism ?? 16,
    percentageOfNodesToScore: file.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: file.podInitialBackoffSeconds ?? 1,
    podMaxBackoffSeconds: file.podMaxBackoffSeconds ?? 10,
    enableProfiling: file.enableProfiling ?? true,
    enableContentionProfiling: file.enableContentionProfiling ?? true,
    // With several profiles each needs an explicit name.
    profiles: profiles.map((profile) => completeProfile(profile, profiles.length === 1)),
    extenders: (file.extenders ?? []).map((extender) => ({ ...extender, httpTimeout: extender.httpTimeout ?? '5s' })),
    clientConnection: {
      kubeconfig: '',
      acceptContentTypes: '',
      contentType: 'application/vnd.kubernetes.protobuf',
      qps: 50,
      burst: 100,
      ...file.clientConnection,
    },
    leaderElection: {
      leaderElect: true,
      leaseDuration: '15s',
      renewDeadline: '10s',
      retryPeriod: '2s',
      resourceLock: 'leases',
      resourceName: 'kube-scheduler',
      resourceNamespace: 'kube-system',
      ...file.leaderElection,
    },
  };
}

function completeProfile(profile: KubeSchedulerProfile, single: boolean): KubeSchedulerProfile {
  const args = new Map((profile.pluginConfig ?? []).map(({ name, args: given }) => [name, given ?? {}]));
  const given = (profile.pluginConfig ?? []).map(({ name, args: own }) => ({
    name,
    args: completeArgs(name, own ?? {}),
  }));
  const others = Object.keys(defaultArgs).filter((name) => !args.has(name));
  return {
    ...profile,
    ...(single ? { schedulerName: profile.schedulerName ?? 'default-scheduler' } : {}),
    pluginConfig: [...given, ...others.map((name) => ({ name, args: completeArgs(name, {}) }))],
  };
}

/** The arguments of upstream's default plugins. */
const defaultArgs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  DynamicResources: { filterTimeout: '10s', bindingTimeout: '600s' },
  InterPodAffinity: { hardPodAffinityWeight: 1 },
  NodeAffinity: {},
  NodeResourcesBalancedAllocation: {
    resources: [
      { name: 'cpu', weight: 1 },
      { name: 'memory', weight: 1 },
    ],
  },
  NodeResourcesFit: {
    scoringStrategy: {
      type: 'LeastAllocated',
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ],
    },
  },
  PodTopologySpread: { defaultingType: 'System' },
  VolumeBinding: { bindTimeoutSeconds: 600 },
};

function completeArgs(name: string, given: Record<string, unknown>): Record<string, unknown> {
  const args = { ...defaultArgs[name], ...given };
  if (!('resources' in args) && !('scoringStrategy' in args)) return args;
  const weighted = (resources: unknown): unknown =>
    Array.isArray(resources) ? resources.map((resource) => ({ weight: 1, ...resource })) : resources;
  if (name === 'NodeResourcesBalancedAllocation') return { ...args, resources: weighted(args.resources) };
  if (name !== 'NodeResourcesFit' || typeof args.scoringStrategy !== 'object' || !args.scoringStrategy) return args;
  const strategy: Record<string, unknown> = { ...args.scoringStrategy };
  const fallback = defaultArgs.NodeResourcesFit?.scoringStrategy as { type: string; resources: unknown };
  const resources =
    Array.isArray(strategy.resources) && strategy.resources.length > 0 ? strategy.resources : fallback.resources;
  return {
    ...args,
    scoringStrategy: { ...strategy, type: strategy.type ?? fallback.type, resources: weighted(resources) },
  };
}

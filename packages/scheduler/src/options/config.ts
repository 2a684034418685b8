import type { KubeSchedulerConfiguration, KubeSchedulerProfile } from '@typernetes/api/kubescheduler.config/v1';
import { type ConfigKind, decodeConfig, type Shape } from '@typernetes/process';
import type { WeightedPlugin } from '../framework/plugin.ts';
import type { Profile } from '../framework/profile.ts';
import { defaultPlugins } from '../plugins/default-plugins.ts';

const plugin: Shape = { fields: { name: 'string', weight: 'number' } };
const pluginSet: Shape = { fields: { enabled: { list: plugin }, disabled: { list: plugin } } };
const points = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
  'multiPoint',
] as const;

const kind: ConfigKind = {
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  fields: {
    parallelism: 'number',
    leaderElection: 'any',
    clientConnection: {
      fields: {
        kubeconfig: 'string',
        acceptContentTypes: 'string',
        contentType: 'string',
        qps: 'number',
        burst: 'number',
      },
    },
    enableProfiling: 'boolean',
    enableContentionProfiling: 'boolean',
    percentageOfNodesToScore: 'number',
    podInitialBackoffSeconds: 'number',
    podMaxBackoffSeconds: 'number',
    profiles: {
      list: {
        fields: {
          schedulerName: 'string',
          percentageOfNodesToScore: 'number',
          plugins: { fields: Object.fromEntries(points.map((point) => [point, pluginSet])) },
          pluginConfig: 'any',
        },
      },
    },
    extenders: 'any',
    delayCacheUntilActive: 'boolean',
  },
};

export type SchedulerConfigFile = Partial<Omit<KubeSchedulerConfiguration, 'clientConnection' | 'leaderElection'>> & {
  readonly clientConnection?: Partial<KubeSchedulerConfiguration['clientConnection']>;
  readonly leaderElection?: Partial<KubeSchedulerConfiguration['leaderElection']>;
};

/** Throws ConfigError. */
export function decodeSchedulerConfig(text: string): SchedulerConfigFile {
  return decodeConfig<SchedulerConfigFile>(text, kind);
}

/** The profiles that a configuration asks for: the default one when it names none. Throws on a plugin that does not exist. */
export function profilesOf(config: SchedulerConfigFile): Profile[] {
  return (config.profiles?.length ? config.profiles : [{}]).map((profile) => ({
    schedulerName: profile.schedulerName || 'default-scheduler',
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? config.percentageOfNodesToScore ?? 0,
    plugins: pluginsOf(profile),
  }));
}

/** All problems, in upstream's field format. What needs plugins that are not there yet is refused, not ignored. */
export function validateSchedulerConfig(config: SchedulerConfigFile): string[] {
  const problems: string[] = [];
  const names = (config.profiles ?? []).map((profile) => profile.schedulerName || 'default-scheduler');
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i) problems.push(`profiles[${i}].schedulerName: Duplicate value: "${name}"`);
  }
  const percentage = config.percentageOfNodesToScore ?? 0;
  if (percentage < 0 || percentage > 100) {
    problems.push(`percentageOfNodesToScore: Invalid value: ${percentage}: not in valid range [0-100]`);
  }
  if (Array.isArray(config.extenders) && config.extenders.length > 0) {
    problems.push('extenders: Forbidden: extenders are not supported yet');
  }
  return problems;
}

/** The defaults, less what is disabled, with the weights that are given, as upstream merges multiPoint and score. */
function pluginsOf(profile: KubeSchedulerProfile): WeightedPlugin[] {
  const sets = [profile.plugins?.multiPoint, profile.plugins?.filter, profile.plugins?.score];
  const disabled = new Set(sets.flatMap((set) => (set?.disabled ?? []).map((p) => p.name)));
  const enabled = new Map(sets.flatMap((set) => (set?.enabled ?? []).map((p) => [p.name, p.weight] as const)));
  for (const name of enabled.keys()) {
    if (!defaultPlugins.some((known) => known.plugin.name === name))
      throw new Error(`initializing profiles: plugin "${name}" does not exist`);
  }
  return defaultPlugins
    .filter(({ plugin: { name } }) => enabled.has(name) || !(disabled.has(name) || disabled.has('*')))
    .map((known) => ({ ...known, weight: enabled.get(known.plugin.name) || known.weight }));
}

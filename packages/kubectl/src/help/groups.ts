/** Command groups: their usage lines, and their descriptions in lists. */
export interface CommandGroup {
  readonly use: string;
  readonly short: string;
}

export const commandGroups: Readonly<Record<string, CommandGroup>> = {
  alpha: { use: '', short: 'Commands for features in alpha' },
  'alpha kuberc': { use: 'alpha kuberc SUBCOMMAND', short: 'Manage kuberc configuration files' },
  auth: { use: 'auth [flags]', short: 'Inspect authorization' },
  certificate: { use: 'certificate SUBCOMMAND', short: 'Modify certificate resources' },
  config: { use: 'config SUBCOMMAND', short: 'Modify kubeconfig files' },
  'create secret': {
    use: 'create secret (docker-registry | generic | tls)',
    short: 'Create a secret using a specified subcommand',
  },
  'create service': { use: 'create service [flags]', short: 'Create a service using a specified subcommand' },
  plugin: { use: 'plugin [flags]', short: 'Provides utilities for interacting with plugins' },
  rollout: { use: 'rollout SUBCOMMAND', short: 'Manage the rollout of a resource' },
  set: { use: 'set SUBCOMMAND', short: 'Set specific features on objects' },
  top: { use: 'top [flags]', short: 'Display resource (CPU/memory) usage' },
};

export const pluginSection = 'Subcommands provided by plugins';
export const lastSection = 'Other Commands';

/** The sections of commands in `kubectl --help`. */
export const mainSections: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['Basic Commands (Beginner)', ['create', 'expose', 'run', 'set']],
  ['Basic Commands (Intermediate)', ['explain', 'get', 'edit', 'delete']],
  ['Deploy Commands', ['rollout', 'scale', 'autoscale']],
  ['Cluster Management Commands', ['certificate', 'cluster-info', 'top', 'cordon', 'uncordon', 'drain', 'taint']],
  [
    'Troubleshooting and Debugging Commands',
    ['describe', 'logs', 'attach', 'exec', 'port-forward', 'proxy', 'cp', 'auth', 'debug', 'events'],
  ],
  ['Advanced Commands', ['diff', 'apply', 'patch', 'replace', 'wait', 'kustomize']],
  ['Settings Commands', ['label', 'annotate', 'completion']],
  [pluginSection, []],
  [lastSection, ['alpha', 'api-resources', 'api-versions', 'config', 'plugin', 'version']],
];

import { encodeYaml, type FlagSpecs } from '@typernetes/process';
import { kubeProxyConfiguration } from '../addons/kube-proxy.ts';
import type { CommandDeps } from '../command-deps.ts';
import { completedDocuments } from '../config/completed-documents.ts';
import { decodeDocuments } from '../config/documents.ts';
import { loadInitConfig, loadJoinConfig } from '../config/load.ts';
import { loadResetConfig } from '../config/load-reset.ts';
import { loadUpgradeConfig, validateUpgrade } from '../config/load-upgrade.ts';
import { clusterDocument, initDocument, joinDocument, resetDocument, upgradeDocument } from '../config/print.ts';
import { validateInit, validateJoin, validateReset } from '../config/validate.ts';
import { kubeletConfiguration } from '../kubelet/kubelet-config.ts';
import { CommandError } from '../output.ts';
import { adminKubeconfig } from '../paths.ts';
import { type Command, defineCommand } from './command.ts';
import { missingDiscoveryFile, readConfigFile, refuseProblems } from './config-file.ts';

/** Flags of all `config` commands; the commands below do not read from a cluster. */
export const configGroupFlags = {
  kubeconfig: {
    type: 'string',
    help: 'The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.',
    default: adminKubeconfig,
  },
} as const satisfies FlagSpecs;
const inGroup = ['kubeconfig'] as const;

/** Placeholders, as upstream prints them: an example contains no real token, name or address. */
const example = {
  machine: { hostName: 'node' },
  network: { defaultAddress: () => '1.2.3.4' },
  newToken: () => 'abcdef.0123456789abcdef',
};

const componentConfigs = {
  'component-configs': {
    type: 'list',
    help: 'A comma-separated list for component config API objects to print the default values for. Available values: [KubeProxyConfiguration KubeletConfiguration]. If this flag is not set, no component configs will be printed.',
    default: [],
  },
} as const;

function printed(documents: readonly object[], components: readonly string[] = []): string {
  const { config } = loadInitConfig(undefined, {}, example);
  const known: Readonly<Record<string, () => object>> = {
    KubeProxyConfiguration: () => kubeProxyConfiguration(config),
    KubeletConfiguration: () => kubeletConfiguration(config.cluster, { user: {}, cgroupDriver: 'systemd' }),
  };
  const more = components.map((name) => {
    const make = known[name];
    if (!make)
      throw new CommandError(
        '--component-configs needs to contain some of [KubeProxyConfiguration KubeletConfiguration]',
      );
    return make();
  });
  return [...documents, ...more].map((document) => encodeYaml(document)).join('---\n');
}

const printInitDefaultsCommand = defineCommand({
  path: 'config print init-defaults',
  use: 'kubeadm config print init-defaults [flags]',
  short: "Print default init configuration, that can be used for 'kubeadm init'",
  flags: { ...configGroupFlags, ...componentConfigs },
  groupFlags: inGroup,
  async run({ flags }, { output }) {
    const { config } = loadInitConfig(undefined, {}, example);
    output.out(printed([initDocument(config), clusterDocument(config.cluster)], flags['component-configs']));
  },
});

const printJoinDefaultsCommand = defineCommand({
  path: 'config print join-defaults',
  use: 'kubeadm config print join-defaults [flags]',
  short: "Print default join configuration, that can be used for 'kubeadm join'",
  flags: configGroupFlags,
  groupFlags: inGroup,
  async run(_given, { output }) {
    const flags = { token: example.newToken(), endpoint: 'kube-apiserver:6443', unsafeSkipCaVerification: true };
    output.out(printed([joinDocument(loadJoinConfig(undefined, flags, example).config)]));
  },
});

const printResetDefaultsCommand = defineCommand({
  path: 'config print reset-defaults',
  use: 'kubeadm config print reset-defaults [flags]',
  short: "Print default reset configuration, that can be used for 'kubeadm reset'",
  flags: configGroupFlags,
  groupFlags: inGroup,
  async run(_given, { output }) {
    output.out(printed([resetDocument()]));
  },
});

const printUpgradeDefaultsCommand = defineCommand({
  path: 'config print upgrade-defaults',
  use: 'kubeadm config print upgrade-defaults [flags]',
  short: "Print default upgrade configuration, that can be used for 'kubeadm upgrade'",
  flags: configGroupFlags,
  groupFlags: inGroup,
  async run(_given, { output }) {
    output.out(printed([upgradeDocument()]));
  },
});

const migrateCommand = defineCommand({
  path: 'config migrate',
  use: 'kubeadm config migrate [flags]',
  short:
    'Read an older version of the kubeadm configuration API types from a file, and output the similar config object for the newer version',
  flags: {
    ...configGroupFlags,
    'allow-experimental-api': {
      type: 'boolean',
      help: 'Allow migration to experimental, unreleased APIs.',
      default: false,
    },
    'old-config': {
      type: 'string',
      help: 'Path to the kubeadm config file that is using an old API version and should be converted. This flag is mandatory.',
    },
    'new-config': {
      type: 'string',
      help: 'Path to the resulting equivalent kubeadm config file using the new API version. Optional, if not specified output will be sent to STDOUT.',
    },
  },
  groupFlags: inGroup,
  async run({ flags }, deps) {
    if (!flags['old-config']) throw new CommandError('the --old-config flag is mandatory');
    const text = (await readConfigFile(flags['old-config'], deps, 'plain')) ?? '';
    const { documents, warnings } = decodeDocuments(text, { strict: true });
    warn(
      warnings.filter((warning) => !isAboutVersion(warning)),
      deps,
    );
    await refuseInvalid(text, deps);
    const { newToken } = deps;
    const { machine, network } = deps.host;
    const migrated = printed(completedDocuments(text, documents, { machine, network, newToken }));
    if (flags['new-config']) await deps.host.files.write(flags['new-config'], migrated, { mode: 0o600 });
    else deps.output.out(migrated);
  },
});

const validateCommand = defineCommand({
  path: 'config validate',
  use: 'kubeadm config validate [flags]',
  short: 'Read a file containing the kubeadm configuration API and report any validation problems',
  flags: {
    ...configGroupFlags,
    'allow-deprecated-api': { type: 'boolean', help: 'Allow validation of deprecated APIs.', default: false },
    'allow-experimental-api': {
      type: 'boolean',
      help: 'Allow validation of experimental, unreleased APIs.',
      default: false,
    },
    config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  },
  groupFlags: inGroup,
  async run({ flags }, deps) {
    if (!flags.config) throw new CommandError('the --config flag is mandatory');
    const text = (await readConfigFile(flags.config, deps, 'plain')) ?? '';
    const { warnings } = decodeDocuments(text, { strict: true });
    warn(flags['allow-deprecated-api'] ? warnings.filter((warning) => !isAboutVersion(warning)) : warnings, deps);
    await refuseInvalid(text, deps);
    deps.output.out('ok\n');
  },
});

function warn(warnings: readonly string[], { output }: Pick<CommandDeps, 'output'>): void {
  for (const warning of warnings) output.err(`[config] WARNING: ${warning}\n`);
}

/** Suppresses the deprecation warning, for migration and where old versions are allowed. */
const isAboutVersion = (warning: string): boolean =>
  /^your configuration file uses a deprecated API spec: .*Please use 'kubeadm config migrate/.test(warning);

/** Applies defaults to every kind in the file, and throws if the result is invalid. */
async function refuseInvalid(text: string, { host, newToken }: CommandDeps): Promise<void> {
  const { machine, network } = host;
  const kinds = new Set(decodeDocuments(text).documents.map(({ kind }) => kind));
  const problems: string[] = [];
  if (kinds.has('JoinConfiguration')) {
    const { config } = loadJoinConfig(text, {}, { machine, network });
    problems.push(...validateJoin(config, await missingDiscoveryFile(config, host.files)));
  }
  if (kinds.has('ResetConfiguration')) problems.push(...validateReset(loadResetConfig(text, {}).config));
  if (kinds.has('UpgradeConfiguration')) {
    for (const section of ['apply', 'node', 'plan', 'diff'] as const) {
      problems.push(...validateUpgrade(loadUpgradeConfig(text, section, {}).config, section));
    }
  }
  if (kinds.has('InitConfiguration') || kinds.has('ClusterConfiguration')) {
    problems.push(...validateInit(loadInitConfig(text, {}, { machine, network, newToken }).config));
  }
  refuseProblems(problems);
}

export const configCommands: readonly Command[] = [
  printInitDefaultsCommand,
  printJoinDefaultsCommand,
  printResetDefaultsCommand,
  printUpgradeDefaultsCommand,
  migrateCommand,
  validateCommand,
];

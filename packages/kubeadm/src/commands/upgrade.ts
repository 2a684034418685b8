import { version } from '@typernetes/base';
import { encodeYaml, type FlagSpecs } from '@typernetes/process';
import { failed } from '../certs/certificate-store.ts';
import type { CommandDeps } from '../command-deps.ts';
import {
  loadUpgradeConfig,
  type UpgradeConfig,
  type UpgradeFlags,
  type UpgradeSection,
  validateUpgrade,
} from '../config/load-upgrade.ts';
import { clusterDocument } from '../config/print.ts';
import { logStep } from '../log-lines.ts';
import { CommandError } from '../output.ts';
import { adminKubeconfig } from '../paths.ts';
import { phaseHelp, runAllPhases, runNamedPhase } from '../phase.ts';
import { upgradeApplyPhases, upgradeNodePhases } from '../phases/upgrade.ts';
import { checkHealth, checkMachine } from '../phases/upgrade-preflight.ts';
import { newManifests } from '../upgrade/new-manifests.ts';
import { planDocument, planText, upgradePlan } from '../upgrade/plan-report.ts';
import { wantedVersion } from '../upgrade/release.ts';
import { unifiedDiff } from '../upgrade/unified-diff.ts';
import { type UpgradeContext, upgradeContext } from '../upgrade/upgrade-context.ts';
import { type Command, defineCommand } from './command.ts';
import { readConfigFile, refuseMixedArguments, refuseProblems } from './config-file.ts';
import { objectPrinter, outputFlags } from './output-format.ts';
import { upgradeApplyPhaseFlags, upgradeNodePhaseFlags } from './phase-flags.ts';
import { patchesFlag } from './run-flags.ts';

const commonFlags = {
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  kubeconfig: {
    type: 'string',
    help: 'The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.',
    // On workers only the kubelet's.
    shownDefault: JSON.stringify(adminKubeconfig),
  },
} as const satisfies FlagSpecs;

const ignoreFlag = {
  type: 'list',
  help: "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'. Value 'all' ignores errors from all checks.",
} as const;

const unstableFlags = {
  'allow-experimental-upgrades': {
    type: 'boolean',
    help: 'Show unstable versions of Kubernetes as an upgrade alternative and allow upgrading to an alpha/beta/release candidate versions of Kubernetes.',
  },
  'allow-release-candidate-upgrades': {
    type: 'boolean',
    help: 'Show release candidate versions of Kubernetes as an upgrade alternative and allow upgrading to a release candidate versions of Kubernetes.',
  },
  'print-config': {
    type: 'boolean',
    help: 'Specifies whether the configuration file that will be used in the upgrade should be printed or not.',
  },
} as const satisfies FlagSpecs;

const changeFlags = {
  'certificate-renewal': {
    type: 'boolean',
    help: 'Perform the renewal of certificates used by component changed during upgrades.',
    shownDefault: 'true',
  },
  'etcd-upgrade': { type: 'boolean', help: 'Perform the upgrade of etcd.', shownDefault: 'true' },
  'ignore-preflight-errors': ignoreFlag,
  patches: patchesFlag,
  'skip-phases': { type: 'list', help: 'List of phases to be skipped' },
} as const satisfies FlagSpecs;

interface Given {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly given: ReadonlySet<string>;
  readonly positional: readonly string[];
}

async function configured(
  section: UpgradeSection,
  { flags, given, positional }: Given,
  deps: CommandDeps,
): Promise<UpgradeConfig> {
  refuseMixedArguments(given, Object.keys(outputFlags));
  if (section !== 'apply' && positional.length > 1)
    throw new CommandError(`accepts at most 1 arg(s), received ${positional.length}`);
  const values: UpgradeFlags = {
    kubernetesVersion: positional.length > 1 ? undefined : positional[0],
    allowExperimental: flags['allow-experimental-upgrades'] as boolean | undefined,
    allowReleaseCandidates: flags['allow-release-candidate-upgrades'] as boolean | undefined,
    certificateRenewal: flags['certificate-renewal'] as boolean | undefined,
    dryRun: flags['dry-run'] as boolean | undefined,
    etcdUpgrade: flags['etcd-upgrade'] as boolean | undefined,
    force: flags.force as boolean | undefined,
    yes: flags.yes as boolean | undefined,
    printConfig: flags['print-config'] as boolean | undefined,
    patches: flags.patches as string | undefined,
    ignorePreflightErrors: flags['ignore-preflight-errors'] as readonly string[] | undefined,
    skipPhases: flags['skip-phases'] as readonly string[] | undefined,
    contextLines: flags['context-lines'] as number | undefined,
  };
  const text = await readConfigFile(flags.config as string | undefined, deps, 'load');
  const { config, warnings } = loadUpgradeConfig(text, section, values);
  for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
  refuseProblems(validateUpgrade(config, section));
  return config;
}

async function contextOf(
  section: UpgradeSection,
  given: Given,
  { deps, say, first }: { deps: CommandDeps; say: string; first?: (config: UpgradeConfig) => Promise<void> },
): Promise<UpgradeContext> {
  const config = await configured(section, given, deps);
  if (section === 'apply' && config.kubernetesVersion === undefined) {
    const wrong = given.positional.length > 1 ? 'too many arguments' : 'missing one or more required arguments';
    throw new CommandError(`${wrong}. Required arguments: [version]`);
  }
  await first?.(config);
  const kubeconfig = given.flags.kubeconfig as string | undefined;
  const context = await upgradeContext(config, deps, { command: `upgrade-${section}`, kubeconfig, say });
  if (section !== 'node' && !context.controlPlane) {
    throw new CommandError(
      `"kubeadm upgrade ${section}" runs on a control plane; on this machine, run "kubeadm upgrade node"`,
    );
  }
  if (config.printConfig) printConfiguration(context);
  return context;
}

function printConfiguration({ init }: UpgradeContext): void {
  const lines = encodeYaml(clusterDocument(init.config.cluster)).trimEnd().split('\n');
  init.output.out(`[upgrade/config] Configuration used:\n${lines.map((line) => `\t${line}\n`).join('')}`);
}

const planCommand = defineCommand({
  path: 'upgrade plan',
  use: 'kubeadm upgrade plan [version] [flags]',
  short: 'Check which versions are available to upgrade to and validate whether your current cluster is upgradeable.',
  flags: {
    ...commonFlags,
    ...unstableFlags,
    'etcd-upgrade': changeFlags['etcd-upgrade'],
    'ignore-preflight-errors': ignoreFlag,
    ...outputFlags,
  } as const satisfies FlagSpecs,
  async run(given, deps, signal) {
    const print = await objectPrinter(given.flags, deps);
    const quiet = print ? { ...deps, output: { ...deps.output, out: () => {} } } : deps;
    const context = await contextOf('plan', given, {
      deps: quiet,
      say: 'upgrade/config',
      async first({ ignorePreflightErrors }) {
        quiet.output.out('[preflight] Running pre-flight checks.\n');
        await checkMachine(quiet, ignorePreflightErrors);
        logStep(deps.output, 'plan.go:96', '[upgrade/plan] verifying health of cluster');
        logStep(deps.output, 'plan.go:97', '[upgrade/plan] retrieving configuration from cluster');
      },
    });
    await checkHealth(context, signal).catch(failed('[upgrade/health] FATAL'));
    quiet.output.out('[upgrade] Fetching available versions to upgrade to\n');
    logStep(deps.output, 'plan.go:104', '[upgrade/plan] computing upgrade possibilities');
    const plan = await upgradePlan(context, wantedVersion(context.config.kubernetesVersion ?? version));
    quiet.output.out(
      `[upgrade/versions] Cluster version: ${plan.cluster}\n[upgrade/versions] kubeadm version: ${version}\n`,
    );
    deps.output.out(print ? print('UpgradePlan', planDocument(plan)) : planText(plan));
    context.client.transport.close();
  },
});

const applyFlags = {
  ...commonFlags,
  ...unstableFlags,
  ...changeFlags,
  'dry-run': { type: 'boolean', help: 'Do not change any state, just output what actions would be performed.' },
  force: {
    type: 'boolean',
    short: 'f',
    help: 'Force upgrading although some requirements might not be met. This also implies non-interactive mode.',
  },
  yes: {
    type: 'boolean',
    short: 'y',
    help: 'Perform the upgrade and do not prompt for confirmation (non-interactive mode).',
  },
} as const satisfies FlagSpecs;

const applyCommand = defineCommand({
  path: 'upgrade apply',
  use: 'kubeadm upgrade apply [version]',
  short: 'Upgrade your Kubernetes cluster to the specified version',
  flags: applyFlags,
  more: () => phaseHelp('apply [version]', upgradeApplyPhases),
  async run(given, deps, signal) {
    logStep(deps.output, 'apply.go:134', '[upgrade/apply] verifying health of cluster');
    logStep(deps.output, 'apply.go:135', '[upgrade/apply] retrieving configuration from cluster');
    const context = await contextOf('apply', given, { deps, say: 'upgrade' });
    await runAllPhases(upgradeApplyPhases, context, signal, { skip: context.config.skipPhases });
    context.client.transport.close();
    deps.output.out(
      context.config.dryRun
        ? '[dryrun] Finished dryrunning successfully!\n'
        : `\n[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "${version}".\n\n[upgrade] Now please proceed with upgrading the rest of the nodes by following the right order.\n`,
    );
  },
});

const nodeFlags = {
  ...commonFlags,
  ...changeFlags,
  'dry-run': { type: 'boolean', help: 'Do not change any state, just output the actions that would be performed.' },
} as const satisfies FlagSpecs;

const nodeCommand = defineCommand({
  path: 'upgrade node',
  use: 'kubeadm upgrade node [flags]',
  short: 'Upgrade commands for a node in the cluster',
  flags: nodeFlags,
  more: () => phaseHelp('node', upgradeNodePhases),
  async run(given, deps, signal) {
    const context = await contextOf('node', given, { deps, say: 'upgrade' });
    await runAllPhases(upgradeNodePhases, context, signal, { skip: context.config.skipPhases });
    context.client.transport.close();
  },
});

/** `upgrade apply phase NAME` and `upgrade node phase NAME`. */
const phaseCommands = (['apply', 'node'] as const).map((section) => {
  const phases = section === 'apply' ? upgradeApplyPhases : upgradeNodePhases;
  return defineCommand({
    path: `upgrade ${section} phase`,
    use: `kubeadm upgrade ${section} phase PHASE [SUBPHASE] [flags]`,
    short: `Use this command to invoke single phase of the "${section}" workflow`,
    flags: section === 'apply' ? applyFlags : nodeFlags,
    menu: { phases, flags: section === 'apply' ? upgradeApplyPhaseFlags : upgradeNodePhaseFlags },
    async run(given, deps, signal) {
      await runNamedPhase(phases, {
        names: given.positional,
        signal,
        skip: ({ config }) => config.skipPhases,
        context: () =>
          contextOf(section, { ...given, positional: section === 'apply' ? [version] : [] }, { deps, say: 'upgrade' }),
      });
    },
  });
});

const diffCommand = defineCommand({
  path: 'upgrade diff',
  use: 'kubeadm upgrade diff [version] [flags]',
  short:
    'Show what differences would be applied to existing static pod manifests. See also: kubeadm upgrade apply --dry-run',
  flags: {
    ...commonFlags,
    'context-lines': { type: 'number', short: 'c', help: 'How many lines of context in the diff', shownDefault: '3' },
  } as const satisfies FlagSpecs,
  async run(given, deps) {
    const context = await contextOf('diff', given, { deps, say: 'upgrade/diff' });
    for (const { path, text } of await newManifests(context)) {
      const present = (await deps.host.files.read(path)) ?? '';
      const names = [
        { name: path, text: present },
        { name: 'new manifest', text },
      ] as const;
      deps.output.out(unifiedDiff(...names, context.config.contextLines));
    }
    context.client.transport.close();
  },
});

export const upgradeCommands: readonly Command[] = [
  planCommand,
  applyCommand,
  nodeCommand,
  ...phaseCommands,
  diffCommand,
];

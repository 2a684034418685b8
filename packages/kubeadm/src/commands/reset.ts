import type { ApiClient } from '@typernetes/client';
import type { FlagSpecs, ParsedArguments } from '@typernetes/process';
import { connectByFile } from '../cluster/connect.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadResetConfig } from '../config/load-reset.ts';
import { validateReset } from '../config/validate.ts';
import { logStep } from '../log-lines.ts';
import { adminKubeconfig, defaultCertificatesFolder } from '../paths.ts';
import { phaseHelp, runAllPhases, runNamedPhase } from '../phase.ts';
import { resetPhases } from '../phases/reset.ts';
import type { ResetContext } from '../reset/reset-context.ts';
import { runOptions } from '../run-options.ts';
import { defineCommand } from './command.ts';
import { readConfigFile, refuseMixedArguments, refuseProblems } from './config-file.ts';
import { resetPhaseFlags } from './phase-flags.ts';
import { criSocketFlag, dryRunFlag } from './run-flags.ts';

const resetFlags = {
  'cert-dir': {
    type: 'string',
    help: 'The path to the directory where the certificates are stored. If specified, clean this directory.',
    shownDefault: JSON.stringify(defaultCertificatesFolder),
  },
  'cleanup-tmp-dir': {
    type: 'boolean',
    help: 'Cleanup the "/etc/kubernetes/tmp" directory',
    default: false,
  },
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  'cri-socket': criSocketFlag,
  'dry-run': dryRunFlag,
  force: { type: 'boolean', short: 'f', help: 'Reset the node without prompting for confirmation.', default: false },
  'ignore-preflight-errors': {
    type: 'list',
    help: "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'. Value 'all' ignores errors from all checks.",
    default: [],
  },
  kubeconfig: {
    type: 'string',
    help: 'The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.',
    default: adminKubeconfig,
  },
  'skip-phases': { type: 'list', help: 'List of phases to be skipped', default: [] },
} as const satisfies FlagSpecs;

async function resetContext(
  { flags, given }: ParsedArguments<typeof resetFlags>,
  deps: CommandDeps,
): Promise<ResetContext> {
  refuseMixedArguments(given);
  const { config, warnings } = loadResetConfig(await readConfigFile(flags.config, deps), {
    certificatesDir: flags['cert-dir'],
    criSocket: flags['cri-socket'],
    dryRun: flags['dry-run'],
    force: flags.force,
    cleanupTmpDir: flags['cleanup-tmp-dir'],
    ignorePreflightErrors: flags['ignore-preflight-errors'],
    skipPhases: flags['skip-phases'],
  });
  for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
  refuseProblems(validateReset(config));
  const { used, dryRun } = await runOptions('reset', deps, { dryRun: config.dryRun, patches: '', server: true });
  const { host, output, clock, ask, connect, pods } = used;
  const loaded = await connectByFile(flags.kubeconfig, { files: host.files, connect }).then(closed, () => undefined);
  logStep(
    output,
    'reset.go:131',
    loaded
      ? `[reset] Loaded client set from kubeconfig file: ${flags.kubeconfig}`
      : `[reset] Could not obtain a client set from the kubeconfig file: ${flags.kubeconfig}`,
  );
  const found = flags['cri-socket'] === undefined ? 'Detected and using' : 'Using specified';
  logStep(output, 'reset.go:161', `[reset] ${found} CRI socket: ${config.criSocket}`);
  return {
    config,
    kubeconfig: flags.kubeconfig,
    host,
    output,
    clock,
    ask,
    connect,
    pods,
    dryRun: dryRun !== undefined,
    left: { what: ['CNI plugin configuration', 'network filtering rules', 'kubeconfig files'] },
  };
}

/** A client that was only made to see whether it can be. */
function closed({ transport }: ApiClient): true {
  transport.close();
  return true;
}

export const resetCommand = defineCommand({
  path: 'reset',
  use: 'kubeadm reset [flags]',
  short: "Performs a best effort revert of changes made to this host by 'kubeadm init' or 'kubeadm join'",
  flags: resetFlags,
  ignoresWords: true,
  more: () => phaseHelp('reset', resetPhases),
  async run(given, deps, signal) {
    const context = await resetContext(given, deps);
    await runAllPhases(resetPhases, context, signal, { skip: context.config.skipPhases });
    deps.output.out(cleanupInstructions(context.left.what));
  },
});

export const resetPhaseCommand = defineCommand({
  path: 'reset phase',
  use: 'kubeadm reset phase PHASE [flags]',
  short: 'Use this command to invoke single phase of the "reset" workflow',
  flags: resetFlags,
  menu: { phases: resetPhases, flags: resetPhaseFlags },
  async run(given, deps, signal) {
    await runNamedPhase(resetPhases, {
      names: given.positional,
      signal,
      skip: ({ config }) => config.skipPhases,
      context: () => resetContext(given, deps),
    });
  },
});

/** Upstream's text; it mentions the network only if parts of it are left. */
function cleanupInstructions(what: readonly string[]): string {
  const [last = '', ...others] = [...what].reverse();
  const listed = [...(others.length > 0 ? [others.reverse().join(',\n')] : []), last].join(' and ');
  return `
The reset process does not perform cleanup of ${listed}.

For information on how to perform this cleanup manually, please see:
    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/

`;
}

import type { FlagSpecs } from '@typernetes/process';
import { defaultCertificatesFolder, defaultCriSocket } from '../paths.ts';
import { phaseHelp, runPhases } from '../phase.ts';
import { resetPhases } from '../phases/reset.ts';
import { defineCommand } from './command.ts';

export const resetCommand = defineCommand({
  path: 'reset',
  use: 'kubeadm reset [flags]',
  short: "Performs a best effort revert of changes made to this host by 'kubeadm init' or 'kubeadm join'",
  flags: {
    'cert-dir': {
      type: 'string',
      help: 'The path to the directory where the certificates are stored.',
      default: defaultCertificatesFolder,
    },
    'cri-socket': { type: 'string', help: 'Path to the CRI socket to connect.', default: defaultCriSocket },
    force: { type: 'boolean', short: 'f', help: 'Reset the node without prompting for confirmation.', default: false },
    'ignore-preflight-errors': {
      type: 'list',
      help: "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'.",
      default: [],
    },
    'skip-phases': { type: 'list', help: 'List of phases to be skipped', default: [] },
  } as const satisfies FlagSpecs,
  more: () => `\nThe "reset" command executes the following phases:\n${phaseHelp(resetPhases)}`,
  async run({ flags }, deps, signal) {
    const context = {
      host: deps.host,
      output: deps.output,
      clock: deps.clock,
      certificatesDir: flags['cert-dir'],
      criSocket: flags['cri-socket'],
      force: flags.force,
      ignorePreflightErrors: flags['ignore-preflight-errors'],
      ask: deps.ask,
      connect: deps.connect,
      pods: deps.pods,
    };
    await runPhases(resetPhases, context, signal, { skip: flags['skip-phases'] });
  },
});

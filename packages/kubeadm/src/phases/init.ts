import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';
import { runChecks } from '../preflight/check.ts';
import { isRoot } from '../preflight/checks.ts';
import { pullControlPlaneImages } from '../preflight/images-check.ts';
import { initChecks } from '../preflight/init-checks.ts';
import { addonPhase } from './addon.ts';
import { bootstrapTokenPhase } from './bootstrap-token.ts';
import { certsPhase } from './certs.ts';
import { controlPlanePhase } from './control-plane.ts';
import { etcdPhase } from './etcd.ts';
import { kubeconfigPhase } from './kubeconfig.ts';
import { kubeletFinalizePhase } from './kubelet-finalize.ts';
import { kubeletStartPhase } from './kubelet-start.ts';
import { markControlPlanePhase } from './mark-control-plane.ts';
import { showJoinCommandPhase } from './show-join-command.ts';
import { uploadCertsPhase } from './upload-certs.ts';
import { uploadConfigPhase } from './upload-config.ts';
import { waitControlPlanePhase } from './wait-control-plane.ts';

const preflightPhase: Phase<InitContext> = {
  name: 'preflight',
  short: 'Run pre-flight checks',
  help: {
    examples: [
      {
        what: 'Look at this machine for a cluster that a file describes',
        line: 'init phase preflight --config kubeadm-config.yaml',
      },
    ],
  },
  async run(context, signal) {
    const { config, host, output } = context;
    output.out('[preflight] Running pre-flight checks\n');
    // Without root, other checks would fail only for lack of permissions.
    await runChecks([isRoot], { host, output }, config.node.ignorePreflightErrors);
    await runChecks(initChecks(config), { host, output }, config.node.ignorePreflightErrors);
    await pullControlPlaneImages(context, { who: 'preflight', signal });
  },
};

/** The phases of `kubeadm init`, in order. */
export const initPhases: readonly Phase<InitContext>[] = [
  preflightPhase,
  certsPhase,
  kubeconfigPhase,
  etcdPhase,
  controlPlanePhase,
  kubeletStartPhase,
  waitControlPlanePhase,
  uploadConfigPhase,
  uploadCertsPhase,
  markControlPlanePhase,
  bootstrapTokenPhase,
  kubeletFinalizePhase,
  addonPhase,
  showJoinCommandPhase,
];

import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';
import type { UpgradeContext } from '../upgrade/upgrade-context.ts';
import { grantToBootstrappers, letAnybodyReadClusterInfo } from './bootstrap-token.ts';
import { upgradeAddonPhase } from './upgrade-addon.ts';
import { upgradeControlPlanePhase, upgradeKubeconfigPhase } from './upgrade-control-plane.ts';
import { upgradeKubeletConfigPhase } from './upgrade-kubelet-config.ts';
import { applyPreflightPhase, nodePreflightPhase } from './upgrade-preflight.ts';
import { uploadConfigPhase } from './upload-config.ts';

/** A phase of init that an upgrade repeats. */
function again({ name, short, run, phases }: Phase<InitContext>): Phase<UpgradeContext> {
  return {
    name,
    short,
    ...(run ? { run: ({ init }, signal) => run(init, signal) } : {}),
    ...(phases ? { phases: phases.map(again) } : {}),
  };
}

const bootstrapTokenPhase: Phase<UpgradeContext> = {
  name: 'bootstrap-token',
  short: 'Configures bootstrap token and cluster-info RBAC rules',
  async run({ init }) {
    init.output.out('[upgrade/bootstrap-token] Configuring bootstrap token and cluster-info RBAC rules\n');
    await grantToBootstrappers(init);
    await letAnybodyReadClusterInfo(init);
  },
};

/** Does nothing: earlier releases left nothing to clean up. It exists for `--skip-phases` and for later releases. */
const postUpgradePhase: Phase<UpgradeContext> = { name: 'post-upgrade', short: 'Run post upgrade tasks' };

/** The phases of `kubeadm upgrade apply`, for the first control plane, in order. */
export const upgradeApplyPhases: readonly Phase<UpgradeContext>[] = [
  applyPreflightPhase,
  upgradeControlPlanePhase('Upgrade the control plane'),
  {
    ...again(uploadConfigPhase),
    short: 'Upload the kubeadm and kubelet configurations to ConfigMaps',
    help: { onlyParts: true, whole: 'Upload all the configurations to ConfigMaps' },
  },
  upgradeKubeconfigPhase,
  upgradeKubeletConfigPhase,
  bootstrapTokenPhase,
  upgradeAddonPhase,
  postUpgradePhase,
];

/** The phases of `kubeadm upgrade node`, for every other machine, in order. */
export const upgradeNodePhases: readonly Phase<UpgradeContext>[] = [
  nodePreflightPhase,
  upgradeControlPlanePhase('Upgrade the control plane instance deployed on this node, if any'),
  upgradeKubeconfigPhase,
  upgradeKubeletConfigPhase,
  upgradeAddonPhase,
  postUpgradePhase,
];

import { formatDuration } from '@typernetes/process';
import type { Phase } from '../phase.ts';
import { newManifests } from '../upgrade/new-manifests.ts';
import { upgradeStaticPods } from '../upgrade/static-pods.ts';
import type { UpgradeContext } from '../upgrade/upgrade-context.ts';
import { useLocalApiServer } from './join-control-plane.ts';

/** The phase that upgrades and restarts the components; `short` differs between the commands. */
export const upgradeControlPlanePhase = (short: string): Phase<UpgradeContext> => ({
  name: 'control-plane',
  short,
  async run(context, signal) {
    const { init, config, controlPlane } = context;
    const { output, dryRun } = init;
    const target = init.config.cluster.kubernetesVersion;
    if (!controlPlane) {
      output.out('[upgrade/control-plane] Skipping phase. Not a control plane node.\n');
      return;
    }
    if (dryRun) {
      output.out(`[dryrun] Would upgrade your static Pod-hosted control plane to version "${target}"\n`);
      for (const { path, text } of await newManifests(context)) {
        if ((await dryRun.host.files.read(path)) !== text) await dryRun.host.files.write(path, text);
      }
      await dryRun.host.showFiles();
      return;
    }
    output.out(
      `[upgrade/control-plane] Upgrading your static Pod-hosted control plane to version "${target}" (timeout: ${formatDuration(config.timeouts.upgradeManifestsMs)})...\n`,
    );
    await upgradeStaticPods(context, signal);
    output.out('[upgrade/control-plane] The control plane instance for this node was successfully upgraded!\n');
  },
});

/** The kubelet of a control plane connects to its own machine's API server. */
export const upgradeKubeconfigPhase: Phase<UpgradeContext> = {
  name: 'kubeconfig',
  short: 'Upgrade kubeconfig files for this node',
  hidden: true,
  async run({ init, controlPlane }) {
    if (controlPlane) await useLocalApiServer(init);
    init.output.out('[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!\n');
  },
};

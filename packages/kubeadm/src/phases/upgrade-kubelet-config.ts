import { decodeDocument } from '@typernetes/process';
import { momentName } from '../dry-run/dry-run.ts';
import type { Files } from '../host.ts';
import { writeKubeletConfig } from '../kubelet/instance-config.ts';
import { kubeletConfiguration } from '../kubelet/kubelet-config.ts';
import { kubeletConfigFile, kubeletEnvironmentFile, kubernetesFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';
import type { UpgradeContext } from '../upgrade/upgrade-context.ts';

/** Writes the cluster's kubelet configuration to this machine. The kubelet reads it when the user restarts it. */
export const upgradeKubeletConfigPhase: Phase<UpgradeContext> = {
  name: 'kubelet-config',
  short: 'Upgrade the kubelet configuration for this node',
  async run({ init }) {
    const { config, host, output, clock, patches, dryRun } = init;
    const before = await host.files.read(kubeletConfigFile);
    const present = (before === undefined ? {} : decodeDocument(before)) as { cgroupDriver?: 'systemd' | 'cgroupfs' };
    // The cgroup driver depends on this machine, not on the cluster's configuration.
    const cgroupDriver = present.cgroupDriver ?? 'systemd';
    const next = { ...kubeletConfiguration(config.cluster, { user: config.kubelet, cgroupDriver }), cgroupDriver };
    if (before !== undefined && !dryRun) {
      const backup = `${kubernetesFolder}/tmp/kubeadm-kubelet-config-${momentName(clock.now())}/config.yaml`;
      output.out(`[upgrade] Backing up kubelet config file to ${backup}\n`);
      await host.files.write(backup, before, { mode: 0o600 });
    }
    await writeKubeletConfig(next, { node: config.node, files: host.files, output, patches });
    await dropSocketFlag(host.files);
    await dryRun?.host.showFiles();
    output.out('[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!\n');
  },
};

/** Earlier releases set the runtime's socket by a flag; now it is in the configuration. */
async function dropSocketFlag(files: Pick<Files, 'read' | 'write'>): Promise<void> {
  const text = await files.read(kubeletEnvironmentFile);
  const next = text?.replace(/--container-runtime-endpoint=[^\s"]+ ?/, '').replace(/ "$/m, '"');
  if (next !== undefined && next !== text) await files.write(kubeletEnvironmentFile, next, { mode: 0o644 });
}

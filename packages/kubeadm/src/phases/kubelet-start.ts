import type { InitContext } from '../init-context.ts';
import { cgroupDriver } from '../kubelet/cgroup-driver.ts';
import { flagsEnvironment } from '../kubelet/flags-environment.ts';
import { writeKubeletConfig } from '../kubelet/instance-config.ts';
import { kubeletConfiguration } from '../kubelet/kubelet-config.ts';
import { kubeletService } from '../kubelet/service.ts';
import { kubeletEnvironmentFile } from '../paths.ts';
import type { Phase } from '../phase.ts';

export const kubeletStartPhase: Phase<InitContext> = {
  name: 'kubelet-start',
  short: 'Write kubelet settings and (re)start the kubelet',
  help: {
    examples: [
      {
        what: 'Write the flags that the InitConfiguration in a file asks for',
        line: 'init phase kubelet-start --config config.yaml',
      },
    ],
  },
  async run({ config, host, output, patches }) {
    const kubelet = kubeletConfiguration(config.cluster, {
      user: config.kubelet,
      cgroupDriver: await cgroupDriver(host.files),
    });
    output.out(`[kubelet-start] Writing kubelet environment file with flags to file "${kubeletEnvironmentFile}"\n`);
    const nodeName = config.node.name !== host.machine.hostName.toLowerCase();
    const flags = flagsEnvironment(config.node, { registerTaints: false, nodeName });
    await host.files.write(kubeletEnvironmentFile, flags, { mode: 0o644 });
    await writeKubeletConfig(kubelet, { node: config.node, files: host.files, output, patches });
    output.out('[kubelet-start] Starting the kubelet\n');
    await (await kubeletService(host)).start();
  },
};

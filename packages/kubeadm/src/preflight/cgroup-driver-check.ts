import { cgroupDriver } from '../kubelet/cgroup-driver.ts';
import type { Check } from './check.ts';

const configFile = '/etc/containerd/config.toml';

/**
 * Kubelet and runtime must hand out cgroups in the same way, or pods are killed at random once memory is short. Only containerd's file
 * says how it does: releases before 1.7 do not tell when asked.
 */
export function cgroupDriversAgree(criSocket: string): Check {
  return {
    name: 'CgroupDriver',
    async run({ files }) {
      if (!criSocket.includes('containerd')) return {};
      const kubelet = await cgroupDriver(files);
      const text = (await files.read(configFile)) ?? '';
      // A configuration that imports others may say it there.
      if (/^\s*imports\s*=/m.test(text)) return {};
      const systemd = /^\s*SystemdCgroup\s*=\s*true\b/m.test(text);
      const runtime = systemd ? 'systemd' : 'cgroupfs';
      if (runtime === kubelet) return {};
      const change = `set "SystemdCgroup = ${kubelet === 'systemd'}" below [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options] in ${configFile} and run "systemctl restart containerd"`;
      return {
        warnings: [
          `the kubelet will use the cgroup driver "${kubelet}", the container runtime uses "${runtime}": ${change}`,
        ],
      };
    },
  };
}

import { containerdCgroupDriver, containerdConfigFile, runsSystemd } from '../kubelet/cgroup-driver.ts';
import type { Check } from './check.ts';

/**
 * Two cgroup managers on one machine have different views of its resources, and nodes become unstable under pressure: where systemd is PID 1,
 * kubelet and runtime should both use the systemd driver, and elsewhere both must use cgroupfs.
 */
export function cgroupDriversAgree(criSocket: string): Check {
  return {
    name: 'CgroupDriver',
    async run({ files }) {
      if (!criSocket.includes('containerd')) return {};
      const machine = (await runsSystemd(files)) ? 'systemd' : 'cgroupfs';
      const runtime = (await containerdCgroupDriver(files)) ?? machine;
      if (runtime === machine) return {};
      const change = `set "SystemdCgroup = ${machine === 'systemd'}" below [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options] in ${containerdConfigFile} and run "systemctl restart containerd"`;
      return {
        warnings: [
          machine === 'systemd'
            ? `systemd hands out this machine's cgroups, the container runtime uses the cgroup driver "cgroupfs", and the kubelet will do as the runtime does: ${change}`
            : `the kubelet will use the cgroup driver "cgroupfs", the container runtime uses "systemd": ${change}`,
        ],
      };
    },
  };
}

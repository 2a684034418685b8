import type { Files } from '../host.ts';

export type CgroupDriver = 'systemd' | 'cgroupfs';

export const containerdConfigFile = '/etc/containerd/config.toml';

/**
 * containerd's cgroup driver; undefined if its configuration file does not exist or imports others. Releases before 1.7 do not
 * report it over CRI.
 */
export async function containerdCgroupDriver(files: Pick<Files, 'read'>): Promise<CgroupDriver | undefined> {
  const text = await files.read(containerdConfigFile);
  if (text === undefined || /^\s*imports\s*=/m.test(text)) return undefined;
  return /^\s*SystemdCgroup\s*=\s*true\b/m.test(text) ? 'systemd' : 'cgroupfs';
}

export const runsSystemd = (files: Pick<Files, 'exists'>): Promise<boolean> => files.exists('/run/systemd/system');

/**
 * The cgroup driver for this machine: systemd where it is PID 1, unless containerd uses cgroupfs, as Debian's does by default: a kubelet
 * that disagrees with its runtime does not start.
 */
export async function cgroupDriver(files: Pick<Files, 'exists' | 'read'>): Promise<CgroupDriver> {
  if (!(await runsSystemd(files))) return 'cgroupfs';
  return (await containerdCgroupDriver(files)) ?? 'systemd';
}

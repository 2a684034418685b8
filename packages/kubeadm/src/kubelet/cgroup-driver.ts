import type { Files } from '../host.ts';

export type CgroupDriver = 'systemd' | 'cgroupfs';

export const containerdConfigFile = '/etc/containerd/config.toml';

/**
 * What containerd hands out cgroups with; undefined when its file does not say: there is none, or it imports others. Releases before 1.7 do not
 * tell when asked.
 */
export async function containerdCgroupDriver(files: Pick<Files, 'read'>): Promise<CgroupDriver | undefined> {
  const text = await files.read(containerdConfigFile);
  if (text === undefined || /^\s*imports\s*=/m.test(text)) return undefined;
  return /^\s*SystemdCgroup\s*=\s*true\b/m.test(text) ? 'systemd' : 'cgroupfs';
}

export const runsSystemd = (files: Pick<Files, 'exists'>): Promise<boolean> => files.exists('/run/systemd/system');

/**
 * Who hands out cgroups on this machine: systemd where it is PID 1, unless containerd does it itself, as Debian's does out of the box: a kubelet
 * that disagrees with its runtime does not start.
 */
export async function cgroupDriver(files: Pick<Files, 'exists' | 'read'>): Promise<CgroupDriver> {
  if (!(await runsSystemd(files))) return 'cgroupfs';
  return (await containerdCgroupDriver(files)) ?? 'systemd';
}

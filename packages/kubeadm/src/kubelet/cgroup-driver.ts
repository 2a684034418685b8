import type { Files } from '../host.ts';

/** Who hands out cgroups on this machine: systemd where it is PID 1, else whoever writes to the file system. */
export async function cgroupDriver(files: Pick<Files, 'exists'>): Promise<'systemd' | 'cgroupfs'> {
  return (await files.exists('/run/systemd/system')) ? 'systemd' : 'cgroupfs';
}

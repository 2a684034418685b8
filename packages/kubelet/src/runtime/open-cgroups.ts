import type { CompleteConfiguration } from '../config/defaults.ts';
import type { Machine } from '../node/machine.ts';
import { pageBytesOf } from '../pod/resources.ts';
import { Cgroups, detectCgroups } from './cgroups.ts';
import { hostLimits, type LimitRules } from './limit-rules.ts';

/** Finds out how the machine's control groups are laid out, and what limits of containers they allow. */
export async function openCgroups(options: {
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
}): Promise<{ readonly cgroups: Cgroups; readonly limits: LimitRules; readonly version: 1 | 2 }> {
  const { config, machine } = options;
  const layout = await detectCgroups();
  const limits = await hostLimits({ config, machine, layout });
  const cgroups = new Cgroups(layout, {
    root: config.cgroupRoot,
    driver: config.cgroupDriver === 'systemd' ? 'systemd' : 'cgroupfs',
    cfsPeriod: limits.cfsPeriod,
    ...(config.podPidsLimit > 0 ? { podPids: config.podPidsLimit } : {}),
    pageSizes: Object.keys(machine.hugepages).flatMap((name) => pageBytesOf(name) ?? []),
  });
  return { cgroups, limits, version: layout.version };
}

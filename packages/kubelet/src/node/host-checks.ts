import { readFile } from 'node:fs/promises';
import { aggregateText, codeOf, type Logger } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { configurationWarnings } from '../config/support.ts';
import { kernelProblems } from './kernel-settings.ts';

interface HostChecks {
  readonly config: CompleteConfiguration;
  readonly runtime: Pick<ContainerRuntime, 'cgroupDriver'>;
  readonly log: Logger;
  /** The kernel's table of swap devices; '' where it has none. */
  readonly swaps?: string;
  readonly cgroupVersion: 1 | 2;
}

/**
 * The configuration adapted to this machine. Cgroup v1 is refused only if configured so; upstream refuses it by
 * default. Throws, before any pod starts, if the kubelet cannot run: swap is enabled although the configuration forbids
 * it, or kubelet and runtime use different cgroup drivers.
 */
export async function checkHost(checks: HostChecks): Promise<CompleteConfiguration> {
  const { config } = checks;
  if (checks.cgroupVersion === 1 && config.singleProcessOOMKill === false)
    throw new Error(
      'invalid configuration: singleProcessOOMKill must not be explicitly set to false when using cgroup v1',
    );
  if (config.failCgroupV1 && checks.cgroupVersion === 1)
    throw new Error(
      'kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release',
    );
  if (config.protectKernelDefaults) {
    const problems = await kernelProblems();
    if (problems.length > 0) throw new Error(aggregateText(problems));
  }
  warnOf(checks);
  refuseSwap(config, checks.swaps ?? (await textOf('/proc/swaps')), checks.cgroupVersion);
  return { ...config, cgroupDriver: await cgroupDriver(checks) };
}

function warnOf({ config, log }: HostChecks): void {
  for (const warning of configurationWarnings(config)) log.warn(warning);
}

function refuseSwap(config: CompleteConfiguration, swaps: string, cgroupVersion: 1 | 2): void {
  // The first line is the heading.
  const devices = swaps.trim().split('\n').slice(1);
  if (config.failSwapOn && devices.length > 0)
    throw new Error(
      `running with swap on is not supported, please disable swap or set --fail-swap-on flag to false. /proc/swaps contained: [${swaps.trim().split('\n').join(' ')}]`,
    );
  if (config.memorySwap.swapBehavior === 'LimitedSwap' && cgroupVersion === 1)
    throw new Error('memorySwap.swapBehavior "LimitedSwap" is not supported on a node with cgroup v1');
}

async function cgroupDriver({ config, runtime, log }: HostChecks): Promise<string> {
  const found = await runtime.cgroupDriver();
  if (!found || found.driver === config.cgroupDriver) return config.cgroupDriver;
  if (found.binding) {
    log.info('Using cgroup driver setting received from the CRI runtime', { cgroupDriver: found.driver });
    return found.driver;
  }
  throw new Error(
    `misconfiguration: kubelet cgroup driver: "${config.cgroupDriver}" is different from the container runtime's cgroup driver: "${found.driver}"`,
  );
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

import { readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { allocatableOf, capacityOf } from '../node/resources.ts';
import { milliOf, unitsOf } from '../pod/amount.ts';
import type { NodeView } from '../pod-worker/deps.ts';
import type { PodsShare } from '../runtime/cgroups.ts';
import { parseResolvConf } from '../runtime/dns.ts';
import type { RuntimeState } from '../runtime/runtime-state.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { memoryForPods } from './upkeep.ts';

/** What pods need of the node, except for the limits of containers. */
export async function nodeView(
  { nodeName, nodeIps, rootDir, config, machine }: KubeletOptions,
  { podsDir, state }: { readonly podsDir: string; readonly state: RuntimeState },
): Promise<Omit<NodeView, 'limits'>> {
  const allocatable = allocatableOf(capacityOf(machine, config), config);
  const facts = {
    nodeName,
    hostIps: nodeIps,
    allocatable: {
      cpu: allocatable.cpu ?? '0',
      memory: allocatable.memory ?? '0',
      'ephemeral-storage': allocatable['ephemeral-storage'] ?? '0',
    },
  };
  const dns = { servers: config.clusterDNS, domain: config.clusterDomain, node: await nodeResolver(config) };
  return {
    podsDir,
    logsDir: config.podLogsDir,
    seccompDir: `${rootDir}/seccomp`,
    seccompDefault: config.seccompDefault,
    memoryCapacity: machine.memoryBytes,
    dns: () => dns,
    facts: () => facts,
    networkProblem: () => state.networkProblem,
  };
}

/** The resources of all pods together: without those that are reserved, if that is enforced. */
export function podsShare({ machine, config }: KubeletOptions): PodsShare {
  const capacity = capacityOf(machine, config);
  const isEnforced = config.enforceNodeAllocatable.includes('pods');
  const { cpu } = isEnforced ? allocatableOf(capacity, config) : capacity;
  const reserved = isEnforced ? [config.systemReserved.pid, config.kubeReserved.pid] : [];
  return {
    milliCpu: milliOf(cpu) ?? 0,
    memoryBytes: isEnforced ? memoryForPods({ machine, config }) : machine.memoryBytes,
    pids: reserved.reduce((left, amount) => left - (unitsOf(amount) ?? 0), machine.mostProcesses),
  };
}

async function nodeResolver({ resolvConf: path }: CompleteConfiguration): Promise<ReturnType<typeof parseResolvConf>> {
  try {
    return parseResolvConf(path === '' ? '' : await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return parseResolvConf('');
    throw error;
  }
}

import { join } from 'node:path';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { type Metrics, parseDuration } from '@typernetes/process';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { checkpointAt } from '../files/checkpoint.ts';
import type { Machine } from '../node/machine.ts';
import { milliOf } from '../pod/amount.ts';
import { type CpuSet, parseCpuSet } from '../resources/cpu-set.ts';
import { chooseCpus } from './cpu-choice.ts';
import { CpuManager, type CpuState } from './cpu-manager.ts';
import { DeviceManager, type DeviceState } from './device-manager.ts';
import { DevicePlugins } from './device-plugins.ts';
import { type MachineTopology, readTopology } from './machine-topology.ts';
import { deviceMetrics, managerMetrics, podResourcesMetrics } from './manager-metrics.ts';
import { MemoryManager, type MemoryState } from './memory-manager.ts';
import { allocatableMemory, totalMemory } from './memory-reservations.ts';
import { type PodResourcesDeps, podResourcesServer } from './pod-resources.ts';
import { checkCpuOptions, parseCpuOptions, parseTopologyOptions } from './policy-options.ts';
import { ResourceManagers, type ResourceManagersOptions } from './resource-managers.ts';
import { SharedCpus } from './shared-cpus.ts';
import { meanDistance, type TopologyPolicy } from './topology-policy.ts';

interface OpenManagersOptions extends Pick<ResourceManagersOptions, 'active'> {
  readonly rootDir: string;
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
  readonly runtime: ContainerRuntime;
  readonly pods: PodResourcesDeps['pods'];
  readonly claimsOf: PodResourcesDeps['claimsOf'];
  /** The node has other resources now. */
  readonly onResources: () => void;
  readonly metrics?: Metrics | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sets up the configured managers. Throws if the configuration is invalid, or does not fit the assignments of an
 * earlier kubelet.
 */
export async function openManagers(options: OpenManagersOptions): Promise<ResourceManagers> {
  const { rootDir, config, machine, runtime, clock, log } = options;
  const topology = await readTopology(machine);
  const directory = join(rootDir, 'device-plugins');
  const observer = options.metrics && deviceMetrics(options.metrics);
  const plugins = new DevicePlugins({
    directory,
    observer,
    clock,
    log,
    onChange: () => {
      options.onResources();
      devices.save().catch((error: unknown) => log.warn('Cannot write device checkpoint', { error: String(error) }));
    },
  });
  const devices = await DeviceManager.open({
    endpoints: plugins,
    observer,
    clock,
    numaNodes: [...topology.memory.keys()],
    checkpoint: checkpointAt<DeviceState>(join(directory, 'kubelet_internal_checkpoint'), 'Checksum'),
  });
  const cpus = await openCpus(options, topology, () => shared?.wake());
  const memory = await openMemory(options, topology);
  const periodMs = parseDuration(config.cpuManagerReconcilePeriod) ?? 10_000;
  const shared = cpus && new SharedCpus({ cpus, runtime, clock, log, periodMs });
  const parts: Runnable[] = [plugins];
  if (shared) parts.push(shared);
  const managers = new ResourceManagers({
    devices,
    cpus,
    memory,
    topology: topologyOf(config, topology),
    active: options.active,
    parts,
    observer: options.metrics && managerMetrics(options.metrics, () => cpus?.use),
    clock,
  });
  parts.push(
    podResourcesServer({
      directory: join(rootDir, 'pod-resources'),
      pods: options.pods,
      claimsOf: options.claimsOf,
      managers,
      plugins,
      topology,
      onAsked: options.metrics && podResourcesMetrics(options.metrics),
    }),
  );
  return managers;
}

function topologyOf(
  config: CompleteConfiguration,
  { memory, distances }: MachineTopology,
): ResourceManagersOptions['topology'] {
  const { topologyManagerPolicy, topologyManagerScope, topologyManagerPolicyOptions: given = {} } = config;
  const { closest, mostNodes } = parseTopologyOptions(given);
  if (topologyManagerPolicy !== 'none' && memory.size > mostNodes)
    throw new Error(`unsupported on machines with more than ${mostNodes} NUMA Nodes`);
  if (topologyManagerPolicy !== 'none' && closest && !distances)
    throw new Error('error getting NUMA distances from cadvisor');
  return {
    policy: topologyManagerPolicy as TopologyPolicy,
    scope: topologyManagerScope === 'pod' ? 'pod' : 'container',
    nodes: [...memory.keys()],
    ...(closest && distances ? { distanceOf: (mask: number) => meanDistance(distances, mask) } : {}),
  };
}

async function openCpus(
  { rootDir, config }: Pick<OpenManagersOptions, 'rootDir' | 'config'>,
  topology: MachineTopology,
  onShared: () => void,
): Promise<CpuManager | undefined> {
  const { cpuManagerPolicy: policy, cpuManagerPolicyOptions: given = {} } = config;
  const path = join(rootDir, 'cpu_manager_state');
  const checkpoint = checkpointAt<CpuState>(path, 'checksum');
  if (policy === 'none') {
    if (Object.keys(given).length > 0) throw new Error(`None policy: received unsupported options=${mapText(given)}`);
    return refuseOther(await checkpoint.read(), { name: 'CPU', policy, path });
  }
  if (policy !== 'static') throw new Error(`[cpumanager] unknown policy: "${policy}"`);
  const options = parseCpuOptions(given, config.featureGates);
  checkCpuOptions(options, config.topologyManagerPolicy, topology);
  return CpuManager.open({
    topology,
    reserved: reservedCpus(config, topology),
    policy: options,
    checkpoint,
    onShared,
  });
}

/** A map in Go's format. */
function mapText(map: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, value]) => `${key}:${value}`).join(' ')}]`;
}

function reservedCpus(config: CompleteConfiguration, { cpus }: MachineTopology): CpuSet {
  if (config.reservedSystemCPUs) return parseCpuSet(config.reservedSystemCPUs);
  const milli = (milliOf(config.systemReserved.cpu) ?? 0) + (milliOf(config.kubeReserved.cpu) ?? 0);
  if (milli === 0)
    throw new Error(
      '[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero',
    );
  const chosen = chooseCpus(cpus, new Set(cpus.map(({ id }) => id)), Math.ceil(milli / 1000));
  if (!chosen) throw new Error('[cpumanager] unable to reserve the required amount of CPUs');
  return new Set(chosen);
}

async function openMemory(
  { rootDir, config, machine }: Pick<OpenManagersOptions, 'rootDir' | 'config' | 'machine'>,
  topology: MachineTopology,
): Promise<MemoryManager | undefined> {
  const { memoryManagerPolicy: policy } = config;
  const path = join(rootDir, 'memory_manager_state');
  const checkpoint = checkpointAt<MemoryState>(path, 'checksum');
  if (policy === 'None') return refuseOther(await checkpoint.read(), { name: 'memory', policy, path });
  if (policy !== 'Static') throw new Error(`unknown memory manager policy: "${policy}"`);
  const allocatable = allocatableMemory(topology, config, machine);
  return MemoryManager.open({ allocatable, totals: totalMemory(topology, machine), checkpoint });
}

/** A policy may only be changed on an empty node, because existing assignments must not be forgotten. */
function refuseOther(
  state: { readonly policyName: string } | undefined,
  { name, policy, path }: { name: string; policy: string; path: string },
): undefined {
  if (!state || state.policyName === policy) return undefined;
  throw new Error(
    `could not restore state from checkpoint: configured policy "${policy}" differs from state checkpoint policy "${state.policyName}", please drain this node and delete the ${name} manager checkpoint file "${path}" before restarting Kubelet`,
  );
}

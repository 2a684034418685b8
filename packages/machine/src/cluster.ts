import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { messagesOf, timestamp } from '@typernetes/base';
import { isTrue, type ListClient, listClient, type ObjectStatus, waitFor } from './api-client.ts';
import { apiPortProcesses, closeApiPort, openApiPort } from './api-port.ts';
import {
  type ClusterRecord,
  clusterNames,
  clusterPaths,
  forgetCluster,
  freeEndpoint,
  machineNamesOf,
  readCluster,
  writeCluster,
} from './cluster-state.ts';
import { exclusively } from './exclusive.ts';
import { fabricGateway, fabricOf } from './fabric.ts';
import { installationLock, instanceName } from './installation.ts';
import { joinCommands } from './join-command.ts';
import { hostNames, withEndpoint, withHostNames } from './kubeadm-config.ts';
import { accessOf, kubeconfigForHost } from './kubeconfig.ts';
import {
  createMachine,
  deleteMachine,
  fileInMachine,
  type HomeContext,
  listMachines,
  runInMachine,
  startMachine,
} from './machine.ts';
import type { MachineContext } from './machine-context.ts';
import { type MachineRecord, machinePaths } from './machine-state.ts';

/** The default addresses of pods. */
const podNetwork = '10.244.0.0/16';

export interface ClusterContext extends MachineContext {
  /** The program behind {@link openApiPort}. */
  readonly apiPortProgram: string;
}

export interface ClusterPlan {
  readonly name: string;
  readonly controlPlanes: number;
  readonly workers: number;
  /** Text of a kubeadm configuration, for `kubeadm init --config`. */
  readonly config: string | undefined;
  /** Manifests to apply before the nodes can become Ready: the network. */
  readonly addons: readonly string[];
}

/**
 * Creates machines and a cluster of them, as on servers: kubeadm init, kubeadm join with the printed line, a network
 * add-on. Resolves when all nodes are Ready. On failure, what exists is kept for inspection, and named in the error;
 * deleteCluster removes it. If no machine exists there is nothing to inspect, and creation can be retried at once.
 */
export async function createCluster(context: ClusterContext, plan: ClusterPlan): Promise<ClusterRecord> {
  const { home } = context.installation;
  const { name } = plan;
  const present = readCluster(home, name);
  if (present) {
    const unfinished = `: it has not been finished, "typernetes cluster delete ${name}" removes what there is of it`;
    throw new Error(`Cannot create cluster "${name}": it exists${present.phase === 'creating' ? unfinished : ''}`);
  }
  const cluster = await registerCluster(context, plan);
  try {
    return await build(context, plan, cluster);
  } catch (error) {
    const left = listMachines(context).filter((machine) => machine.cluster === name);
    if (left.length === 0) await deleteCluster(context, name);
    else {
      const machines = left.map((machine) => machine.name).join(', ');
      context.report(
        `What there is stays for a look: machines ${machines}; "typernetes cluster delete ${name}" removes it`,
      );
    }
    throw error;
  }
}

type Machines = ReadonlyMap<string, Promise<MachineRecord>>;

/** Creates all machines concurrently; however this ends, none is still being created. */
async function build(context: ClusterContext, plan: ClusterPlan, cluster: ClusterRecord): Promise<ClusterRecord> {
  const machines: Machines = new Map(
    [...cluster.controlPlanes, ...cluster.workers].map((name) => [
      name,
      createMachine(context, { name, cluster: plan.name }),
    ]),
  );
  // Every failure is handled: by whoever awaits the machine below, at the latest when all are awaited.
  for (const machine of machines.values()) machine.catch(() => undefined);
  try {
    return await joinMachines(context, plan, { registered: cluster, machines });
  } finally {
    await Promise.allSettled(machines.values());
  }
}

async function joinMachines(
  context: ClusterContext,
  plan: ClusterPlan,
  { registered, machines }: { registered: ClusterRecord; machines: Machines },
): Promise<ClusterRecord> {
  const { home } = context.installation;
  let cluster = registered;
  const step = stepwise(context);
  const [first = '', ...others] = cluster.controlPlanes;
  const firstMachine = await step(`Machine ${first}`, async () => (await machines.get(first)) as MachineRecord);

  if (cluster.endpoint !== undefined) {
    // kubeadm itself uses the endpoint, which has to know all its backends.
    await Promise.all(machines.values());
    cluster = { ...cluster, apiPort: await openPort(context, cluster) };
    writeCluster(home, cluster);
  }
  const initOutput = await step(`kubeadm init on ${first}`, () =>
    initialize(context, firstMachine, { ...plan, endpoint: cluster.endpoint }),
  );
  await Promise.all(machines.values());
  if (cluster.endpoint === undefined) {
    cluster = { ...cluster, apiPort: await openPort(context, cluster) };
    writeCluster(home, cluster);
  }
  publish(context, cluster);

  const kubectl = ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf'];
  for (const manifest of plan.addons) {
    await step('Network add-on', () =>
      runInMachine(context, first, [...kubectl, 'apply', '-f', '-'], { input: manifest }),
    );
  }
  const commands = joinCommands(initOutput);
  for (const name of others) {
    if (!commands.controlPlane)
      throw new Error(`Cannot join "${name}": kubeadm init offers no join command for control planes`);
    await step(`kubeadm join on ${name}`, () => join(context, name, commands.controlPlane as string));
  }
  await Promise.all(
    cluster.workers.map((name) => step(`kubeadm join on ${name}`, () => join(context, name, commands.worker))),
  );
  await step(`${plan.controlPlanes + plan.workers} nodes Ready`, () => untilNodesReady(context, cluster));
  cluster = { ...cluster, phase: 'ready' };
  writeCluster(home, cluster);
  return cluster;
}

/** Writes the cluster's record, with an endpoint if it is to have several control planes. */
async function registerCluster(context: ClusterContext, plan: ClusterPlan): Promise<ClusterRecord> {
  const { home } = context.installation;
  return exclusively(installationLock(home), async () => {
    const cluster: ClusterRecord = {
      name: plan.name,
      ...machineNamesOf(plan.name, plan),
      apiPort: 0,
      ...(plan.controlPlanes > 1 ? { endpoint: freeEndpoint(fabricGateway, listClusters(context)) } : {}),
      phase: 'creating',
      created: timestamp(context.clock.now()),
    };
    writeCluster(home, cluster);
    return cluster;
  });
}

/** Starts those of the cluster's machines that do not run. Resolves when all nodes are Ready. */
export async function startCluster(context: ClusterContext, cluster: ClusterRecord): Promise<void> {
  const step = stepwise(context);
  const stopped = listMachines(context).filter(
    ({ phase, ...machine }) => machine.cluster === cluster.name && phase !== 'running',
  );
  await Promise.all(stopped.map(({ name }) => step(`Machine ${name}`, () => startMachine(context, name))));
  await ensureApiPort(context, cluster);
  const nodes = cluster.controlPlanes.length + cluster.workers.length;
  await step(`${nodes} nodes Ready`, () => untilNodesReady(context, cluster));
}

/**
 * Removes the cluster with all its machines. A missing one is no error. A machine that cannot be removed does not hold
 * up the others: it is named at the end, and the cluster stays known until a retry has removed that one, too.
 */
export async function deleteCluster(context: MachineContext, name: string): Promise<void> {
  const { home } = context.installation;
  const left: string[] = [];
  const noted = (error: unknown): void => void left.push(messagesOf(error));
  await closeApiPort(fabricOf(instanceName(home)), name).catch(noted);
  const cluster = readCluster(home, name);
  const own = new Set([...(cluster?.controlPlanes ?? []), ...(cluster?.workers ?? [])]);
  const machines = listMachines(context).filter((machine) => machine.cluster === name || own.has(machine.name));
  for (const machine of machines) await deleteMachine(context, machine.name).catch(noted);
  if (left.length > 0) throw new Error(`Cannot delete all of cluster "${name}", try again: ${left.join('; ')}`);
  forgetCluster(home, name);
}

export function listClusters({ installation }: HomeContext): ClusterRecord[] {
  return clusterNames(installation.home).flatMap((name) => readCluster(installation.home, name) ?? []);
}

/** The kubeconfig with which this host's programs reach the cluster. Throws when there is none. */
export function kubeconfigFile({ installation }: HomeContext, name: string): string {
  const cluster = readCluster(installation.home, name);
  if (!cluster || cluster.apiPort === 0) throw new Error(`Cannot find cluster "${name}", or it has no API server yet`);
  return clusterPaths(installation.home, name).kubeconfig;
}

/** Opens the cluster's port again if the process behind it is gone, on the same number. */
async function ensureApiPort(context: ClusterContext, cluster: ClusterRecord): Promise<void> {
  const fabric = fabricOf(instanceName(context.installation.home));
  if ((await apiPortProcesses(fabric, cluster.name)).length === 0) await openPort(context, cluster);
}

/** Hands `use` a client of the cluster's API, by way of the host's port. */
export async function withApi<T>(
  context: MachineContext,
  cluster: ClusterRecord,
  use: (api: ListClient) => Promise<T>,
): Promise<T> {
  const { kubeconfig } = clusterPaths(context.installation.home, cluster.name);
  const api = listClient(accessOf(readFileSync(kubeconfig, 'utf8'), cluster.apiPort));
  try {
    return await use(api);
  } finally {
    api.close();
  }
}

function untilNodesReady(context: MachineContext, cluster: ClusterRecord): Promise<void> {
  const nodes = [...cluster.controlPlanes, ...cluster.workers];
  const ready = (seen: readonly ObjectStatus[]): boolean =>
    nodes.every((name) => seen.some((node) => node.metadata.name === name && isTrue(node, 'Ready')));
  return withApi(context, cluster, (api) =>
    waitFor(
      api,
      { path: '/api/v1/nodes', what: `nodes ${nodes.join(', ')} to be Ready`, enough: ready },
      { clock: context.clock, timeoutMs: 180_000 },
    ),
  );
}

async function initialize(
  context: MachineContext,
  machine: MachineRecord,
  plan: Pick<ClusterPlan, 'config'> & { endpoint: string | undefined },
): Promise<string> {
  const flags: string[] = [];
  if (plan.config === undefined) {
    flags.push(`--apiserver-advertise-address=${machine.address}`, `--pod-network-cidr=${podNetwork}`);
    flags.push(`--apiserver-cert-extra-sans=${hostNames.join(',')}`);
    if (plan.endpoint !== undefined) flags.push(`--control-plane-endpoint=${plan.endpoint}`);
  } else {
    const config = plan.endpoint === undefined ? plan.config : withEndpoint(plan.config, plan.endpoint);
    writeFileSync(fileInMachine(context, machine.name, '/root/kubeadm.yaml'), withHostNames(config));
    flags.push('--config=/root/kubeadm.yaml');
  }
  if (plan.endpoint !== undefined) flags.push('--upload-certs');
  return logged(context, machine.name, ['kubeadm', 'init', ...flags]);
}

function join(context: MachineContext, name: string, command: string): Promise<string> {
  return logged(context, name, ['sh', '-c', command]);
}

/** Runs a command in a machine; its output is also written to kubeadm.log in the machine's log folder. */
async function logged(context: MachineContext, name: string, command: readonly string[]): Promise<string> {
  let output = '';
  const onOutput = (text: string): void => {
    output += text;
  };
  try {
    return await runInMachine(context, name, command, { onOutput });
  } catch (error) {
    throw new Error(`Cannot finish "${command.join(' ')}" on machine "${name}"\n${output.trimEnd()}\n`, {
      cause: error,
    });
  } finally {
    const logs = machinePaths(context.installation.home, name).volumes['/var/log'] as string;
    writeFileSync(`${logs}/kubeadm.log`, output);
  }
}

/** Writes the kubeconfig that uses the cluster's port. */
function publish(context: ClusterContext, cluster: ClusterRecord): void {
  const { kubeconfig } = clusterPaths(context.installation.home, cluster.name);
  const [first = ''] = cluster.controlPlanes;
  const adminConfig = readFileSync(fileInMachine(context, first, '/etc/kubernetes/admin.conf'), 'utf8');
  writeFileSync(kubeconfig, kubeconfigForHost(adminConfig, cluster.apiPort), { mode: 0o600 });
}

function openPort(context: ClusterContext, cluster: ClusterRecord): Promise<number> {
  const { home } = context.installation;
  const paths = clusterPaths(home, cluster.name);
  mkdirSync(paths.root, { recursive: true });
  const addresses = listMachines(context)
    .filter(({ name }) => cluster.controlPlanes.includes(name))
    .map(({ address }) => `${address}:6443`);
  return openApiPort(fabricOf(instanceName(home)), {
    cluster: cluster.name,
    port: cluster.apiPort,
    backends: addresses,
    endpoint: cluster.endpoint,
    program: context.apiPortProgram,
    log: paths.log,
  });
}

/** Reports each piece of work when it is done, with the time it took, or that it failed. */
function stepwise({ clock, report }: MachineContext): <T>(what: string, work: () => Promise<T>) => Promise<T> {
  return async (what, work) => {
    const begin = clock.monotonic();
    const seconds = (): string => `${((clock.monotonic() - begin) / 1000).toFixed(1)} s`;
    try {
      const result = await work();
      report(`  ✓ ${what}  ${seconds()}`);
      return result;
    } catch (error) {
      report(`  ✗ ${what}  ${seconds()}: ${messagesOf(error).split('\n')[0]}`);
      throw error;
    }
  };
}

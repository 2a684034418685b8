import { readFile } from 'node:fs/promises';
import type { Node, Pod, Service } from '@typernetes/api/core/v1';
import { isGateOn } from '@typernetes/api/gate-settings';
import { type Clock, codeOf, type Logger, type Random, type Runnable, runAll } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informer } from '@typernetes/client';
import type { ContainerRuntime } from '@typernetes/cri';
import { keyOf } from '@typernetes/machinery';
import { type Metrics, parseDuration } from '@typernetes/process';
import type { Tracer } from '@typernetes/process/tracing';
import { createAdmission } from './admission/admission.ts';
import { detectHostSecurity } from './admission/host-security.ts';
import { type PresentPod, resizeInTurn, waitsForResize, withoutWishes } from './admission/resize-turns.ts';
import type { CompleteConfiguration } from './config/defaults.ts';
import { containerLogsDir, LogLinks } from './container-logs/log-links.ts';
import { CsiDrivers } from './csi/csi-drivers.ts';
import { CsiNodeWriter } from './csi/csi-node.ts';
import { CsiVolumes } from './csi/csi-volumes.ts';
import { openDra } from './dra/open-dra.ts';
import { openImages } from './images/open-images.ts';
import type { ImageCredentials } from './images/pull-credentials.ts';
import { aborted } from './lifecycle/aborted.ts';
import { BackOff } from './lifecycle/back-off.ts';
import { kubeletMetrics } from './metrics/kubelet-metrics.ts';
import { ApiObjects } from './node/api-objects.ts';
import type { Machine } from './node/machine.ts';
import { allocatableOf, capacityOf } from './node/resources.ts';
import { PluginRegistry } from './plugins/plugin-registry.ts';
import { milliOf, unitsOf } from './pod/amount.ts';
import { fullNameOf, isStatic } from './pod/identity.ts';
import { followApi } from './pod-sources/api-source.ts';
import { onFreshNode } from './pod-sources/fresh-node.ts';
import { MirrorPods } from './pod-sources/mirror-pods.ts';
import { staticSources } from './pod-sources/static-sources.ts';
import type { NodeView, PodWorkerDeps } from './pod-worker/deps.ts';
import { removeOrphans } from './pod-worker/orphans.ts';
import { PodWorkers } from './pod-worker/pod-workers.ts';
import { StartTurns } from './pod-worker/start-turns.ts';
import { Prober } from './probes/prober.ts';
import { openManagers } from './resource-managers/open-managers.ts';
import type { ResourceManagers } from './resource-managers/resource-managers.ts';
import type { SystemGroups } from './resources/system-containers.ts';
import { CdiDevices } from './runtime/cdi-devices.ts';
import type { Cgroups, PodsShare } from './runtime/cgroups.ts';
import { parseResolvConf } from './runtime/dns.ts';
import { openCgroups } from './runtime/open-cgroups.ts';
import { QosShares } from './runtime/qos-shares.ts';
import { enforceReserved } from './runtime/reserved-limits.ts';
import { RuntimeState } from './runtime/runtime-state.ts';
import { RuntimeWatch } from './runtime/runtime-watch.ts';
import { subordinateIds } from './runtime/subordinate-ids.ts';
import { timeCgroups } from './runtime/timed-cgroups.ts';
import { UserNamespaces } from './runtime/user-namespaces.ts';
import { NodeShutdown } from './shutdown/node-shutdown.ts';
import { shutdownPeriods } from './shutdown/plan.ts';
import { containerEvents } from './status/container-events.ts';
import { StatusWriter } from './status/status-writer.ts';
import { createUpkeep, memoryForPods, type Upkeep } from './upkeep.ts';
import { ImageMounts } from './volumes/image-volumes.ts';
import { systemMounter } from './volumes/mount.ts';
import { Volumes } from './volumes/volumes.ts';

/** Access to the API server. Without it the kubelet only runs static pods. */
export interface KubeletApi {
  readonly client: ApiClient;
  /** The pods bound to this node. */
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  /** This node as last read. */
  readonly node: () => Node | undefined;
  /** Reads the node again: other clients change its labels and taints. */
  readonly refreshNode: () => Promise<void>;
}

export interface KubeletOptions {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly rootDir: string;
  readonly cniDir: string;
  /** The image of sandboxes, which is never removed; empty if unknown. */
  readonly sandboxImage: string;
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
  /** The machine's own credentials for registries; none without it. */
  readonly imageCredentials?: ImageCredentials;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly metrics?: Metrics;
  /** Records spans of the work on pods; none without it. */
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  readonly api: KubeletApi | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The part of the kubelet that runs pods. Its parts are used by the kubelet's server and by the node's status. */
export interface Kubelet extends Runnable {
  readonly workers: PodWorkers;
  readonly state: RuntimeState;
  readonly statuses: StatusWriter;
  readonly mirrors: MirrorPods | undefined;
  readonly volumes: Volumes;
  readonly upkeep: Upkeep;
  readonly resources: ResourceManagers;
  readonly shutdown: NodeShutdown;
  readonly probes: Pick<Prober, 'samples'>;
  readonly groupUsage: Cgroups['usageOf'];
  /** Control groups other than those of containers, by upstream's names. */
  readonly systemGroups: SystemGroups;
  /** `listener` is called when conditions of the node change: its runtime's state, or pressure. */
  onNodeChange(listener: () => void): void;
}

/**
 * Makes all parts and connects them. Parts refer to each other by functions, since many are made before the parts they
 * need; nothing is called before `run`.
 */
export async function createKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { config, runtime, clock, log, random, api } = options;
  const [{ runtimeName }, status] = await Promise.all([runtime.version(), runtime.status()]);
  const events = containerEvents(options.recorder);
  const podsDir = `${options.rootDir}/pods`;
  const objects = new ApiObjects(api?.client, clock, {
    trustBundles: isGateOn('ClusterTrustBundleProjection', config.featureGates),
    ...(api && isGateOn('PodCertificateRequest', config.featureGates) ? { certificatesOn: api.node } : {}),
  });
  const csi = api && storageDrivers(options, api.client, { podsDir, sources: objects });
  const withStatuses = (): readonly Pod[] =>
    workers.pods.map((pod): Pod => ({ ...pod, status: statuses.last(pod) ?? pod.status }));
  const { cgroups, limits, version: cgroupVersion } = await openCgroups(options);
  const observer =
    options.metrics &&
    kubeletMetrics(options.metrics, {
      nodeName: options.nodeName,
      pods: withStatuses,
      volumes: () => volumes.counts,
      credentialProviders: options.imageCredentials?.hash,
      cgroupVersion,
      orphans: () => workers.orphans.length,
    });
  const observed = observer ? { observer } : {};
  const { pulled, images } = openImages({ ...options, objects, events, ...observed });
  const imageMounts = new ImageMounts({ runtime, images, mounter: systemMounter, podsDir, ...observed });
  const volumes = new Volumes({
    podsDir,
    clock,
    log,
    sources: objects,
    mounter: systemMounter,
    events,
    images: imageMounts,
    ...observed,
    ...(csi ? { csi: csi.volumes } : {}),
    usageMs: parseDuration(config.volumeStatsAggPeriod) ?? 60_000,
  });
  if (observer) timeCgroups(cgroups, observer, clock);
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: options.nodeName, uid: options.nodeName } };
  const logLinks = new LogLinks(containerLogsDir);
  await enforceReserved(config, { cgroups, recorder: options.recorder, node });
  const listeners: (() => void)[] = [];
  const announce = (): void => {
    for (const listener of listeners) listener();
  };
  const state = new RuntimeState({
    runtime,
    clock,
    log,
    cniDir: options.cniDir,
    status,
    onChange: () => {
      workers.wakeAll();
      announce();
    },
  });
  const prober = new Prober({ runtime, clock, random, events, log, onChange: (uid) => workers.probed(uid) });
  const mirrors = api
    ? new MirrorPods({ pods: api.client.resource(objects.podsType), node: api.node, clock, log })
    : undefined;
  const statuses = new StatusWriter({
    pods: api?.client.resource(objects.podsType),
    ...observed,
    shown: (pod) => (isStatic(pod) ? mirrors?.get(fullNameOf(pod)) : api?.pods.lister.get(keyOf(pod))),
    clock,
    log,
  });
  const upkeep = createUpkeep({
    ...options,
    podsDir,
    events,
    workers: () => workers,
    ...observed,
    processes: (pod) => cgroups.processesOf(pod),
    onImages: (ids, at) => pulled.retain(ids, at),
    statuses,
    onConditions: () => announce(),
  });
  const allocatable = allocatableOf(capacityOf(options.machine, config), config);
  const hasEnded = (pod: Pod): boolean =>
    ['Succeeded', 'Failed'].includes(statuses.last(pod)?.phase ?? pod.status?.phase ?? '');
  const said = (pod: Pod): PresentPod => ({ pod, status: statuses.last(pod) ?? pod.status });
  const present = (): readonly Pod[] => workers.pods.filter((pod) => !hasEnded(pod));
  const shutdown = new NodeShutdown({
    periods: shutdownPeriods(config),
    pods: present,
    fail: (pod, verdict) => workers.fail(pod.metadata.uid, verdict),
    isGone: (pod) => !workers.holds(pod.metadata.uid),
    onShutdown: announce,
    ...observed,
    clock,
    log,
  });
  let sourcesRead = false;
  const dra =
    api &&
    (await openDra({
      ...options,
      client: api.client,
      isRegistered: () => api.node() !== undefined,
      active: () =>
        sourcesRead ? new Set([...workers.pods.map(({ metadata }) => metadata.uid), ...workers.orphans]) : undefined,
      onHealth: (uids) => {
        for (const uid of uids) workers.wake(uid);
      },
    }));
  const resources = await openManagers({
    ...options,
    active: () => (sourcesRead ? new Set(present().map(({ metadata }) => metadata.uid)) : undefined),
    pods: present,
    claimsOf: (pod, container) => dra?.manager.claimsOf(pod, container) ?? [],
    onResources: () => {
      announce();
      for (const uid of resources.devices.holders) workers.wake(uid);
    },
  });
  const hostSecurity = await detectHostSecurity();
  const idsPerPod = config.userNamespaces?.idsPerPod ?? 65_536;
  const userNamespaces = new UserNamespaces({
    podsDir,
    handlers: () => state.handlers,
    ids: () => subordinateIds(idsPerPod),
    idsPerPod,
    maxPods: config.maxPods,
  });
  const deps: PodWorkerDeps = {
    tracer: options.tracer,
    runtime,
    runtimeName,
    clock,
    log,
    events,
    images,
    volumes,
    imageMounts,
    userNamespaces,
    handlers: () => state.handlers,
    cgroups,
    logLinks,
    prober,
    statuses,
    restarts: new BackOff(clock, restartDelays(config)),
    turns: new StartTurns(clock),
    environment: environmentSources(objects, api),
    node: {
      ...nodeView(options, podsDir, state, await nodeResolver(config.resolvConf)),
      limits,
      seLinux: hostSecurity.seLinux,
    },
    resyncMs: parseDuration(config.syncFrequency) ?? 60_000,
    resources,
    ...observed,
    ...(dra ? { dra: dra.manager } : {}),
    cdi: new CdiDevices(runtime),
    deviceStatus: (pod, container) => [
      ...resources.devices.statusOf(pod, container),
      ...(dra?.manager.statusOf(pod, container) ?? []),
    ],
    runtimeHandler: (pod) => objects.runtimeHandler(pod),
    shortage: (pod) => {
      const others = workers.pods.filter((other) => other.metadata.uid !== pod.metadata.uid && !hasEnded(other));
      return resizeInTurn(said(pod), { allocatable, others: others.map(said) });
    },
    admit: createAdmission({
      events,
      pressure: (pod) => shutdown.refusal ?? upkeep.eviction.refusal(pod),
      host: () => ({ ...hostSecurity, strictGroups: state.supplementalGroupsPolicy ?? false }),
      unsafeSysctls: config.allowedUnsafeSysctls ?? [],
      allocatable: () => ({ ...allocatable, ...resources.devices.amounts.allocatable }),
      node: () => api?.node(),
      pods: () => workers.pods.map((pod) => (waitsForResize(said(pod).status) ? withoutWishes(said(pod)) : pod)),
      hasEnded: (pod) => hasEnded(pod) || workers.givesWay(pod.metadata.uid),
      ...(observer ? { onPreemption: observer.podsPreempted } : {}),
    }),
  };
  const workers = new PodWorkers(deps, () => shares.wake());
  const shares = new QosShares({
    cgroups,
    clock,
    log,
    recorder: options.recorder,
    node,
    pods: () => workers.pods,
    allocatable: podsShare(options),
  });
  const watch = new RuntimeWatch({
    runtime,
    clock,
    log,
    onChange: (uid) => workers.wake(uid),
    onGap: () => workers.wakeAll(),
  });

  const parts: Runnable[] = [workers, shares, statuses, state, watch, prober, resources, ...upkeep.parts];
  if (mirrors) parts.push(mirrors);
  if (csi && dra) {
    const directory = `${options.rootDir}/plugins_registry`;
    const handlers = { CSIPlugin: csi.drivers, DRAPlugin: dra.plugins };
    parts.push(dra, new PluginRegistry({ directory, handlers, clock, log }));
  }
  const manifests = staticSources(options, workers, (pods) => mirrors?.setStatic(pods));
  parts.push(...manifests);
  if (api && mirrors) {
    const fresh = onFreshNode(workers, { node: api.node, refresh: api.refreshNode, clock, log });
    parts.push(fresh);
    parts.push(followApi(api.pods, { pods: fresh, workers, mirrors, statuses, clock }));
  }
  parts.push({
    name: 'orphans',
    run: async (signal) => {
      // Only after all sources have reported is a pod without a source an orphan.
      await Promise.race([Promise.all(manifests.map(({ read }) => read)), aborted(signal)]);
      if (api && mirrors) {
        await api.pods.untilSynced(signal);
        mirrors.start();
      }
      sourcesRead = !signal.aborted;
      const { podLogsDir: logsDir } = config;
      const deps = { runtime, volumes, userNamespaces, cgroups, podsDir, logsDir, logLinks, clock, log, ...observed };
      await removeOrphans(workers, deps, signal);
    },
  });
  return {
    name: 'kubelet',
    workers,
    state,
    statuses,
    mirrors,
    volumes,
    upkeep,
    resources,
    shutdown,
    probes: prober,
    groupUsage: (pod, id) => cgroups.usageOf(pod, id),
    systemGroups: { kubelet: () => cgroups.ownTotal(), pods: () => cgroups.podsTotal() },
    onNodeChange: (listener) => void listeners.push(listener),
    run: (signal) => runAll(parts, signal),
  };
}

/** The delays between restarts of a container: the configured maximum also limits the first one. */
function restartDelays({ crashLoopBackOff }: CompleteConfiguration): { initialMs?: number; maxMs?: number } {
  const maxMs = parseDuration(crashLoopBackOff?.maxContainerRestartPeriod ?? '');
  return maxMs === undefined ? {} : { initialMs: Math.min(10_000, maxMs), maxMs };
}

function storageDrivers(
  { rootDir, nodeName, recorder, clock }: KubeletOptions,
  client: ApiClient,
  { podsDir, sources }: { readonly podsDir: string; readonly sources: ApiObjects },
): { readonly drivers: CsiDrivers; readonly volumes: CsiVolumes } {
  const writer = new CsiNodeWriter(client, nodeName);
  const drivers = new CsiDrivers({ onDriver: (name, info, signal) => writer.set(name, info, signal) });
  const pluginsDir = `${rootDir}/plugins`;
  return {
    drivers,
    volumes: new CsiVolumes({ nodeName, podsDir, pluginsDir, drivers, client, sources, recorder, clock }),
  };
}

/** Where environment variables of containers come from. */
function environmentSources(objects: ApiObjects, api: KubeletApi | undefined): PodWorkerDeps['environment'] {
  return {
    configMap: (namespace, name) => objects.configMapText(namespace, name),
    secret: (namespace, name) => objects.secretText(namespace, name),
    services: (namespace) => servicesFor(api?.services, namespace),
  };
}

/** The Services that a container gets environment variables for: those of its namespace, and `kubernetes`. */
function servicesFor(services: Informer<Service> | undefined, namespace: string): readonly Service[] {
  if (!services) return [];
  const own = services.lister.inNamespace(namespace);
  const master = namespace === 'default' ? undefined : services.lister.get('default/kubernetes');
  return master ? [...own, master] : own;
}

function nodeView(
  { nodeName, nodeIps, rootDir, config, machine }: KubeletOptions,
  podsDir: string,
  state: RuntimeState,
  resolver: ReturnType<typeof parseResolvConf>,
): Omit<NodeView, 'limits'> {
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
  const dns = { servers: config.clusterDNS, domain: config.clusterDomain, node: resolver };
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
function podsShare({ machine, config }: KubeletOptions): PodsShare {
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

async function nodeResolver(path: string): Promise<ReturnType<typeof parseResolvConf>> {
  try {
    return parseResolvConf(path === '' ? '' : await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return parseResolvConf('');
    throw error;
  }
}

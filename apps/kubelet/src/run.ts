import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { type Pod, pods, services } from '@typernetes/api/core/v1';
import { gateProblems, gateStates } from '@typernetes/api/gate-settings';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import {
  type Clock,
  type Logger,
  messageOf,
  type Runnable,
  runAll,
  systemClock,
  systemRandom,
  TokenBucket,
} from '@typernetes/base';
import { type ApiClient, type EventRecorder, eventRecorder, sharedInformers } from '@typernetes/client';
import { type ContainerRuntime, connectRuntime } from '@typernetes/cri';
import {
  Access,
  ApiContact,
  aggregateText,
  type CertificateMetrics,
  type CompleteConfiguration,
  certificateMetrics,
  checkHost,
  completeConfiguration,
  createKubelet,
  defaultNodeName,
  detectCgroups,
  httpMetrics,
  type Kubelet,
  type KubeletOptions,
  KubeletServer,
  killSeconds,
  LoginManager,
  NodeCpuReader,
  NodeLease,
  NodeReporter,
  nodeAddresses,
  observedRuntime,
  readConfiguration,
  readCredentialProviders,
  readMachine,
  SystemContainers,
  setUpOwnProcess,
  shutdownPeriods,
  totalSeconds,
  tracedServer,
  validateConfiguration,
} from '@typernetes/kubelet';
import {
  answerHealth,
  componentLogger,
  componentMetrics,
  createMetrics,
  idleMemory,
  type LogSettings,
  listen,
  logSettings,
  type Metrics,
  metricRules,
  type ParsedFlags,
  parseDuration,
  ping,
  processMetrics,
  tlsRules,
  type Verbosity,
} from '@typernetes/process';
import type { Tracing } from '@typernetes/process/tracing';
import { type CertificateSetting, nodeClient, servingRotator } from './certificates.ts';
import { nodeKubeconfig } from './credentials.ts';
import type { flags as specs } from './flags.ts';
import { followServingFiles } from './serving-files.ts';
import { parseTaints } from './taints.ts';

interface Host {
  readonly signal: AbortSignal;
  /** Overrides the configuration with the flags for its fields. */
  readonly withFlags: (file: Partial<KubeletConfiguration>) => Partial<KubeletConfiguration>;
  /** Warnings about flags without an effect. */
  readonly warnings: readonly string[];
  /** Calls the listener when the machine is about to shut down. */
  readonly onPowerOff: (listener: () => void) => void;
  readonly pid: number;
  readonly stderr: { write(text: string): unknown };
}

type Flags = ParsedFlags<typeof specs>;

/** The dependencies that all parts of the program share. */
interface Setting {
  readonly flags: Flags;
  readonly config: CompleteConfiguration;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly runtime: ContainerRuntime;
  readonly metrics: Metrics;
  readonly verbosity: Verbosity;
  readonly told: CertificateMetrics;
  /** Undefined unless the configuration asks for tracing. */
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The log settings of the configuration file, overridden by flags. */
function loggingOf(flags: Flags, asked: LogSettings): LogSettings {
  const { format, verbosity, vmodule = [] } = logSettings(flags);
  return {
    ...asked,
    ...(format === 'text' ? {} : { format }),
    ...(verbosity ? { verbosity } : {}),
    ...(vmodule.length > 0 ? { vmodule } : {}),
  };
}

export async function main(flags: Flags, host: Host): Promise<void> {
  const clock = systemClock;
  const asked = await configurationOf(flags, host.withFlags);
  const verbosity = { level: 0 };
  const log = componentLogger(loggingOf(flags, asked.logging), {
    stream: host.stderr,
    clock,
    pid: host.pid,
    source: 'kubelet',
    verbosity,
  });
  for (const warning of host.warnings) log.warn(warning);
  await setUpOwnProcess(asked, log);
  await mkdir(flags['root-dir'], { recursive: true });
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, clock.now());
  componentMetrics(metrics, { gates: gateStates(asked.featureGates) });
  const nodeName = flags['hostname-override'] || defaultNodeName();
  const tracing = await tracingOf(asked, { nodeName, clock, log });
  const runtime = observedRuntime(
    connectRuntime(asked.containerRuntimeEndpoint, {
      imageEndpoint: asked.imageServiceEndpoint ?? '',
      timeoutMs: parseDuration(asked.runtimeRequestTimeout) ?? 0,
      traced: tracing?.calls,
    }),
    metrics,
    clock,
  );
  const { version: cgroupVersion } = await detectCgroups();
  const config = await checkHost({ config: asked, runtime, log, cgroupVersion });
  const setting: Setting = {
    flags,
    config,
    nodeName,
    nodeIps: await nodeAddresses(flags['node-ip']),
    runtime,
    metrics,
    verbosity,
    told: certificateMetrics(metrics, clock),
    tracing,
    clock,
    log,
  };
  try {
    const off = new AbortController();
    const signal = AbortSignal.any([host.signal, off.signal]);
    const { kubelet, parts } = await partsOf(setting, signal);
    const end = async (): Promise<void> => {
      await kubelet.shutdown.begin(signal);
      await kubelet.statuses.flush(flushMs);
    };
    host.onPowerOff(() => void end().finally(() => off.abort()));
    await runAll([...parts, idleMemory(clock), ...(await loginManager(setting, end))], signal);
  } finally {
    setting.runtime.close();
    await tracing?.close();
  }
}

/** Loads tracing only if the configuration asks for it. */
async function tracingOf(
  { tracing }: CompleteConfiguration,
  { nodeName, ...deps }: { readonly nodeName: string; readonly clock: Clock; readonly log: Logger },
): Promise<Tracing | undefined> {
  if (!tracing) return undefined;
  const { startTracing } = await import('@typernetes/process/tracing');
  const resource = { 'service.name': 'kubelet', 'host.name': nodeName };
  return startTracing(tracing, { resource, random: systemRandom, ...deps });
}

/** The configuration file and drop-ins, overridden by flags. */
async function configurationOf(flags: Flags, withFlags: Host['withFlags']): Promise<CompleteConfiguration> {
  const file = withFlags(await readConfiguration(flags.config, flags['config-dir']));
  const config = completeConfiguration({
    ...file,
    ...(flags['container-runtime-endpoint'] ? { containerRuntimeEndpoint: flags['container-runtime-endpoint'] } : {}),
    ...(flags['pod-manifest-path'] ? { staticPodPath: flags['pod-manifest-path'] } : {}),
    ...(flags['manifest-url'] ? { staticPodURL: flags['manifest-url'] } : {}),
    ...(flags['manifest-url-header'].length > 0 ? { staticPodURLHeader: headersOf(flags['manifest-url-header']) } : {}),
    ...(flags['fail-swap-on'] ? {} : { failSwapOn: false }),
  });
  const gates = gateProblems(config.featureGates);
  if (gates.length > 0)
    throw new Error(`failed to set feature gates from initial flags-based config: ${aggregateText(gates)}`);
  const problems = validateConfiguration(config);
  if (problems.length > 0)
    throw new Error(`failed to validate kubelet configuration, error: ${aggregateText(problems)}`);
  return config;
}

/** Parses `name:value` headers; a name may occur several times. */
function headersOf(texts: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^:]+):(.*)$/.exec(text) ?? [];
    if (name === '') throw new Error(`invalid header "${text}", expected "name:value"`);
    headers[name.trim()] = [...(headers[name.trim()] ?? []), value.trim()];
  }
  return headers;
}

/** How long the last status updates may take before the machine shuts down. */
const flushMs = 2000;

/**
 * The systemd login manager, which delays a shutdown until pods have ended; only with systemd and a configured grace
 * period.
 */
async function loginManager(
  { config, clock, log }: Setting,
  onShutdown: () => Promise<void>,
): Promise<readonly Runnable[]> {
  const periods = shutdownPeriods(config);
  if (periods.length === 0 || !existsSync('/run/systemd/system')) return [];
  return [new LoginManager({ seconds: totalSeconds(periods) + killSeconds, onShutdown, clock, log })];
}

async function partsOf(
  setting: Setting,
  signal: AbortSignal,
): Promise<{ readonly kubelet: Kubelet; readonly parts: readonly Runnable[] }> {
  const { flags, config, nodeName, runtime, clock, log } = setting;
  const machine = await readMachine(flags['root-dir']);
  const base = {
    ...setting,
    tracer: setting.tracing?.tracer,
    rootDir: flags['root-dir'],
    cniDir: flags['cni-conf-dir'],
    sandboxImage: flags['pod-infra-container-image'],
    machine,
    imageCredentials: await imageCredentials(flags),
    random: systemRandom,
  };
  if (flags.kubeconfig === '') {
    const kubelet = await createKubelet({ ...base, recorder: logRecorder(log), api: undefined });
    return { kubelet, parts: [kubelet, serving(setting, kubelet, { client: undefined, cpus: machine.cpus })] };
  }
  const files = {
    kubeconfig: flags.kubeconfig,
    bootstrap: flags['bootstrap-kubeconfig'],
    certDir: flags['cert-dir'],
  };
  const certificates: CertificateSetting = { ...setting, certDir: flags['cert-dir'], random: systemRandom };
  const kubeconfig = (scope = signal) => nodeKubeconfig(files, nodeName, { clock, log, signal: scope });
  const { client, parts: rotation } = await nodeClient(kubeconfig, certificates);
  const informers = sharedInformers({ client, log });
  const { eventRecordQPS, eventBurst } = config;
  const pace =
    eventRecordQPS > 0 ? new TokenBucket(clock, { perSecond: eventRecordQPS, burst: eventBurst }) : undefined;
  const recorder = eventRecorder({
    client,
    component: 'kubelet',
    host: nodeName,
    clock,
    log,
    signal,
    ...(pace ? { pace: { delay: () => (pace.take() ? 0 : Math.ceil(pace.delayMs)) } } : {}),
  });
  const { runtimeName, runtimeVersion } = await runtime.version();
  const kubelet = await createKubelet({
    ...base,
    recorder,
    api: {
      client,
      pods: informers.for(pods, { fieldSelector: `spec.nodeName=${nodeName}` }),
      services: informers.for(services),
      node: () => reporter.node,
      refreshNode: () => reporter.refresh(),
    },
  });
  const reporter: NodeReporter = new NodeReporter({
    client,
    clock,
    log,
    recorder,
    registration: {
      labels: flags['node-labels'],
      taints: [...config.registerWithTaints, ...parseTaints(flags['register-with-taints'])],
    },
    register: config.registerNode,
    images: (scope) => runtime.listImages({ signal: scope }),
    sight: (images) => ({
      name: nodeName,
      ips: setting.nodeIps,
      machine,
      config,
      runtimeVersion: `${runtimeName}://${runtimeVersion.replace(/^v/, '')}`,
      images,
      problem: problemOf(kubelet),
      pressures: kubelet.upkeep.eviction.conditions,
      volumesInUse: kubelet.volumes.inUse,
      runtime: kubelet.state,
      devices: kubelet.resources.devices.amounts,
      now: clock.now(),
    }),
    onRegistered: () => kubelet.mirrors?.start(),
    updateMs: parseDuration(config.nodeStatusUpdateFrequency) ?? 10_000,
    reportMs: parseDuration(config.nodeStatusReportFrequency) ?? 300_000,
  });
  kubelet.onNodeChange(() => reporter.wake());
  const lease = new NodeLease({
    client,
    node: () => reporter.node,
    clock,
    log,
    durationSeconds: config.nodeLeaseDurationSeconds,
  });
  const contact = new ApiContact({ transport: client.transport, clock, log });
  const parts = [
    kubelet,
    ...[informers, reporter, lease, ...rotation].map((part) => contact.after(part)),
    serving(setting, kubelet, { client, cpus: machine.cpus }),
  ];
  return { kubelet, parts };
}

/** The credential providers for image registries. */
async function imageCredentials(flags: Flags): Promise<NonNullable<KubeletOptions['imageCredentials']>> {
  const path = flags['image-credential-provider-config'];
  const binDir = flags['image-credential-provider-bin-dir'];
  const directories = { root: flags['root-dir'], working: process.cwd(), home: process.env.HOME };
  if (path === '') return { providers: [], binDir, directories };
  try {
    return { ...(await readCredentialProviders(path, binDir)), binDir, directories };
  } catch (error) {
    throw new Error(`failed to register CRI auth plugins: ${messageOf(error)}`, { cause: error });
  }
}

/** Why the node is not ready: the message of its Ready condition. */
function problemOf({ state, shutdown }: Kubelet): string | undefined {
  const problems = [
    ...(state.runtimeProblem === undefined ? [] : [`container runtime not ready: ${state.runtimeProblem}`]),
    ...(state.networkProblem === undefined ? [] : [`container runtime network not ready: ${state.networkProblem}`]),
    ...(shutdown.problem === undefined ? [] : [shutdown.problem]),
  ];
  return problems.length === 0 ? undefined : problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
}

/** Logs events when there is no API server. */
function logRecorder(log: Logger): EventRecorder {
  return {
    event: (target, type, reason, message) =>
      log.info('Event', { type, reason, message, object: target.metadata.name, fieldPath: target.fieldPath }),
  };
}

interface Serving {
  readonly client: ApiClient | undefined;
  readonly cpus: number;
}

/** Serves the node's API. Pods do not have to wait for a certificate that must be made first. */
function serving(setting: Setting, kubelet: Kubelet, options: Serving): Runnable {
  return {
    name: 'serving',
    run: async (signal) => runAll(await servers(setting, kubelet, options), signal),
  };
}

async function servers(setting: Setting, kubelet: Kubelet, { client, cpus }: Serving): Promise<Runnable[]> {
  const { config, nodeName, clock, log, runtime } = setting;
  const parts: Runnable[] = [];
  if (config.healthzPort > 0) {
    const health = await listen({
      name: 'healthz',
      address: config.healthzBindAddress,
      port: config.healthzPort,
      handle: (request, response) => {
        void answerHealth(new URL(request.url ?? '/', 'http://kubelet'), { healthz: [ping] }).then((health) => {
          response.writeHead(health?.status ?? 404, { 'content-type': 'text/plain; charset=utf-8' });
          response.end(health?.body ?? '404 page not found\n');
        });
      },
    });
    parts.push(health);
  }
  if (!config.enableServer) return parts;
  const { authentication, authorization } = config;
  const access = new Access({
    anonymous: authentication.anonymous,
    tokens: authentication.webhook,
    authorization: authorization.mode === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook',
    nodeName,
    tokenTtlMs: parseDuration(authentication.cacheTtl) ?? 0,
    allowedTtlMs: parseDuration(authorization.allowedTtl) ?? 0,
    deniedTtlMs: parseDuration(authorization.deniedTtl) ?? 0,
    clock,
    log,
    client,
  });
  const cpu = new NodeCpuReader(clock);
  const system = new SystemContainers(kubelet.systemGroups, clock);
  const server = new KubeletServer({
    runtime,
    access,
    pods: () => kubelet.workers.pods.map((pod): Pod => ({ ...pod, status: kubelet.statuses.last(pod) ?? pod.status })),
    nodeName,
    cpus,
    metrics: setting.metrics,
    facts: { name: 'kubelet', flags: setting.flags },
    verbosity: setting.verbosity,
    probes: () => kubelet.probes.samples,
    settings: config,
    checkpoints: `${setting.flags['root-dir']}/checkpoints`,
    resources: {
      machine: () => kubelet.upkeep.machineUsage(),
      cpu: () => cpu.read(),
      system: () => system.read(),
      group: (pod, id) => kubelet.groupUsage(pod, id),
      usages: (pods) => kubelet.upkeep.usages.read(pods, () => true),
      mounted: async (pods) =>
        new Map(
          await Promise.all(
            pods.map(async ({ metadata: { uid } }) => [uid, await kubelet.volumes.usages(uid)] as const),
          ),
        ),
    },
    clock,
    log,
  });
  const observed = httpMetrics(setting.metrics, clock);
  const { tracing } = setting;
  const counted: typeof observed = (handle, server) =>
    observed(tracing ? tracedServer(handle, tracing) : handle, server);
  const secure = await listen({
    name: 'kubelet',
    address: config.address,
    port: config.port,
    tls: await servingIdentity(setting),
    rules: tlsRules({
      minVersion: config.tlsMinVersion ?? '',
      cipherSuites: config.tlsCipherSuites ?? [],
      curves: config.tlsCurvePreferences ?? [],
    }),
    ...(authentication.clientCaFile ? { clientCa: await readFile(authentication.clientCaFile, 'utf8') } : {}),
    handle: counted(server.handle, 'readwrite'),
  });
  secure.server.on('upgrade', server.upgrade);
  parts.push(secure, ...followServingFiles(secure, { config, clock, log }));
  if (config.readOnlyPort)
    parts.push(
      await listen({
        name: 'read-only',
        address: config.address,
        port: config.readOnlyPort,
        handle: counted(server.handleReadOnly, 'readonly'),
      }),
    );
  if (config.serverTLSBootstrap && client) {
    const certificates = { ...setting, certDir: setting.flags['cert-dir'], random: systemRandom };
    parts.push(await servingRotator(secure, client, certificates));
  }
  return parts;
}

/** The certificate files that the configuration names, else a self-signed certificate, kept for the next start. */
async function servingIdentity({ config, flags, nodeName, clock }: Setting) {
  const { identityFiles, keptServing, readIdentity, selfSignedServing } = await import('@typernetes/pki');
  if (config.tlsCertFile && config.tlsPrivateKeyFile)
    return readIdentity({ certificate: config.tlsCertFile, privateKey: config.tlsPrivateKeyFile });
  return keptServing(identityFiles(flags['cert-dir'], 'kubelet'), () => selfSignedServing(nodeName, clock.now()));
}

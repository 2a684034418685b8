import { pods, services } from '@typernetes/api/core/v1';
import { aggregateText, type Logger, messageOf, type Runnable, systemRandom, TokenBucket } from '@typernetes/base';
import { type ApiClient, type EventRecorder, eventRecorder, sharedInformers } from '@typernetes/client';
import {
  ApiContact,
  createKubelet,
  type Kubelet,
  type KubeletOptions,
  NodeLease,
  NodeReporter,
  readCredentialProviders,
  readMachine,
} from '@typernetes/kubelet';
import { parseDuration } from '@typernetes/process';
import { nodeClient } from './certificates.ts';
import { nodeKubeconfig } from './credentials.ts';
import { serving } from './serving.ts';
import type { Flags, Setting } from './setting.ts';
import { parseTaints } from './taints.ts';

interface NodeParts {
  readonly kubelet: Kubelet;
  /** All that has to run, the kubelet among it. */
  readonly parts: readonly Runnable[];
}

/** The kubelet and the parts around it. Without a kubeconfig it runs static pods only, with no API server. */
export async function nodeParts(setting: Setting, signal: AbortSignal): Promise<NodeParts> {
  const base = await baseOf(setting);
  if (setting.flags.kubeconfig !== '') return connectedParts(setting, base, signal);
  const kubelet = await createKubelet({ ...base, recorder: logRecorder(setting.log), api: undefined });
  return { kubelet, parts: [kubelet, serving(setting, kubelet, { client: undefined, cpus: base.machine.cpus })] };
}

type Base = Omit<KubeletOptions, 'recorder' | 'api'>;

/** The options of a kubelet that do not depend on an API server. */
async function baseOf(setting: Setting): Promise<Base> {
  const { flags } = setting;
  return {
    ...setting,
    tracer: setting.tracing?.tracer,
    rootDir: flags['root-dir'],
    cniDir: flags['cni-conf-dir'],
    sandboxImage: flags['pod-infra-container-image'],
    machine: await readMachine(flags['root-dir']),
    imageCredentials: await imageCredentials(flags),
    random: systemRandom,
  };
}

async function connectedParts(setting: Setting, base: Base, signal: AbortSignal): Promise<NodeParts> {
  const { config, nodeName, clock, log } = setting;
  const { client, parts: rotation } = await connect(setting, signal);
  const informers = sharedInformers({ client, log });
  const recorder = apiRecorder(setting, client, signal);
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
  recorder.event(node, 'Normal', 'Starting', 'Starting kubelet.');
  const { runtimeName, runtimeVersion } = await setting.runtime.version();
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
  const { machine } = base;
  const version = `${runtimeName}://${runtimeVersion.replace(/^v/, '')}`;
  const reporter: NodeReporter = nodeReporter(setting, { client, recorder, kubelet, machine, runtimeVersion: version });
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

async function connect(setting: Setting, signal: AbortSignal): ReturnType<typeof nodeClient> {
  const { flags, nodeName, clock, log } = setting;
  const files = {
    kubeconfig: flags.kubeconfig,
    bootstrap: flags['bootstrap-kubeconfig'],
    certDir: flags['cert-dir'],
  };
  const kubeconfig = (scope = signal) => nodeKubeconfig(files, nodeName, { clock, log, signal: scope });
  return nodeClient(kubeconfig, { ...setting, certDir: flags['cert-dir'], random: systemRandom });
}

function apiRecorder({ config, nodeName, clock, log }: Setting, client: ApiClient, signal: AbortSignal): EventRecorder {
  const { eventRecordQPS, eventBurst } = config;
  const pace =
    eventRecordQPS > 0 ? new TokenBucket(clock, { perSecond: eventRecordQPS, burst: eventBurst }) : undefined;
  return eventRecorder({
    client,
    component: 'kubelet',
    host: nodeName,
    clock,
    log,
    signal,
    ...(pace ? { pace: { delay: () => (pace.take() ? 0 : Math.ceil(pace.delayMs)) } } : {}),
  });
}

interface ReporterParts {
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly kubelet: Kubelet;
  readonly machine: Base['machine'];
  /** `containerd://2.0.0` */
  readonly runtimeVersion: string;
}

function nodeReporter(setting: Setting, { client, recorder, kubelet, machine, runtimeVersion }: ReporterParts) {
  const { flags, config, nodeName, nodeIps, runtime, clock, log } = setting;
  const cloud = flags['cloud-provider'] === 'external' ? { givenIps: flags['node-ip'] } : undefined;
  return new NodeReporter({
    client,
    clock,
    log,
    recorder,
    registration: {
      labels: flags['node-labels'],
      taints: [...config.registerWithTaints, ...parseTaints(flags['register-with-taints'])],
      schedulable: flags['register-schedulable'],
      ...(cloud ? { cloud } : {}),
    },
    register: config.registerNode,
    images: (scope) => runtime.listImages({ signal: scope }),
    sight: (images) => ({
      name: nodeName,
      ips: nodeIps,
      ...(cloud ? { cloud } : {}),
      machine,
      config,
      runtimeVersion,
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
    ...(state.runtimeProblem === undefined ? [] : [state.runtimeProblem]),
    ...(state.networkProblem === undefined ? [] : [`container runtime network not ready: ${state.networkProblem}`]),
    ...(shutdown.problem === undefined ? [] : [shutdown.problem]),
  ];
  return problems.length === 0 ? undefined : aggregateText(problems);
}

/** Logs events when there is no API server. */
function logRecorder(log: Logger): EventRecorder {
  return {
    event: (target, type, reason, message) =>
      log.info('Event', { type, reason, message, object: target.metadata.name, fieldPath: target.fieldPath }),
  };
}

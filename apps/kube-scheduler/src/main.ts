import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { acceptGates, readGates } from '@typernetes/api/gate-settings';
import { runAll, systemClock, systemRandom, version } from '@typernetes/base';
import {
  clientFromKubeconfig,
  delegation,
  type EventRecorder,
  eventPace,
  eventRecorder,
  loadKubeconfig,
  observedTransport,
  resolveContext,
  restClient,
  runAsLeader,
  sharedInformers,
} from '@typernetes/client';
import { parseDuration } from '@typernetes/machinery';
import {
  allowedPaths,
  componentHandler,
  componentLogger,
  createMetrics,
  defaultAllowedPaths,
  encodeYaml,
  leaderElectionMetrics,
  listen,
  logFlags,
  logSettings,
  parseFlags,
  ping,
  processMetrics,
  restClientMetrics,
  runProgram,
} from '@typernetes/process';
import {
  completeSchedulerConfig,
  decodeSchedulerConfig,
  Scheduler,
  validateSchedulerConfig,
} from '@typernetes/scheduler';

const flags = {
  config: { type: 'string', help: 'The path to the configuration file' },
  kubeconfig: { type: 'string', help: 'Path to kubeconfig file with authorization and master location information' },
  'authentication-kubeconfig': {
    type: 'string',
    help: 'kubeconfig file with which tokens of clients are reviewed.',
  },
  'authorization-always-allow-paths': {
    type: 'list',
    default: [...defaultAllowedPaths],
    help: "A list of HTTP paths to skip during authorization, i.e. these are authorized without contacting the 'core' kubernetes server.",
  },
  'authorization-kubeconfig': {
    type: 'string',
    help: 'kubeconfig file with which access of clients is reviewed. Without it every certificate of the client CA will do.',
  },
  'bind-address': {
    type: 'string',
    default: '0.0.0.0',
    help: 'The IP address on which to listen for the --secure-port port',
  },
  'secure-port': { type: 'number', default: 10_259, help: 'The port on which to serve HTTPS' },
  'client-ca-file': { type: 'string', help: 'Clients with a certificate signed by this CA may read metrics' },
  'tls-cert-file': { type: 'string', help: 'Serving certificate; self-signed without one' },
  'tls-private-key-file': { type: 'string', help: 'Key of the serving certificate' },
  'leader-elect': { type: 'boolean', default: true, help: 'Take the lease before scheduling' },
  'leader-elect-lease-duration': { type: 'duration', default: 15_000, help: 'How long a lease holds' },
  'leader-elect-renew-deadline': { type: 'duration', default: 10_000, help: 'How long renewing may fail' },
  'leader-elect-retry-period': { type: 'duration', default: 2000, help: 'How often the lease is tried' },
  'leader-elect-resource-lock': { type: 'string', default: 'leases', help: 'The kind of object that is the lease' },
  'leader-elect-resource-name': { type: 'string', default: 'kube-scheduler', help: 'The name of the lease' },
  'leader-elect-resource-namespace': { type: 'string', default: 'kube-system', help: 'The namespace of the lease' },
  'feature-gates': {
    type: 'list',
    default: [],
    help: 'Pairs that say which alpha and beta features are on: Gate=true or kube:Gate=true',
  },
  profiling: { type: 'boolean', default: true, help: 'Accepted; profile with node --cpu-prof' },
  'write-config-to': { type: 'string', help: 'Write the configuration, defaults filled in, to this file and exit' },
  version: { type: 'boolean', default: false, help: 'Print version information and quit' },
  ...logFlags,
} as const;

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kube-scheduler', async (args, signal) => {
  const { flags: given } = parseFlags(flags, args);
  if (given.version) {
    process.stdout.write(`Kubernetes ${version}\n`);
    return;
  }
  const log = componentLogger(logSettings(given), {
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: 'scheduler',
  });
  for (const warning of acceptGates(readGates(given['feature-gates']))) log.warn(warning);
  const config = completeSchedulerConfig(given.config ? decodeSchedulerConfig(readFileSync(given.config, 'utf8')) : {});
  // As upstream has it, flags of old count only without a configuration file.
  if (!given.config) {
    const seconds = (ms: number): string => `${ms / 1000}s`;
    Object.assign(config.leaderElection, {
      leaderElect: given['leader-elect'],
      leaseDuration: seconds(given['leader-elect-lease-duration']),
      renewDeadline: seconds(given['leader-elect-renew-deadline']),
      retryPeriod: seconds(given['leader-elect-retry-period']),
      resourceLock: given['leader-elect-resource-lock'],
      resourceName: given['leader-elect-resource-name'],
      resourceNamespace: given['leader-elect-resource-namespace'],
    });
  }
  const problems = validateSchedulerConfig(config);
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  if (given['write-config-to']) {
    writeFileSync(given['write-config-to'], encodeYaml(config));
    log.info('Wrote configuration', { file: given['write-config-to'] });
    return;
  }
  const kubeconfig = config.clientConnection.kubeconfig || given.kubeconfig;
  if (!kubeconfig) throw new Error('--kubeconfig is required');

  const isOpen = allowedPaths(given['authorization-always-allow-paths']);
  const metrics = createMetrics();
  processMetrics(metrics, systemClock.now());
  const credentials = loadKubeconfig(kubeconfig);
  const direct = clientFromKubeconfig(credentials, { userAgent: 'kube-scheduler' });
  const { host } = new URL(resolveContext(credentials).cluster.server);
  const observe = restClientMetrics(metrics);
  const client = restClient(observedTransport(direct.transport, { host, clock: systemClock, observe }));
  const access = delegation({
    authenticationKubeconfig: given['authentication-kubeconfig'],
    authorizationKubeconfig: given['authorization-kubeconfig'],
    userAgent: 'kube-scheduler',
    clock: systemClock,
    log,
  });
  const informers = sharedInformers({ client, log });
  const recorders = new Map<string, EventRecorder>();
  const pace = eventPace({ clock: systemClock, isBusy: () => scheduler.isBusy });
  const events = (component: string): EventRecorder => {
    const recorder =
      recorders.get(component) ?? eventRecorder({ client, component, clock: systemClock, log, signal, pace });
    recorders.set(component, recorder);
    return recorder;
  };
  const scheduler = new Scheduler(
    {
      profiles: config.profiles,
      percentageOfNodesToScore: config.percentageOfNodesToScore,
      initialBackoffMs: config.podInitialBackoffSeconds * 1000,
      maxBackoffMs: config.podMaxBackoffSeconds * 1000,
      extenders: config.extenders,
    },
    { client, informers, events, clock: systemClock, random: systemRandom, log, metrics },
  );
  const { leaderElection } = config;
  let leading = !leaderElection.leaderElect;
  const synced = (): void => {
    if (leading && !scheduler.synced) throw new Error('informers have not synced yet');
  };
  const serving = await listen({
    name: 'kube-scheduler',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await servingIdentity(given['tls-cert-file'], given['tls-private-key-file']),
    ...(given['client-ca-file'] ? { clientCa: readFileSync(given['client-ca-file'], 'utf8') } : {}),
    handle: componentHandler({
      isOpen,
      ...(access ? { mayRead: (request) => access.check(request) } : {}),
      health: { healthz: [ping], livez: [ping], readyz: [ping, { name: 'sched-handler-sync', check: synced }] },
      metrics,
      json: {
        '/configz': () => ({ 'kubescheduler.config.k8s.io': config }),
        '/version': () => ({ gitVersion: version }),
      },
    }),
  });
  const lead = (scope: AbortSignal): Promise<void> => {
    leading = true;
    return runAll([informers, scheduler], scope);
  };
  const told = leaderElection.leaderElect ? leaderElectionMetrics(metrics, leaderElection.resourceName) : () => {};
  const election = {
    name: 'leader-election',
    run: (scope: AbortSignal) =>
      runAsLeader(
        {
          client,
          lease: { namespace: leaderElection.resourceNamespace, name: leaderElection.resourceName },
          identity: `${hostname()}_${randomUUID()}`,
          leaseDurationMs: parseDuration(leaderElection.leaseDuration),
          renewDeadlineMs: parseDuration(leaderElection.renewDeadline),
          retryPeriodMs: parseDuration(leaderElection.retryPeriod),
          clock: systemClock,
          random: systemRandom,
          log,
          onElected: () => told(true),
          onDeposed: () => told(false),
        },
        lead,
        scope,
      ),
  };
  await runAll([serving, leaderElection.leaderElect ? election : { name: 'scheduling', run: lead }], signal);
});

/** What the flags name, or a certificate of our own: probes do not check it. */
async function servingIdentity(certificateFile: string | undefined, keyFile: string | undefined) {
  if (certificateFile && keyFile) {
    return { certificate: readFileSync(certificateFile, 'utf8'), privateKey: readFileSync(keyFile, 'utf8') };
  }
  const { selfSignedServing } = await import('@typernetes/pki');
  return selfSignedServing(hostname(), systemClock.now());
}

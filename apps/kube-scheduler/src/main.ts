import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { acceptGates, gateStates, readGates } from '@typernetes/api/gate-settings';
import { runAll, systemClock, systemRandom, version } from '@typernetes/base';
import {
  delegation,
  type EventRecorder,
  eventPace,
  eventRecorder,
  observedClient,
  runAsLeader,
  serverOptions,
  sharedInformers,
} from '@typernetes/client';
import { parseDuration } from '@typernetes/machinery';
import { componentIdentity } from '@typernetes/pki';
import {
  allowedPaths,
  answerTimes,
  componentHandler,
  componentMetrics,
  createMetrics,
  encodeYaml,
  leaderElectionMetrics,
  leaderElectionOf,
  listen,
  metricRules,
  ping,
  portProblems,
  portRules,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
} from '@typernetes/process';
import {
  completeSchedulerConfig,
  decodeSchedulerConfig,
  podResourceMetrics,
  Scheduler,
  shownConfiguration,
  validateSchedulerConfig,
} from '@typernetes/scheduler';
import { accepted, flags } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kube-scheduler', async (args, signal) => {
  const started = startComponent(
    process,
    {
      name: 'kube-scheduler',
      source: 'scheduler',
      specs: flags,
      accepted,
      version,
      clock: systemClock,
      problems: portProblems,
    },
    args,
  );
  if (!started) return;
  const { flags: given, log, verbosity } = started;
  const gates = readGates(given['feature-gates']);
  for (const warning of acceptGates(gates)) log.warn(warning);
  // As upstream, deprecated flags apply only without a configuration file.
  const config = completeSchedulerConfig(
    given.config ? decodeSchedulerConfig(readFileSync(given.config, 'utf8')) : { enableProfiling: given.profiling },
  );
  if (!given.config) Object.assign(config.leaderElection, leaderElectionOf(given));
  const problems = validateSchedulerConfig(config);
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  if (given['write-config-to']) {
    writeFileSync(given['write-config-to'], encodeYaml(config));
    log.info('Wrote configuration', { file: given['write-config-to'] });
    return;
  }
  const kubeconfig = config.clientConnection.kubeconfig || given.kubeconfig;

  const isOpen = allowedPaths(given['authorization-always-allow-paths']);
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates(gates.settings) });
  const server = serverOptions({ kubeconfig, master: given.master }, process.env);
  const observe = restClientMetrics(metrics);
  const client = observedClient({ ...server, userAgent: 'kube-scheduler' }, { clock: systemClock, observe });
  const access = delegation({
    authenticationKubeconfig: given['authentication-kubeconfig'],
    authorizationKubeconfig: given['authorization-kubeconfig'],
    cached: answerTimes(given),
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
      maxUnschedulableMs: given['pod-max-in-unschedulable-pods-duration'],
      extenders: config.extenders,
    },
    { client, informers, events, clock: systemClock, random: systemRandom, log, metrics },
  );
  // As upstream: dumps the scheduler's state for debugging.
  const dump = (): void => scheduler.dump();
  process.on('SIGUSR2', dump);
  signal.addEventListener('abort', () => process.removeListener('SIGUSR2', dump), { once: true });
  const { leaderElection } = config;
  let leading = !leaderElection.leaderElect;
  const synced = (): void => {
    if (leading && !scheduler.synced) throw new Error('informers have not synced yet');
  };
  const serving = await listen({
    name: 'kube-scheduler',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await componentIdentity('kube-scheduler', { flags: given, host: hostname(), now: systemClock.now() }),
    rules: portRules(given),
    ...(given['client-ca-file'] ? { clientCa: readFileSync(given['client-ca-file'], 'utf8') } : {}),
    handle: componentHandler({
      isOpen,
      ...(access ? { mayRead: (request) => access.check(request) } : {}),
      health: { healthz: [ping], livez: [ping], readyz: [ping, { name: 'sched-handler-sync', check: synced }] },
      metrics,
      resettable: true,
      facts: { name: 'kube-scheduler', flags: given, clock: systemClock },
      ...(config.enableProfiling ? { profiling: { verbosity, clock: systemClock } } : {}),
      metricPages: { '/metrics/resources': () => podResourceMetrics(informers.for<Pod>(pods).lister.list()) },
      json: {
        '/configz': () => ({ componentconfig: shownConfiguration(config) }),
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
          events: events(config.profiles[0]?.schedulerName ?? 'default-scheduler'),
          onElected: () => told(true),
          onDeposed: () => told(false),
        },
        lead,
        scope,
      ),
  };
  await runAll([serving, leaderElection.leaderElect ? election : { name: 'scheduling', run: lead }], signal);
});

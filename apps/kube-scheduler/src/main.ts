import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { acceptGates, gateStates, readGates } from '@typernetes/api/gate-settings';
import { type Logger, type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import {
  type ActionRecorder,
  type ApiClient,
  eventPace,
  eventRecorder,
  observedClient,
  runAsLeader,
  seriesRecorder,
  serverOptions,
  sharedInformers,
} from '@typernetes/client';
import { parseDuration } from '@typernetes/machinery';
import {
  componentMetrics,
  createMetrics,
  encodeYaml,
  leaderElectionMetrics,
  type Metrics,
  metricRules,
  portProblems,
  processMetrics,
  restClientMetrics,
  runProgram,
  type StartedComponent,
  startComponent,
} from '@typernetes/process';
import { Scheduler } from '@typernetes/scheduler';
import { configurationOf, type Flags, type SchedulerConfiguration } from './configuration.ts';
import { accepted, flags as specs } from './flags.ts';
import { serving } from './serving.ts';

const name = 'kube-scheduler';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, name, async (args, signal) => {
  const component = { name, source: 'scheduler', specs, accepted, version, clock: systemClock, problems: portProblems };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags, log } = started;
  const gates = readGates(flags['feature-gates']);
  for (const warning of acceptGates(gates)) log.warn(warning);
  const config = configurationOf(flags);
  if (flags['write-config-to']) {
    writeFileSync(flags['write-config-to'], encodeYaml(config));
    log.info('Wrote configuration', { file: flags['write-config-to'] });
    return;
  }
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates(gates.settings) });
  await run(started, { config, metrics }, signal);
});

async function run(
  { flags, log, verbosity }: StartedComponent<typeof specs>,
  { config, metrics }: { readonly config: SchedulerConfiguration; readonly metrics: Metrics },
  signal: AbortSignal,
): Promise<void> {
  const client = clientOf(flags, config, metrics);
  const informers = sharedInformers({ client, log });
  const pace = eventPace({ clock: systemClock, isBusy: () => scheduler.isBusy });
  const recorders = new Map<string, ActionRecorder>();
  const events = (controller: string): ActionRecorder => {
    const reported = { controller, host: hostname() };
    const recorder =
      recorders.get(controller) ?? seriesRecorder({ client, ...reported, clock: systemClock, log, signal, pace });
    recorders.set(controller, recorder);
    return recorder;
  };
  const scheduler = new Scheduler(
    {
      profiles: config.profiles,
      percentageOfNodesToScore: config.percentageOfNodesToScore,
      initialBackoffMs: config.podInitialBackoffSeconds * 1000,
      maxBackoffMs: config.podMaxBackoffSeconds * 1000,
      maxUnschedulableMs: flags['pod-max-in-unschedulable-pods-duration'],
      extenders: config.extenders,
    },
    { client, informers, events, clock: systemClock, random: systemRandom, log, metrics },
  );
  dumpOnSignal(scheduler, signal);
  const { leaderElect } = config.leaderElection;
  let leading = !leaderElect;
  const checkSynced = (): void => {
    if (leading && !scheduler.synced) throw new Error('informers have not synced yet');
  };
  const lead = (scope: AbortSignal): Promise<void> => {
    leading = true;
    return runAll([informers, scheduler], scope);
  };
  const served = { config, metrics, pods: informers.for<Pod>(pods).lister, checkSynced, verbosity, log };
  const server = await serving(flags, served);
  const scheduling = leaderElect
    ? election(config, { client, metrics, log, lead, signal })
    : { name: 'scheduling', run: lead };
  await runAll([server, scheduling], signal);
}

function clientOf(flags: Flags, { clientConnection }: SchedulerConfiguration, metrics: Metrics): ApiClient {
  const kubeconfig = clientConnection.kubeconfig || flags.kubeconfig;
  const server = serverOptions({ kubeconfig, master: flags.master }, process.env);
  return observedClient({ ...server, userAgent: name }, { clock: systemClock, observe: restClientMetrics(metrics) });
}

/** As upstream: SIGUSR2 dumps the scheduler's state for debugging. */
function dumpOnSignal(scheduler: Scheduler, signal: AbortSignal): void {
  const dump = (): void => scheduler.dump();
  process.on('SIGUSR2', dump);
  signal.addEventListener('abort', () => process.removeListener('SIGUSR2', dump), { once: true });
}

interface ElectionParts {
  readonly client: ApiClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly lead: (scope: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

function election(config: SchedulerConfiguration, { client, metrics, log, lead, signal }: ElectionParts): Runnable {
  const { resourceNamespace, resourceName, leaseDuration, renewDeadline, retryPeriod } = config.leaderElection;
  const isLeader = leaderElectionMetrics(metrics, resourceName);
  const component = config.profiles[0]?.schedulerName ?? 'default-scheduler';
  const options = {
    client,
    lease: { namespace: resourceNamespace, name: resourceName },
    identity: `${hostname()}_${randomUUID()}`,
    leaseDurationMs: parseDuration(leaseDuration),
    renewDeadlineMs: parseDuration(renewDeadline),
    retryPeriodMs: parseDuration(retryPeriod),
    clock: systemClock,
    random: systemRandom,
    log,
    // Leases are told of by core events, as upstream.
    events: eventRecorder({ client, component, clock: systemClock, log, signal }),
    onElected: () => isLeader(true),
    onDeposed: () => isLeader(false),
  };
  return { name: 'leader-election', run: (scope) => runAsLeader(options, lead, scope) };
}

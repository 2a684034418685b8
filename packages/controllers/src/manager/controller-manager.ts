import type { Clock, Logger, Random, Runnable } from '@typernetes/base';
import { runAll } from '@typernetes/base';
import {
  type ApiClient,
  boundTransport,
  type EventRecorder,
  eventRecorder,
  LeadershipLostError,
  restClient,
  runAsLeader,
  sharedInformers,
  type Transport,
} from '@typernetes/client';
import { createMetrics, leaderElectionMetrics, type Metrics, workQueueMetrics } from '@typernetes/process';
import type { ControllerContext } from '../context/controller-context.ts';
import type { ControllerSettings } from '../context/settings.ts';
import { selectControllers } from '../registry.ts';
import { serviceAccountClient } from './service-account-client.ts';

export interface ControllerManagerOptions {
  readonly client: ApiClient;
  /** For `useServiceAccounts`: reaches the same server without credentials. */
  readonly anonymous: Transport;
  readonly settings: ControllerSettings;
  /** The value of `--controllers`. */
  readonly controllers: readonly string[];
  readonly useServiceAccounts: boolean;
  readonly leaderElection?: {
    readonly identity: string;
    readonly lease: { readonly namespace: string; readonly name: string };
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
}

/** Waits for leadership, then runs informers and controllers until the signal aborts or leadership is lost. */
export async function runControllerManager(options: ControllerManagerOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, log, leaderElection } = options;
  const lead = (scope: AbortSignal): Promise<void> => runControllers(options, scope);
  if (!leaderElection) return lead(signal);
  const leading = options.metrics && leaderElectionMetrics(options.metrics, leaderElection.lease.name);
  const callbacks = leading ? { onElected: () => leading(true), onDeposed: () => leading(false) } : {};
  const events = eventRecorder({ client, component: 'kube-controller-manager', clock, log, signal });
  try {
    await runAsLeader({ client, clock, random, log, events, ...leaderElection, ...callbacks }, lead, signal);
  } catch (error) {
    if (error instanceof LeadershipLostError) throw new Error('leaderelection lost', { cause: error });
    throw error;
  }
}

async function runControllers(options: ControllerManagerOptions, signal: AbortSignal): Promise<void> {
  const { settings, useServiceAccounts, clock, random, log, metrics = createMetrics() } = options;
  const observeQueue = workQueueMetrics(metrics);
  const runs = runningControllers(metrics);
  // Deposed while the server is silent, we stop all the same.
  const client = restClient(boundTransport(options.client.transport, signal));
  const anonymous = boundTransport(options.anonymous, signal);
  const informers = sharedInformers({ client, clock, random, log });
  const recorders = new Map<string, EventRecorder>();
  const events = (component: string): EventRecorder => {
    const recorder = recorders.get(component) ?? eventRecorder({ client, component, clock, log, signal });
    recorders.set(component, recorder);
    return recorder;
  };
  const parts: Runnable[] = [informers];
  for (const definition of selectControllers(options.controllers)) {
    const context: ControllerContext = {
      client:
        useServiceAccounts && definition.serviceAccount
          ? serviceAccountClient({ owner: client, anonymous, name: definition.serviceAccount, clock })
          : client,
      informers,
      events,
      clock,
      random,
      log,
      settings,
      observeQueue,
      metrics,
    };
    const controller = definition.build(context);
    if (controller) parts.push(runs(definition.name, controller));
    else log.info('Controller has nothing to do with these settings', { controller: definition.name });
  }
  await runAll(parts, signal);
}

/** Reports which controllers run, from their start to their end. */
function runningControllers(metrics: Metrics): (name: string, controller: Runnable) => Runnable {
  const running = metrics.gauge('running_managed_controllers', {
    help: 'Indicates where instances of a controller are currently running',
    stability: 'BETA',
    labels: ['name', 'manager'],
  });
  return (name, controller) => ({
    name: controller.name,
    async run(signal) {
      const labels = [name, 'kube-controller-manager'];
      running.set(1, labels);
      try {
        await controller.run(signal);
      } finally {
        running.set(0, labels);
      }
    },
  });
}

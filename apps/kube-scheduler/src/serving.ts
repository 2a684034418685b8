import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Pod } from '@typernetes/api/core/v1';
import { type Logger, type Runnable, systemClock, version } from '@typernetes/base';
import { delegation, type Lister } from '@typernetes/client';
import { componentIdentity } from '@typernetes/pki';
import {
  allowedPaths,
  answerTimes,
  componentHandler,
  listen,
  type Metrics,
  ping,
  portRules,
  type Verbosity,
} from '@typernetes/process';
import { podResourceMetrics, shownConfiguration } from '@typernetes/scheduler';
import type { Flags, SchedulerConfiguration } from './configuration.ts';

interface Served {
  readonly config: SchedulerConfiguration;
  readonly metrics: Metrics;
  readonly pods: Pick<Lister<Pod>, 'list'>;
  /** Throws while a leading scheduler does not know the cluster yet. */
  readonly checkSynced: () => void;
  readonly verbosity: Verbosity;
  readonly log: Logger;
}

/** Serves health, metrics and the configuration. */
export async function serving(given: Flags, served: Served): Promise<Runnable> {
  const { config, metrics, pods, checkSynced, verbosity, log } = served;
  const access = delegation({
    authenticationKubeconfig: given['authentication-kubeconfig'],
    authorizationKubeconfig: given['authorization-kubeconfig'],
    cached: answerTimes(given),
    userAgent: 'kube-scheduler',
    clock: systemClock,
    log,
  });
  return listen({
    name: 'kube-scheduler',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await componentIdentity('kube-scheduler', { flags: given, host: hostname(), now: systemClock.now() }),
    rules: portRules(given),
    ...(given['client-ca-file'] ? { clientCa: readFileSync(given['client-ca-file'], 'utf8') } : {}),
    handle: componentHandler({
      isOpen: allowedPaths(given['authorization-always-allow-paths']),
      ...(access ? { mayRead: (request) => access.check(request) } : {}),
      health: { healthz: [ping], livez: [ping], readyz: [ping, { name: 'sched-handler-sync', check: checkSynced }] },
      metrics,
      resettable: true,
      facts: { name: 'kube-scheduler', flags: given, clock: systemClock },
      ...(config.enableProfiling ? { profiling: { verbosity, clock: systemClock } } : {}),
      metricPages: { '/metrics/resources': () => podResourceMetrics(pods.list()) },
      json: {
        '/configz': () => ({ componentconfig: shownConfiguration(config) }),
        '/version': () => ({ gitVersion: version }),
      },
    }),
  });
}

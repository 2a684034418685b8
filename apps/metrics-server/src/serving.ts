import { hostname } from 'node:os';
import { type Logger, type Runnable, systemClock, version } from '@typernetes/base';
import { type ApiClient, DelegatedAccess } from '@typernetes/client';
import {
  type MetricsApi,
  metricsHandler,
  type Scraper,
  type Trust,
  type UsageHistory,
} from '@typernetes/metrics-server';
import { componentIdentity } from '@typernetes/pki';
import {
  allowedPaths,
  answerTimes,
  componentHandler,
  type HealthEndpoints,
  listen,
  type Metrics,
  type ParsedFlags,
  ping,
  portRules,
} from '@typernetes/process';
import type { flags } from './flags.ts';

interface Served {
  readonly api: MetricsApi;
  readonly client: ApiClient;
  readonly trust: () => Trust;
  readonly scraper: Pick<Scraper, 'checkTimely'>;
  readonly history: Pick<UsageHistory, 'isReady'>;
  /** Whether everything that is watched is known. */
  readonly isSynced: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Serves `metrics.k8s.io` to the API servers, and health and the program's own metrics. */
export async function serving(given: ParsedFlags<typeof flags>, served: Served): Promise<Runnable> {
  const { api, client, trust, metrics, log } = served;
  const access = new DelegatedAccess({
    authentication: () => client,
    authorization: () => client,
    cached: answerTimes(given),
    clock: systemClock,
    log,
  });
  const serveApi = metricsHandler({ api, access, trust, clock: systemClock, log });
  const serveComponent = componentHandler({
    isOpen: allowedPaths([...given['authorization-always-allow-paths'], '/livez', '/readyz']),
    mayRead: (request) => access.check(request),
    health: healthOf(served),
    metrics,
    json: { '/version': () => ({ gitVersion: version }) },
    onHealthFailure: (endpoint, check, error) => log.info('A check failed', { endpoint, check, error: String(error) }),
  });
  return listen({
    name: 'metrics-server',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await componentIdentity('apiserver', { flags: given, host: hostname(), now: systemClock.now() }),
    rules: portRules(given),
    asksForCertificate: true,
    handle: (request, response) =>
      /^\/(apis|openapi)(\/|\?|$)/.test(request.url ?? '')
        ? serveApi(request, response)
        : serveComponent(request, response),
  });
}

function healthOf({ scraper, history, isSynced }: Served): HealthEndpoints {
  const checkStorage = (): void => {
    if (!history.isReady) throw new Error('no metrics to store');
  };
  const checkInformers = (): void => {
    if (!isSynced()) throw new Error('not yet synced');
  };
  return {
    healthz: [ping],
    livez: [ping, { name: 'metric-collection-timely', check: () => scraper.checkTimely() }],
    readyz: [
      ping,
      { name: 'metric-storage-ready', check: checkStorage },
      { name: 'metric-informer-sync', check: checkInformers },
    ],
  };
}

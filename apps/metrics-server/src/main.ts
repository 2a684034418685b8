import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type ConfigMap, configmaps, nodes, pods } from '@typernetes/api/core/v1';
import { type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { DelegatedAccess, httpTransport, observedClient, serverOptions, sharedInformers } from '@typernetes/client';
import {
  MetricsApi,
  metricsHandler,
  readTrust,
  Scraper,
  scrapeMetrics,
  UsageHistory,
} from '@typernetes/metrics-server';
import { componentIdentity } from '@typernetes/pki';
import {
  allowedPaths,
  answerTimes,
  componentHandler,
  createMetrics,
  listen,
  metricRules,
  type ParsedFlags,
  ping,
  portProblems,
  portRules,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
} from '@typernetes/process';
import { accepted, flags } from './flags.ts';

const leastResolutionMs = 10_000;
/**
 * The ConfigMap in which API servers publish their trusted CAs; the Role `extension-apiserver-authentication-reader`
 * allows reading it.
 */
const trustMap = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };

function problems(given: ParsedFlags<typeof flags>): readonly string[] {
  const resolutionMs = given['metric-resolution'];
  return [
    ...portProblems(given),
    ...(resolutionMs < leastResolutionMs
      ? [`metric-resolution should be a time duration at least 10s, but value ${resolutionMs / 1000}s provided`]
      : []),
  ];
}

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'metrics-server', async (args, signal) => {
  const clock = systemClock;
  const component = { name: 'metrics-server', specs: flags, accepted, version, clock, problems };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags: given, log } = started;
  const resolutionMs = given['metric-resolution'];
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, clock.now());
  const options = serverOptions({ kubeconfig: given.kubeconfig, master: '' }, process.env);
  const observe = restClientMetrics(metrics);
  const client = observedClient({ ...options, userAgent: 'metrics-server' }, { clock, observe });
  const informers = sharedInformers({ client, log });
  const known = {
    nodes: informers.for(nodes, given['node-selector'] ? { labelSelector: given['node-selector'] } : {}),
    pods: informers.for(pods, { fieldSelector: 'status.phase=Running', metadataOnly: true }),
    trust: informers.for(configmaps, {
      namespace: trustMap.namespace,
      fieldSelector: `metadata.name=${trustMap.name}`,
    }),
  };
  let trust = readTrust();
  const take = ({ data }: ConfigMap): void => {
    trust = readTrust(data);
  };
  known.trust.onEvent({ added: take, updated: take });

  const history = new UsageHistory(resolutionMs);
  const { 'kubelet-certificate-authority': authority, 'kubelet-insecure-tls': insecureSkipVerify } = given;
  const kubeletTls = {
    ...options.tls,
    ...(authority ? { ca: readFileSync(authority, 'utf8') } : {}),
    insecureSkipVerify,
  };
  const scraper = new Scraper({
    nodes: known.nodes.lister,
    history,
    resolutionMs,
    requestTimeoutMs: given['kubelet-request-timeout'],
    address: {
      preferred: given['kubelet-preferred-address-types'],
      ...(given['kubelet-use-node-status-port'] ? {} : { port: given['kubelet-port'] }),
    },
    connect: (server) => httpTransport({ ...options, server, tls: kubeletTls, userAgent: 'metrics-server' }),
    clock,
    random: systemRandom,
    log,
    onAsked: scrapeMetrics(metrics),
  });
  const access = new DelegatedAccess({
    authentication: () => client,
    authorization: () => client,
    cached: answerTimes(given),
    clock,
    log,
  });
  const api = new MetricsApi({ history, nodes: known.nodes.lister, pods: known.pods.lister, clock });
  const answersMetrics = metricsHandler({ api, access, trust: () => trust, clock, log });
  const answersOthers = componentHandler({
    isOpen: allowedPaths([...given['authorization-always-allow-paths'], '/livez', '/readyz']),
    mayRead: (request) => access.check(request),
    health: {
      healthz: [ping],
      livez: [ping, { name: 'metric-collection-timely', check: () => scraper.checkTimely() }],
      readyz: [
        ping,
        {
          name: 'metric-storage-ready',
          check: () => {
            if (!history.isReady) throw new Error('no metrics to store');
          },
        },
        {
          name: 'metric-informer-sync',
          check: () => {
            if (!Object.values(known).every(({ synced }) => synced)) throw new Error('not yet synced');
          },
        },
      ],
    },
    metrics,
    json: { '/version': () => ({ gitVersion: version }) },
    onHealthFailure: (endpoint, check, error) => log.info('A check failed', { endpoint, check, error: String(error) }),
  });
  const serving = await listen({
    name: 'metrics-server',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await componentIdentity('apiserver', { flags: given, host: hostname(), now: clock.now() }),
    rules: portRules(given),
    asksForCertificate: true,
    handle: (request, response) =>
      /^\/(apis|openapi)(\/|\?|$)/.test(request.url ?? '')
        ? answersMetrics(request, response)
        : answersOthers(request, response),
  });
  const afterSync: Runnable = {
    name: scraper.name,
    run: async (scope) => {
      await informers.untilSynced(scope).catch(() => {});
      if (!scope.aborted) await scraper.run(scope);
    },
  };
  await runAll([serving, informers, afterSync], signal);
});

import { readFileSync } from 'node:fs';
import { type ConfigMap, configmaps, nodes, pods } from '@typernetes/api/core/v1';
import { type Runnable, runAll, systemClock, systemRandom, version } from '@typernetes/base';
import { httpTransport, type Informer, observedClient, serverOptions, sharedInformers } from '@typernetes/client';
import {
  MetricsApi,
  readTrust,
  Scraper,
  type ScraperOptions,
  scrapeMetrics,
  type Trust,
  UsageHistory,
} from '@typernetes/metrics-server';
import {
  createMetrics,
  metricRules,
  type ParsedFlags,
  portProblems,
  processMetrics,
  restClientMetrics,
  runProgram,
  startComponent,
} from '@typernetes/process';
import { accepted, flags } from './flags.ts';
import { serving } from './serving.ts';

const name = 'metrics-server';
type Flags = ParsedFlags<typeof flags>;

const leastResolutionMs = 10_000;
/**
 * The ConfigMap in which API servers publish their trusted CAs; the Role `extension-apiserver-authentication-reader`
 * allows reading it.
 */
const trustMap = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, name, async (args, signal) => {
  const component = { name, specs: flags, accepted, version, clock: systemClock, problems };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags: given, log } = started;
  const metrics = createMetrics(metricRules(given));
  processMetrics(metrics, systemClock.now());
  const server = { ...serverOptions({ kubeconfig: given.kubeconfig, master: '' }, process.env), userAgent: name };
  const client = observedClient(server, { clock: systemClock, observe: restClientMetrics(metrics) });
  const informers = sharedInformers({ client, log });
  const watched = {
    nodes: informers.for(nodes, given['node-selector'] ? { labelSelector: given['node-selector'] } : {}),
    pods: informers.for(pods, { fieldSelector: 'status.phase=Running', metadataOnly: true }),
    trust: informers.for(configmaps, {
      namespace: trustMap.namespace,
      fieldSelector: `metadata.name=${trustMap.name}`,
    }),
  };
  const history = new UsageHistory(given['metric-resolution']);
  const scraper = new Scraper({
    ...scrapeOptions(given, server),
    nodes: watched.nodes.lister,
    history,
    clock: systemClock,
    random: systemRandom,
    log,
    onAsked: scrapeMetrics(metrics),
  });
  const afterSync: Runnable = {
    name: scraper.name,
    run: async (scope) => {
      await informers.untilSynced(scope).catch(() => {});
      if (!scope.aborted) await scraper.run(scope);
    },
  };
  const listening = await serving(given, {
    api: new MetricsApi({ history, nodes: watched.nodes.lister, pods: watched.pods.lister, clock: systemClock }),
    client,
    trust: currentTrust(watched.trust),
    scraper,
    history,
    isSynced: () => Object.values(watched).every(({ synced }) => synced),
    metrics,
    log,
  });
  await runAll([listening, informers, afterSync], signal);
});

function problems(given: Flags): readonly string[] {
  const resolutionMs = given['metric-resolution'];
  return [
    ...portProblems(given),
    ...(resolutionMs < leastResolutionMs
      ? [`metric-resolution should be a time duration at least 10s, but value ${resolutionMs / 1000}s provided`]
      : []),
  ];
}

/** How the kubelets are reached, and how often. */
function scrapeOptions(
  given: Flags,
  server: Parameters<typeof httpTransport>[0],
): Pick<ScraperOptions, 'resolutionMs' | 'requestTimeoutMs' | 'address' | 'connect'> {
  const { 'kubelet-certificate-authority': authority, 'kubelet-insecure-tls': insecureSkipVerify } = given;
  const tls = { ...server.tls, ...(authority ? { ca: readFileSync(authority, 'utf8') } : {}), insecureSkipVerify };
  return {
    resolutionMs: given['metric-resolution'],
    requestTimeoutMs: given['kubelet-request-timeout'],
    address: {
      preferred: given['kubelet-preferred-address-types'],
      ...(given['kubelet-use-node-status-port'] ? {} : { port: given['kubelet-port'] }),
    },
    connect: (kubelet) => httpTransport({ ...server, server: kubelet, tls }),
  };
}

/** What the API servers have published last; nothing is trusted before. */
function currentTrust(published: Pick<Informer<ConfigMap>, 'onEvent'>): () => Trust {
  let trust = readTrust();
  const take = ({ data }: ConfigMap): void => {
    trust = readTrust(data);
  };
  published.onEvent({ added: take, updated: take });
  return () => trust;
}

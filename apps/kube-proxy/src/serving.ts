import { type Runnable, systemClock } from '@typernetes/base';
import {
  type Proxier,
  type ProxyConfig,
  type ProxyConfigFile,
  type ProxyMetrics,
  proxyHealthHandler,
  shownConfiguration,
} from '@typernetes/kube-proxy';
import { componentHandler, listen, type Metrics, ping, type StartedComponent } from '@typernetes/process';
import type { flags } from './flags.ts';

interface Served {
  readonly file: ProxyConfigFile;
  readonly config: ProxyConfig;
  readonly proxiers: readonly Pick<Proxier, 'healthy' | 'nodeEligible' | 'lastSync'>[];
  readonly metrics: Metrics;
  readonly onHealthRequest: ProxyMetrics['asked'];
}

/** Serves health to load balancers, and metrics and the configuration on a port of their own. */
export function serving(
  { flags: given, verbosity }: Pick<StartedComponent<typeof flags>, 'flags' | 'verbosity'>,
  { file, config, proxiers, metrics, onHealthRequest }: Served,
): Promise<readonly Runnable[]> {
  const state = () => ({
    healthy: proxiers.every(({ healthy }) => healthy),
    nodeEligible: proxiers.every(({ nodeEligible }) => nodeEligible),
    lastSync: Math.max(...proxiers.map(({ lastSync = 0 }) => lastSync)),
  });
  const status = componentHandler({
    health: { healthz: [ping] },
    metrics,
    facts: { name: 'kube-proxy', flags: given, clock: systemClock },
    ...(config.enableProfiling ? { profiling: { verbosity, clock: systemClock } } : {}),
    json: { '/configz': () => ({ 'kubeproxy.config.k8s.io': shownConfiguration(file, config) }) },
    text: { '/proxyMode': () => config.mode },
  });
  const health = proxyHealthHandler(systemClock.now, state, onHealthRequest);
  return Promise.all([
    listen({ name: 'healthz', ...addressOf(config.healthzBindAddress), handle: health }),
    listen({ name: 'metrics', ...addressOf(config.metricsBindAddress), handle: status }),
  ]);
}

function addressOf(text: string): { readonly address: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(text.slice(colon + 1)) };
}

import type { Metrics } from '@typernetes/process';
import type { DialStage } from './dial-error.ts';
import type { EgressProxy } from './egress-proxy.ts';

type Kind = Pick<EgressProxy, 'protocol' | 'transport'>;

/** Observes the connections that are made by proxies. */
export interface EgressObserver {
  started(proxy: Kind): void;
  made(proxy: Kind, seconds: number): void;
  failed(proxy: Kind, stage: DialStage): void;
}

/** `apiserver_egress_dialer_*`. */
export function egressMetrics(metrics: Metrics): EgressObserver {
  const name = (rest: string): string => `apiserver_egress_dialer_${rest}`;
  const starts = metrics.counter(name('dial_start_total'), {
    help: 'Dial starts, labeled by the protocol (http-connect or grpc) and transport (tcp or uds).',
    labels: ['protocol', 'transport'],
  });
  const durations = metrics.histogram(name('dial_duration_seconds'), {
    help: 'Dial latency histogram in seconds, labeled by the protocol (http-connect or grpc), transport (tcp or uds)',
    labels: ['protocol', 'transport'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 12.5],
  });
  const failures = metrics.counter(name('dial_failure_count'), {
    help: 'Dial failure count, labeled by the protocol (http-connect or grpc), transport (tcp or uds), and stage (connect or proxy). The stage indicates at which stage the dial failed',
    labels: ['protocol', 'transport', 'stage'],
  });
  return {
    started: ({ protocol, transport }) => starts.add([protocol, transport]),
    made: ({ protocol, transport }, seconds) => durations.observe(seconds, [protocol, transport]),
    failed: ({ protocol, transport }, stage) => failures.add([protocol, transport, stage]),
  };
}

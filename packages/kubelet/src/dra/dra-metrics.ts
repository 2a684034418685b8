import type { Metrics } from '@typernetes/process';
import type { DraManagerOptions } from './dra-manager.ts';
import type { DraPluginsDeps } from './dra-plugins.ts';

export interface DraMetrics {
  readonly operation: NonNullable<DraManagerOptions['onOperation']>;
  readonly call: NonNullable<DraPluginsDeps['onCall']>;
}

/** Upstream's bucket bounds in seconds: fifteen from 0.1 to 40, growing by a constant factor. */
const buckets = Array.from({ length: 15 }, (_, i) => 0.1 * 400 ** (i / 14));

/** `inUse` returns how many claims are prepared, by driver. */
export function draMetrics(metrics: Metrics, inUse: () => ReadonlyMap<string, number>): DraMetrics {
  const operations = metrics.histogram('dra_operations_duration_seconds', {
    help: 'Latency histogram in seconds for the duration of handling all ResourceClaims referenced by a pod when the pod starts or stops.',
    labels: ['operation_name', 'is_error'],
    buckets,
  });
  const calls = metrics.histogram('dra_grpc_operations_duration_seconds', {
    help: 'Duration in seconds of the DRA gRPC operations',
    labels: ['driver_name', 'method_name', 'grpc_status_code'],
    buckets,
  });
  const claims = metrics.gauge('dra_resource_claims_in_use', {
    help: 'The number of ResourceClaims that are currently in use on the node, by driver name (driver_name label value) and across all drivers (special value <any> for driver_name).',
    labels: ['driver_name'],
  });
  let named: readonly string[] = [];
  metrics.beforeRender(() => {
    const counts = inUse();
    // A driver that had claims and has none now gets a zero.
    for (const driver of named) if (!counts.has(driver)) claims.set(0, [driver]);
    for (const [driver, count] of counts) claims.set(count, [driver]);
    named = [...new Set([...named, ...counts.keys()])];
  });
  return {
    operation: (name, isError, seconds) => operations.observe(seconds, [name, String(isError)]),
    call: ({ driver, method, code, seconds }) => calls.observe(seconds, [driver, method, code]),
  };
}

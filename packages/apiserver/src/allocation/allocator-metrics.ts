import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { AddressPool } from './address-pool.ts';
import type { NumberPool } from './number-pool.ts';

/** Whether the service requested this value, in upstream's words. */
export type AllocationScope = 'static' | 'dynamic';

export interface AllocatorMetrics {
  /** `seconds` is set for successful allocations. */
  address(cidr: string, scope: AllocationScope, seconds: number | undefined): void;
  port(scope: AllocationScope, failed: boolean): void;
  /** `pools` gives those that there are at the time. */
  collectFrom(pools: () => readonly AddressPool[], ports: NumberPool): void;
}

/** `kube_apiserver_clusterip_allocator_*` and `kube_apiserver_nodeport_allocator_*`. */
export function allocatorMetrics(metrics: Metrics): AllocatorMetrics {
  const address = (name: string): string => `kube_apiserver_clusterip_allocator_${name}`;
  const port = (name: string): string => `kube_apiserver_nodeport_allocator_${name}`;
  const ofRange = ['cidr', 'scope'];
  const allocatedIps = metrics.gauge(address('allocated_ips'), {
    help: 'Gauge measuring the number of allocated IPs for Services',
    labels: ['cidr'],
  });
  const availableIps = metrics.gauge(address('available_ips'), {
    help: 'Gauge measuring the number of available IPs for Services',
    labels: ['cidr'],
  });
  const addresses = metrics.counter(address('allocation_total'), {
    help: 'Number of Cluster IPs allocations',
    labels: ofRange,
  });
  const addressErrors = metrics.counter(address('allocation_errors_total'), {
    help: 'Number of errors trying to allocate Cluster IPs',
    labels: ofRange,
  });
  const duration = metrics.histogram(address('allocation_duration_seconds'), {
    help: 'Duration in seconds to allocate a Cluster IP by ServiceCIDR',
    labels: ['cidr'],
    buckets: exponentialBuckets(0.001, 2, 15),
  });
  const allocatedPorts = metrics.gauge(port('allocated_ports'), {
    help: 'Gauge measuring the number of allocated NodePorts for Services',
  });
  const availablePorts = metrics.gauge(port('available_ports'), {
    help: 'Gauge measuring the number of available NodePorts for Services',
  });
  const ports = metrics.counter(port('allocation_total'), {
    help: 'Number of NodePort allocations',
    labels: ['scope'],
  });
  const portErrors = metrics.counter(port('allocation_errors_total'), {
    help: 'Number of errors trying to allocate NodePort',
    labels: ['scope'],
  });
  return {
    address: (cidr, scope, seconds) => {
      (seconds === undefined ? addressErrors : addresses).add([cidr, scope]);
      if (seconds !== undefined) duration.observe(seconds, [cidr]);
    },
    port: (scope, failed) => (failed ? portErrors : ports).add([scope]),
    collectFrom: (pools, numbers) =>
      metrics.beforeRender(() => {
        for (const { range, taken, size } of pools()) {
          allocatedIps.set(taken, [range.text]);
          availableIps.set(size - taken, [range.text]);
        }
        allocatedPorts.set(numbers.taken);
        availablePorts.set(numbers.last - numbers.first + 1 - numbers.taken);
      }),
  };
}

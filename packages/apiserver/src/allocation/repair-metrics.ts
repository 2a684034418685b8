import type { Metrics } from '@typernetes/process';

/** An inconsistency between services and reservations, in upstream's words: a leaked reservation, or a missing one. */
type RepairFinding = 'leak' | 'repair';

/** Receives the findings of the reservation repair. */
export interface RepairMetrics {
  found(what: 'addresses' | 'ports', finding: RepairFinding): void;
  /** The repair itself failed. */
  failed(what: 'addresses' | 'ports'): void;
}

/** `apiserver_clusterip_repair_*` and `apiserver_nodeport_repair_*`. */
export function repairMetrics(metrics: Metrics): RepairMetrics {
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter(`apiserver_${name}`, { help, labels });
  const found = {
    addresses: counter(
      'clusterip_repair_ip_errors_total',
      'Number of errors detected on clusterips by the repair loop broken down by type of error: leak, repair, full, outOfRange, duplicate, unknown, invalid',
      ['type'],
    ),
    ports: counter(
      'nodeport_repair_port_errors_total',
      'Number of errors detected on ports by the repair loop broken down by type of error: leak, repair, full, outOfRange, duplicate, unknown',
      ['type'],
    ),
  };
  const failed = {
    addresses: counter(
      'clusterip_repair_reconcile_errors_total',
      'Number of reconciliation failures on the clusterip repair reconcile loop',
    ),
    ports: counter(
      'nodeport_repair_reconcile_errors_total',
      'Number of reconciliation failures on the nodeport repair reconcile loop',
    ),
  };
  return {
    found: (what, finding) => found[what].add([finding]),
    failed: (what) => failed[what].add(),
  };
}

import type { Metrics } from '@typernetes/process';

/** What is wrong between services and reservations, in upstream's words: reserved for nobody, or not reserved. */
export type RepairFinding = 'leak' | 'repair';

/** What the repair of reservations tells. */
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

import type { Table, TableColumnDefinition, TableRow } from '@typernetes/machinery';
import { addQuantities, formatQuantity, parseQuantity } from '@typernetes/machinery';
import type { Metrics, MetricsList } from './metrics-api.ts';

const column = (name: string, format: string, description = ''): TableColumnDefinition => ({
  name,
  type: 'string',
  format,
  description,
  priority: 0,
});

const columns = [
  column('Name', 'name', 'Name of the resource'),
  column('cpu', 'quantity'),
  column('memory', 'quantity'),
  column('Window', 'duration'),
];

/** The table that `kubectl get podmetrics` shows: a pod's row has the sums over its containers. */
export function metricsTable(answer: Metrics | MetricsList): Table {
  const items = 'items' in answer ? answer.items : [answer];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: columns,
    rows: items.map(row),
  };
}

function row(item: Metrics): TableRow {
  const usages = 'usage' in item ? [item.usage] : item.containers.map(({ usage }) => usage);
  const sum = (resource: string): string =>
    formatQuantity(usages.map((usage) => parseQuantity(usage[resource] ?? '0')).reduce(addQuantities));
  return {
    cells: [item.metadata.name, sum('cpu'), sum('memory'), item.window],
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata },
  };
}

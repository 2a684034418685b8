import type { Pod } from '@typernetes/api/core/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';
import { podSummary } from './pod-summary.ts';

export const podPrinter: Printer<Pod> = {
  columns: [
    nameColumn,
    text('Ready'),
    text('Status'),
    text('Restarts'),
    ageColumn,
    wide('IP'),
    wide('Node'),
    wide('Nominated Node'),
    wide('Readiness Gates'),
  ],
  cells(pod, now) {
    const { ready, total, status, restarts, lastRestart } = podSummary(pod);
    const since = restarts !== 0 && lastRestart ? ` (${age(lastRestart, now)} ago)` : '';
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      status,
      `${restarts}${since}`,
      age(pod.metadata.creationTimestamp, now),
      pod.status?.podIPs?.[0]?.ip || '<none>',
      pod.spec.nodeName || '<none>',
      pod.status?.nominatedNodeName || '<none>',
      readinessGates(pod),
    ];
  },
  conditions(pod) {
    if (pod.status?.phase === 'Succeeded') return [completed('Succeeded', 'The pod has completed successfully.')];
    if (pod.status?.phase === 'Failed') return [completed('Failed', 'The pod failed.')];
    return [];
  },
};

const completed = (reason: string, message: string) => ({ type: 'Completed', status: 'True', reason, message });

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter(
    (gate) => status?.conditions?.find((condition) => condition.type === gate.conditionType)?.status === 'True',
  );
  return `${open.length}/${gates.length}`;
}

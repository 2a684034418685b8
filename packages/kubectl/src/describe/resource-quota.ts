import type { ResourceQuota } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';

export const describeResourceQuota: Describer<ResourceQuota> = async (quota, text) => {
  text.line(0, 'Name:', quota.metadata.name);
  text.line(0, 'Namespace:', quota.metadata.namespace ?? '');
  for (const [i, cells] of scopeLines(quota).entries()) text.line(0, ...(i === 0 ? cells : [` * ${cells[0]}`]));
  text.line(0, 'Resource', 'Used', 'Hard');
  text.line(0, '--------', '----', '----');
  for (const cells of quotaRows(quota)) text.line(0, ...cells);
};

const scopeMeanings: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

/** `Scopes:` with their names, and a line of one cell for what each means; nothing for a quota without scopes. */
export function scopeLines({ spec }: ResourceQuota): string[][] {
  const scopes = [...(spec?.scopes ?? [])].sort();
  if (scopes.length === 0) return [];
  return [
    ['Scopes:', scopes.join(', ')],
    ...scopes.flatMap((scope) => (scopeMeanings[scope] ? [[scopeMeanings[scope]]] : [])),
  ];
}

/** Resource, used, hard: sorted by name. */
export function quotaRows({ status }: ResourceQuota): string[][] {
  return Object.entries(status?.hard ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, hard]) => [resource, status?.used?.[resource] ?? '0', hard]);
}

import type { APIService } from '@typernetes/api/apiregistration/v1';
import type { Draft } from '@typernetes/machinery';
import { isBuiltInGroup, priorityOf } from '../discovery/group-priority.ts';

/** Says who manages an APIService: the server itself. */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** The APIServices that stand for what this server answers itself. */
export function localApiServices(
  groupVersions: Iterable<{ readonly group: string; readonly version: string }>,
): Draft<APIService>[] {
  const seen = new Map<string, Draft<APIService>>();
  for (const { group, version } of groupVersions) {
    // Who aggregates is not aggregated.
    if (group === 'apiregistration.k8s.io') continue;
    const priority = priorityOf(group, version);
    const name = `${version}.${group}`;
    seen.set(name, {
      metadata: { name, labels: { [managedLabel]: isBuiltInGroup(group) ? 'onstart' : 'true' } },
      spec: {
        ...(group === '' ? {} : { group }),
        version,
        groupPriorityMinimum: priority.group,
        versionPriority: priority.version,
      },
    });
  }
  return [...seen.values()];
}

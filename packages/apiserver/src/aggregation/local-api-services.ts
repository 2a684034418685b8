import type { APIService } from '@typernetes/api/apiregistration/v1';
import type { Draft } from '@typernetes/machinery';
import { isBuiltInGroup, priorityOf } from '../discovery/group-priority.ts';

/** Marks an APIService as managed by the server itself. */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** The APIServices for this server's own groups. */
export function localApiServices(
  groupVersions: Iterable<{ readonly group: string; readonly version: string }>,
): Draft<APIService>[] {
  const seen = new Map<string, Draft<APIService>>();
  for (const { group, version } of groupVersions) {
    // The aggregator's own group has no APIService.
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

import type { APIService } from '@typernetes/api/apiregistration/v1';
import type { Draft } from '@typernetes/machinery';

/** Says who manages an APIService: the server itself. */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';

interface Priority {
  readonly group: number;
  readonly version: number;
}

/** Upstream's order of its own groups. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'resource.k8s.io': 15_900,
};

function priorityOf(group: string, version: string): Priority {
  const known = groupPriorities[group];
  if (known === undefined) return { group: 1000, version: 100 };
  if (group === '') return { group: known, version: 1 };
  return { group: known, version: group === 'autoscaling' && version === 'v2' ? 30 : 15 };
}

/** The APIServices that stand for what this server answers itself. */
export function localApiServices(
  groupVersions: Iterable<{ readonly group: string; readonly version: string }>,
): Draft<APIService>[] {
  const seen = new Map<string, Draft<APIService>>();
  for (const { group, version } of groupVersions) {
    // Who aggregates is not aggregated.
    if (group === 'apiregistration.k8s.io') continue;
    const priority = priorityOf(group, version);
    const builtIn = groupPriorities[group] !== undefined;
    const name = `${version}.${group}`;
    seen.set(name, {
      metadata: { name, labels: { [managedLabel]: builtIn ? 'onstart' : 'true' } },
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

/** The priorities in an APIService: higher numbers come first. */
interface Priority {
  readonly group: number;
  readonly version: number;
}

/** Upstream's order of its own groups. */
const groupPriorities: Readonly<Record<string, number>> = {
  'apiregistration.k8s.io': 20_000,
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
  'settings.k8s.io': 16_900,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'storagemigration.k8s.io': 15_800,
};

/** Priorities that do not follow from the stability of the version. */
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'events.k8s.io/v1beta1': 5,
  'settings.k8s.io/v1alpha1': 9,
  'autoscaling/v2': 30,
  'admissionregistration.k8s.io/v1beta1': 12,
  'admissionregistration.k8s.io/v1alpha1': 9,
  'coordination.k8s.io/v1beta1': 13,
  'coordination.k8s.io/v1alpha2': 12,
  'discovery.k8s.io/v1beta1': 12,
  'resource.k8s.io/v1': 20,
  'resource.k8s.io/v1beta2': 15,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'internal.apiserver.k8s.io/v1alpha1': 9,
};

/** The priorities of a group and version of this server; custom resources come after everything built in. */
export function priorityOf(group: string, version: string): Priority {
  const known = groupPriorities[group];
  if (known === undefined) return { group: 1000, version: 100 };
  const byStage = version.includes('alpha') ? 1 : version.includes('beta') ? 9 : 15;
  return { group: known, version: versionPriorities[`${group}/${version}`] ?? byStage };
}

export function isBuiltInGroup(group: string): boolean {
  return groupPriorities[group] !== undefined;
}

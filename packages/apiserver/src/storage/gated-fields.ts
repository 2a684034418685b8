import type { ApiObject, ResourceType } from '@typernetes/machinery';

/** Fields that are there only while a gate is open. */
interface GatedFields {
  readonly gate: string;
  /** Dotted; `[]` stands for each item of a list. */
  readonly paths: readonly string[];
  /** Which values count; all if not given. */
  readonly counts?: (value: unknown) => boolean;
  /** Whether what a field leaves empty goes with it. */
  readonly takesHolder?: boolean;
}

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'] as const;
const inContainers = (path: string): string[] => containerLists.map((list) => `${list}[].${path}`);

/** Of pods and of templates of pods, after upstream's `pkg/api/pod/util.go`, without gates that can not be closed any more. */
const ofPodSpecs: readonly GatedFields[] = [
  { gate: 'ClusterTrustBundleProjection', paths: ['volumes[].projected.sources[].clusterTrustBundle'] },
  {
    gate: 'ContainerRestartRules',
    paths: [...inContainers('restartPolicyRules'), 'containers[].restartPolicy', 'ephemeralContainers[].restartPolicy'],
  },
  // `Always` makes a sidecar of it, which needs no gate.
  { gate: 'ContainerRestartRules', paths: ['initContainers[].restartPolicy'], counts: (value) => value !== 'Always' },
  { gate: 'ContainerStopSignals', paths: inContainers('lifecycle.stopSignal'), takesHolder: true },
  { gate: 'EnvFiles', paths: inContainers('env[].valueFrom.fileKeyRef') },
  { gate: 'GenericWorkload', paths: ['schedulingGroup'] },
  { gate: 'HostnameOverride', paths: ['hostnameOverride'] },
  { gate: 'PodCertificateRequest', paths: ['volumes[].projected.sources[].podCertificate'] },
  { gate: 'PodLevelResources', paths: ['resources'] },
];

const podSpecs = (at: string): GatedFields[] =>
  ofPodSpecs.map((fields) => ({ ...fields, paths: fields.paths.map((path) => `${at}.${path}`) }));

const ofTemplates = podSpecs('spec.template.spec');

/** By group and plural. */
const table: Readonly<Record<string, readonly GatedFields[]>> = {
  '/pods': [
    ...podSpecs('spec'),
    { gate: 'DRAExtendedResource', paths: ['status.extendedResourceClaimStatus'] },
    {
      gate: 'InPlacePodLevelResourcesVerticalScaling',
      paths: ['status.resources', 'status.allocatedResources'],
    },
  ],
  '/podtemplates': podSpecs('template.spec'),
  '/replicationcontrollers': ofTemplates,
  '/persistentvolumeclaims': [
    {
      gate: 'CrossNamespaceVolumeDataSource',
      paths: ['spec.dataSourceRef'],
      counts: (value) => (value as { namespace?: string }).namespace !== undefined,
    },
  ],
  'apps/daemonsets': ofTemplates,
  'apps/deployments': ofTemplates,
  'apps/replicasets': ofTemplates,
  'apps/statefulsets': [
    ...ofTemplates,
    { gate: 'MaxUnavailableStatefulSet', paths: ['spec.updateStrategy.rollingUpdate.maxUnavailable'] },
  ],
  'autoscaling/horizontalpodautoscalers': [
    {
      gate: 'HPAConfigurableTolerance',
      paths: ['spec.behavior.scaleUp.tolerance', 'spec.behavior.scaleDown.tolerance'],
    },
  ],
  'batch/cronjobs': podSpecs('spec.jobTemplate.spec.template.spec'),
  'batch/jobs': ofTemplates,
};

/**
 * Takes the fields of closed gates out of what is written, unless they are in use already: what was stored while a gate was open stays.
 * Changes `next` in place; what it has of `current` itself is never among that.
 */
export function dropGatedFields(
  { group, plural }: Pick<ResourceType<ApiObject>, 'group' | 'plural'>,
  { next, current }: { readonly next: ApiObject; readonly current: ApiObject | undefined },
  isOn: (gate: string) => boolean,
): void {
  const closed = table[`${group}/${plural}`]?.filter(({ gate }) => !isOn(gate)) ?? [];
  const inUse = new Set(closed.filter((fields) => current && uses(current, fields)).map(({ gate }) => gate));
  for (const fields of closed)
    if (!inUse.has(fields.gate)) for (const path of fields.paths) cut(next, path.split('.'), fields);
}

const uses = (object: object, { paths, counts }: GatedFields): boolean =>
  paths.some((path) => isThere(object, path.split('.'), counts));

type Fields = Record<string, unknown>;

/** What a step of a path leads to, from an object: the items of a list, else the one value; nothing where there is none. */
function childrenAt(holder: Fields, step: string): Fields[] {
  const value = holder[step.replace('[]', '')];
  const children = step.endsWith('[]') && Array.isArray(value) ? value : [value];
  return children.filter((child): child is Fields => typeof child === 'object' && child !== null);
}

function isThere(holder: object, [step = '', ...rest]: readonly string[], counts: GatedFields['counts']): boolean {
  const fields = holder as Fields;
  if (rest.length > 0) return childrenAt(fields, step).some((child) => isThere(child, rest, counts));
  return fields[step] !== undefined && (counts?.(fields[step]) ?? true);
}

function cut(holder: object, [step = '', ...rest]: readonly string[], gated: GatedFields): void {
  const fields = holder as Fields;
  if (rest.length === 0) {
    if (isThere(fields, [step], gated.counts)) delete fields[step];
    return;
  }
  for (const child of childrenAt(fields, step)) {
    const had = Object.keys(child).length;
    cut(child, rest, gated);
    if (gated.takesHolder && had > 0 && Object.keys(child).length === 0) delete fields[step];
  }
}

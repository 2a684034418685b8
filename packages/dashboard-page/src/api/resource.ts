/** A resource that the server serves, in its preferred version. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** `pods` */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
}

/** Names a resource in addresses and tables: `pods`, `deployments.apps`. */
export const resourceName = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  group === '' ? plural : `${plural}.${group}`;

export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** Where a list, an object or a subresource of it lies. Without a namespace: the lists of all, and objects of the cluster. */
export function pathOf(
  { group, version, plural }: Pick<Resource, 'group' | 'version' | 'plural'>,
  { namespace = '', name = '', subresource = '' }: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const parts = [
    ...(group === '' ? ['api', version] : ['apis', group, version]),
    ...(namespace === '' ? [] : ['namespaces', namespace]),
    plural,
    ...(name === '' ? [] : [name]),
    ...(subresource === '' ? [] : [subresource]),
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** Metrics, for one, are measured when they are asked for. */
export const isPolled = ({ verbs }: Pick<Resource, 'verbs'>): boolean => !verbs.includes('watch');

/** `?a=1&b=2` of what is not empty. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' || value === false ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** The built-in resources that pages name. */
const builtIn = (group: string, version: string, plural: string, kind: string) => ({ group, version, plural, kind });
export const known = {
  nodes: builtIn('', 'v1', 'nodes', 'Node'),
  namespaces: builtIn('', 'v1', 'namespaces', 'Namespace'),
  pods: builtIn('', 'v1', 'pods', 'Pod'),
  events: builtIn('', 'v1', 'events', 'Event'),
  services: builtIn('', 'v1', 'services', 'Service'),
  endpointSlices: builtIn('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  deployments: builtIn('apps', 'v1', 'deployments', 'Deployment'),
  replicaSets: builtIn('apps', 'v1', 'replicasets', 'ReplicaSet'),
  statefulSets: builtIn('apps', 'v1', 'statefulsets', 'StatefulSet'),
  daemonSets: builtIn('apps', 'v1', 'daemonsets', 'DaemonSet'),
  controllerRevisions: builtIn('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  jobs: builtIn('batch', 'v1', 'jobs', 'Job'),
  cronJobs: builtIn('batch', 'v1', 'cronjobs', 'CronJob'),
} as const;

import { type Resource, resourceName } from '../api/resource.ts';

/** A heading of the menu, and what is below it. */
interface Section {
  readonly title: string;
  readonly resources: readonly Resource[];
}

/** What most people look for, in this order. */
const usual: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Cluster', ['nodes', 'namespaces', 'events']],
  [
    'Workloads',
    [
      'pods',
      'deployments.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'jobs.batch',
      'cronjobs.batch',
      'replicasets.apps',
      'horizontalpodautoscalers.autoscaling',
    ],
  ],
  [
    'Network',
    ['services', 'ingresses.networking.k8s.io', 'endpointslices.discovery.k8s.io', 'networkpolicies.networking.k8s.io'],
  ],
  ['Configuration', ['configmaps', 'secrets', 'resourcequotas', 'limitranges', 'poddisruptionbudgets.policy']],
  ['Storage', ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses.storage.k8s.io']],
  [
    'Access',
    [
      'serviceaccounts',
      'roles.rbac.authorization.k8s.io',
      'rolebindings.rbac.authorization.k8s.io',
      'clusterroles.rbac.authorization.k8s.io',
      'clusterrolebindings.rbac.authorization.k8s.io',
    ],
  ],
];

const isBuiltIn = (group: string): boolean => !group.includes('.') || group.endsWith('.k8s.io');
/** The same objects as another resource of the list. */
const doubles = new Set(['events.events.k8s.io', 'componentstatuses']);

/** The menu: the usual resources, custom ones, then everything else that the server serves. */
export function sectionsOf(resources: readonly Resource[]): Section[] {
  const byName = new Map(resources.map((one) => [resourceName(one), one]));
  const named = new Set([...usual.flatMap(([, names]) => names), ...doubles]);
  const rest = resources
    .filter((one) => !named.has(resourceName(one)))
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.group.localeCompare(b.group));
  return [
    ...usual.map(([title, names]) => ({ title, resources: names.flatMap((name) => byName.get(name) ?? []) })),
    { title: 'Custom', resources: rest.filter(({ group }) => !isBuiltIn(group)) },
    { title: 'More', resources: rest.filter(({ group }) => isBuiltIn(group)) },
  ].filter((section) => section.resources.length > 0);
}

const irregular: Readonly<Record<string, string>> = {
  Endpoints: 'Endpoints',
  NodeMetrics: 'NodeMetrics',
  PodMetrics: 'PodMetrics',
  CSIStorageCapacity: 'CSIStorageCapacities',
};

/** `Pods`, `NetworkPolicies`, `Ingresses`, `EndpointSlices`. */
export function titleOf({ kind }: Pick<Resource, 'kind'>): string {
  const known = irregular[kind];
  if (known) return known;
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(kind) ? `${kind}es` : `${kind}s`;
}

import { groupOf, idOf, type Resource, versionOf } from './resource.ts';

const first = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

function place(kind: string): number {
  if (first.includes(kind)) return first.indexOf(kind) - first.length;
  return last.indexOf(kind) + 1;
}

const keyOf = (resource: Resource): string => {
  const { name, namespace } = idOf(resource);
  const { object } = resource;
  const or = (text: string, none: string): string => (text === '' ? none : text);
  return `${or(groupOf(object), '~G')}_${or(versionOf(object), '~V')}_${or(object.kind, '~K')}|${or(namespace, '~X')}|${or(name, '~N')}`;
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What others need comes first; within a kind by names. */
export function inOrder(resources: readonly Resource[]): Resource[] {
  return resources.toSorted((a, b) => place(a.object.kind) - place(b.object.kind) || compare(keyOf(a), keyOf(b)));
}

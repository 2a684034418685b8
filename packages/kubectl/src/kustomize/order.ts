import type { KindPattern } from './field-spec.ts';
import { groupOf, idOf, type Resource, versionOf } from './resource.ts';

/** `sortOptions` of a kustomization. */
export interface SortOptions {
  readonly order?: string;
  readonly legacySortOptions?: { readonly orderFirst?: readonly string[]; readonly orderLast?: readonly string[] };
}

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

const or = (text: string, none: string): string => (text === '' ? none : text);
const kindKeyOf = ({ object }: Resource): string =>
  `${or(groupOf(object), '~G')}_${or(versionOf(object), '~V')}_${or(object.kind, '~K')}`;
const keyOf = (resource: Resource): string => {
  const { name, namespace } = idOf(resource);
  return `${or(namespace, '~X')}|${or(name, '~N')}`;
};

/** The order of field specs by kinds, as upstream's: more specific ones first. */
export function compareKinds(a: KindPattern, b: KindPattern): number {
  const place = ({ kind = '' }: KindPattern): number =>
    first.includes(kind) ? first.indexOf(kind) - first.length : last.indexOf(kind) + 1;
  const key = ({ group = '', version = '', kind = '' }: KindPattern): string =>
    `${or(group, '~G')}_${or(version, '~V')}_${or(kind, '~K')}`;
  return place(a) - place(b) || compare(key(a), key(b));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Dependencies come first; objects of a kind are sorted by name. `options` has lists of kinds of one's own. Throws with upstream's words when they make no sense. */
export function inOrder(resources: readonly Resource[], options?: SortOptions): Resource[] {
  const { order = options ? '' : 'legacy', legacySortOptions } = options ?? {};
  if (order !== 'fifo' && order !== 'legacy')
    throw new Error("the field 'sortOptions.order' must be one of [fifo, legacy]");
  if (order === 'fifo') {
    if (legacySortOptions)
      throw new Error(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      );
    return [...resources];
  }
  const { orderFirst = [], orderLast = [] } = legacySortOptions ?? { orderFirst: first, orderLast: last };
  const places = new Map<string, number>();
  for (const [i, kind] of orderFirst.entries()) places.set(kind, i - orderFirst.length);
  for (const [i, kind] of orderLast.entries()) places.set(kind, i + 1);
  const place = ({ object }: Resource): number => places.get(object.kind) ?? 0;
  return resources.toSorted(
    (a, b) => place(a) - place(b) || compare(kindKeyOf(a), kindKeyOf(b)) || compare(keyOf(a), keyOf(b)),
  );
}

import { type ApiObject, isControlledBy } from '@typernetes/machinery';
import { known } from '../api/resource.ts';

type Known = (typeof known)[keyof typeof known];

/** What objects of a kind control, as far as the built-in controllers make it. */
const controlled: Readonly<Record<string, readonly Known[]>> = {
  'apps ReplicaSet': [known.pods],
  'apps StatefulSet': [known.pods],
  'apps DaemonSet': [known.pods],
  'batch Job': [known.pods],
  'batch CronJob': [known.jobs],
  ' ReplicationController': [known.pods],
};

export const controlledBy = ({ group, kind }: { group: string; kind: string }): readonly Known[] =>
  controlled[`${group} ${kind}`] ?? [];

interface Selecting {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } | Readonly<Record<string, string>>;
  };
}

/** Labels that its objects have for certain, so that not all of the namespace have to be read. */
export function narrowingSelector(object: ApiObject): string {
  const selector = (object as Selecting).spec?.selector;
  const labels =
    selector && typeof selector === 'object' && 'matchLabels' in selector ? selector.matchLabels : undefined;
  return labels && typeof labels === 'object'
    ? Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(',')
    : '';
}

export const ownedOf = <T extends ApiObject>(owner: ApiObject, objects: readonly T[]): T[] =>
  objects.filter((one) => isControlledBy(one, owner));

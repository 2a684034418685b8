import type { Namespace, NamespaceCondition } from '@typernetes/api/core/v1';
import { findCondition, withCondition } from '@typernetes/machinery';

/** The result of an attempt to empty a namespace. */
export interface Emptying {
  readonly discoveryFailures: ReadonlyMap<string, string>;
  readonly deletionFailures: readonly string[];
  /** How many objects are left, by resource: `pods`, `deployments.apps`. */
  readonly remaining: ReadonlyMap<string, number>;
  /** How many of the remaining objects have which finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

export function isEmpty({ discoveryFailures, deletionFailures, remaining }: Emptying): boolean {
  return discoveryFailures.size === 0 && deletionFailures.length === 0 && remaining.size === 0;
}

/** The five conditions that explain why a namespace still exists. */
export function terminatingConditions(namespace: Namespace, emptying: Emptying, now: string): NamespaceCondition[] {
  const { discoveryFailures, deletionFailures, remaining, finalizers } = emptying;
  const failed = [...discoveryFailures].map(([version, why]) => `${version}: ${why}`);
  const rows: NamespaceCondition[] = [
    row('NamespaceDeletionDiscoveryFailure', failed.length > 0, {
      no: ['ResourcesDiscovered', 'All resources successfully discovered'],
      yes: [
        'DiscoveryFailed',
        `Discovery failed for some groups, ${failed.length} failing: unable to retrieve the complete list of server APIs: ${failed.join(', ')}`,
      ],
    }),
    row('NamespaceDeletionGroupVersionParsingFailure', false, {
      no: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
      yes: ['GroupVersionParsingFailed', ''],
    }),
    row('NamespaceDeletionContentFailure', deletionFailures.length > 0, {
      no: ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      yes: [
        'ContentDeletionFailed',
        `Failed to delete all resource types, ${deletionFailures.length} remaining: ${deletionFailures.join(', ')}`,
      ],
    }),
    row('NamespaceContentRemaining', remaining.size > 0, {
      no: ['ContentRemoved', 'All content successfully removed'],
      yes: [
        'SomeResourcesRemain',
        `Some resources are remaining: ${counted(remaining, (name, count) => `${name}${name.includes('.') ? '' : '.'} has ${count} resource instances`)}`,
      ],
    }),
    row('NamespaceFinalizersRemaining', finalizers.size > 0, {
      no: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      yes: [
        'SomeFinalizersRemain',
        `Some content in the namespace has finalizers remaining: ${counted(finalizers, (name, count) => `${name} in ${count} resource instances`)}`,
      ],
    }),
  ];
  let conditions = namespace.status?.conditions ?? [];
  for (const next of rows) {
    // A positive condition is added only if it was negative before, or as part of the first report.
    if (
      next.status === 'False' &&
      conditions.length >= rows.length &&
      findCondition(conditions, next.type)?.status === 'False'
    )
      continue;
    conditions = withCondition(conditions, next, { now });
  }
  return conditions;
}

type Saying = readonly [reason: string, message: string];

function row(
  type: string,
  bad: boolean,
  { yes, no }: { readonly yes: Saying; readonly no: Saying },
): NamespaceCondition {
  const [reason, message] = bad ? yes : no;
  return { type, status: bad ? 'True' : 'False', reason, message };
}

function counted(counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => text(name, count))
    .join(', ');
}

import type { RoleBinding, Subject } from '@typernetes/api/rbac/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

/** Bindings of both scopes. */
export const bindingPrinter: Printer<RoleBinding> = {
  columns: [nameColumn, text('Role'), ageColumn, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells: ({ metadata, roleRef, subjects }, now) => [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    age(metadata.creationTimestamp, now),
    named(subjects, 'User'),
    named(subjects, 'Group'),
    (subjects ?? [])
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ namespace, name }) => `${namespace ?? ''}/${name}`)
      .join(', '),
  ],
};

function named(subjects: readonly Subject[] | undefined, wanted: string): string {
  return (subjects ?? [])
    .filter(({ kind }) => kind === wanted)
    .map(({ name }) => name)
    .join(', ');
}

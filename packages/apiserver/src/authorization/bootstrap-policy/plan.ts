import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '@typernetes/api/rbac/v1';
import type { Draft } from '@typernetes/machinery';
import { uncoveredRules } from '../rules.ts';
import { autoUpdateAnnotation } from './default-objects.ts';

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

/** What to do about one default object: nothing, update it, or replace it (a binding's role cannot be changed). */
export type Repair<T> = { readonly action: 'update'; readonly object: T } | { readonly action: 'replace' } | undefined;

/** Adds rules, labels and annotations that are missing; what someone added stays, and so does everything while autoupdate is not "true". */
export function planRole<T extends AnyRole>(current: T, wanted: Draft<T>): Repair<T> {
  if (!isUpdatable(current)) return undefined;
  const wantedRules = (wanted as Draft<AnyRole>).rules ?? [];
  const missing = wantedRules.filter((rule) => uncoveredRules(current.rules ?? [], [rule]).length > 0);
  const metadata = withMissingMetadata(current, wanted as Draft<AnyRole>);
  if (missing.length === 0 && !metadata) return undefined;
  const rules = [...(current.rules ?? []), ...missing];
  return { action: 'update', object: { ...current, metadata: metadata ?? current.metadata, rules } };
}

/** Adds subjects, labels and annotations that are missing; a binding to another role is replaced. */
export function planBinding<T extends AnyBinding>(current: T, wanted: Draft<T>): Repair<T> {
  if (!isUpdatable(current)) return undefined;
  const { roleRef, subjects = [] } = wanted as Draft<AnyBinding>;
  if (current.roleRef.kind !== roleRef.kind || current.roleRef.name !== roleRef.name) return { action: 'replace' };
  const held = new Set((current.subjects ?? []).map(identity));
  const missing = subjects.filter((subject) => !held.has(identity(subject)));
  const metadata = withMissingMetadata(current, wanted as Draft<AnyBinding>);
  if (missing.length === 0 && !metadata) return undefined;
  const all = [...(current.subjects ?? []), ...missing];
  return { action: 'update', object: { ...current, metadata: metadata ?? current.metadata, subjects: all } };
}

function identity({ kind, namespace = '', name }: Subject): string {
  return `${kind}/${namespace}/${name}`;
}

function isUpdatable(object: AnyRole | AnyBinding): boolean {
  return object.metadata.annotations?.[autoUpdateAnnotation] === 'true';
}

function withMissingMetadata<T extends AnyRole | AnyBinding>(
  current: T,
  wanted: { readonly metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } },
): T['metadata'] | undefined {
  const { labels = {}, annotations = {} } = current.metadata;
  const lacks = (have: Record<string, string>, want: Record<string, string> = {}): boolean =>
    Object.keys(want).some((key) => have[key] === undefined);
  if (!lacks(labels, wanted.metadata.labels) && !lacks(annotations, wanted.metadata.annotations)) return undefined;
  return {
    ...current.metadata,
    labels: { ...wanted.metadata.labels, ...labels },
    annotations: { ...wanted.metadata.annotations, ...annotations },
  };
}

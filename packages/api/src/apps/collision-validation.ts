import { invalidValue } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';

/** The collision count is part of the hash in dependents' names: it must never decrease, or names would be reused. */
export function* collisionProblems(
  next: { readonly collisionCount?: number } | undefined,
  current: { readonly collisionCount?: number } | undefined,
): Problems {
  const at = 'status.collisionCount';
  const count = next?.collisionCount ?? 0;
  yield* notNegative(count, at);
  const before = current?.collisionCount;
  if (before !== undefined && count < before) yield invalidValue(at, count, 'cannot be decremented');
}

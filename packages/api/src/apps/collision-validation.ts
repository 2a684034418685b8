import { invalidValue } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';

/** How often the hash in the names of dependents collided: it only ever grows, or names would be used again. */
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

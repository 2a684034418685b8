import { duplicateValue, invalidValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';

/** Exactly one of these members must be set; messages are those of upstream's declared unions. */
export function* unionProblems(value: object, at: string, members: readonly string[]): Problems {
  const given = members.filter((name) => (value as Readonly<Record<string, unknown>>)[name] != null);
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  if (given.length === 0) yield invalidValue(at, '', `must specify one of: ${quoted(members)}`);
  else if (given.length > 1) {
    yield invalidValue(at, `{${quoted(given)}}`, `must specify exactly one of: ${quoted(members)}`);
  }
}

/** Items of a list with map semantics must have distinct keys. */
export function* mapProblems<T>(items: readonly T[], at: string, keyOf: (item: T) => string): Problems {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    if (seen.has(keyOf(item))) yield duplicateValue(`${at}[${i}]`, item);
    seen.add(keyOf(item));
  }
}

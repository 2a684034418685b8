import { annotationProblems, labelProblems } from '@typernetes/api/validation';
import { aggregateText } from '@typernetes/base';
import { isJsonObject, type ObjectMeta, problemText } from '@typernetes/machinery';

/**
 * A conversion may change labels and annotations; the rest of the metadata is kept. Returns a string if the hook's
 * labels or annotations are malformed: the problem, in upstream's words.
 */
export function keptMetadata(before: ObjectMeta, after: unknown): ObjectMeta | string {
  if (after === undefined) return 'missing metadata in converted object';
  if (!isJsonObject(after)) return `invalid metadata of type ${goType(after)} in converted object`;
  const kept: Record<string, unknown> = { ...before };
  for (const field of ['labels', 'annotations'] as const) {
    const value = after[field];
    if (value === undefined || value === null) {
      delete kept[field];
      continue;
    }
    if (!isJsonObject(value)) return `invalid metadata.${field} of type ${goType(value)} in converted object`;
    for (const [key, one] of Object.entries(value))
      if (typeof one !== 'string')
        return `metadata.${field}[${key}] must be a string, but is ${goType(one)} in converted object`;
    const problem = problemOf(field, before[field] ?? {}, value as Record<string, string>);
    if (problem !== undefined) return problem;
    kept[field] = value;
  }
  return kept as unknown as ObjectMeta;
}

type Texts = Readonly<Record<string, string>>;

/** Unchanged values were checked when they were written. */
function problemOf(field: 'labels' | 'annotations', before: Texts, after: Texts): string | undefined {
  const names = Object.keys(after);
  if (names.length === Object.keys(before).length && names.every((name) => before[name] === after[name])) return;
  const problems =
    field === 'labels' ? labelProblems(after, 'metadata.labels') : annotationProblems(after, 'metadata.annotation');
  const texts = [...problems].map(problemText);
  return texts.length === 0 ? undefined : aggregateText(texts);
}

/** The type that upstream's decoder gives a value. */
function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return { string: 'string', boolean: 'bool' }[typeof value as string] ?? 'map[string]interface {}';
}

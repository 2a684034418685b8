import type { ObjectMeta } from '@typernetes/machinery';
import type { Description } from './description.ts';

/** The first lines of most descriptions. */
export function describeMetadata(text: Description, metadata: ObjectMeta, of: { namespaced: boolean }): void {
  text.line(0, 'Name:', metadata.name);
  if (of.namespaced) text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
}

/** Several values under one title, each on a line of its own below the first; `<none>` when there are none. */
export function describeList(text: Description, of: { level: number; title: string; values: readonly string[] }): void {
  const values = of.values.length > 0 ? of.values : ['<none>'];
  for (const [i, value] of values.entries()) text.line(of.level, i === 0 ? of.title : '', value);
}

/** `[a b]`, as Go prints a list of texts. */
export function goList(values: readonly string[] | undefined): string {
  return `[${(values ?? []).join(' ')}]`;
}

/** `True`, `False` or `<unset>`. */
export function boolText(value: boolean | undefined): string {
  if (value === undefined) return '<unset>';
  return value ? 'True' : 'False';
}

import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { makeObjects, removeObjects, sendStatus } from './places.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const accepts = [
  table,
  `${table},application/json`,
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v2;g=meta.k8s.io,application/json',
  'application/yaml',
  '*/*',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'application/json;as=Table;g=meta.k8s.io',
  'application/json;as=Nothing;v=v1;g=meta.k8s.io',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
];

/** Tables and other printed forms of objects and statuses of all kinds. */
export async function tables(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const resources = compare.facts.resources.filter(({ verbs }) => verbs.includes('update'));
  const resource = resources[index % resources.length] ?? chance.pick(resources);
  const made = await makeObjects(compare, resource, { chance, prefix: `t${index}`, count: 3, share: 0.8 });
  for (const { path } of made) if (chance.of(0.8)) await sendStatus(compare, resource, { chance, path });
  const collection = collectionPath(resource);
  const ask = (path: string, accept: string) =>
    compare.ask({ method: 'GET', path, headers: { accept }, cutAfterMs: 300 }, printed);
  for (const { path } of made) await ask(path, table);
  const include = chance.pick([
    '',
    '?includeObject=Object',
    '?includeObject=None',
    '?includeObject=Metadata',
    '?limit=2',
  ]);
  for (const path of [`${collection}${include}`, made[0]?.path ?? collection]) await ask(path, chance.pick(accepts));
  await ask(`${collection}${include}`, table);
  const watch = `${collection}?watch=1&timeoutSeconds=1${include.replace('?', '&')}&fieldSelector=metadata.name=${made[0]?.path.split('/').at(-1)}`;
  if (made[0]) await ask(watch, chance.pick([table, accepts[4] ?? '']));
  await removeObjects(compare, made);
}

/**
 * Of objects their kinds and names; of tables everything but the column descriptions, because the cells are what is
 * compared here.
 */
export function printed(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(printed);
  if (typeof form !== 'object' || form === null) return form;
  const { kind, metadata, items, rows, columnDefinitions, object, type } = form as Record<string, unknown>;
  if (object !== undefined && type !== undefined) return { type, object: printed(object) };
  if (kind === 'Status') return form;
  if (Array.isArray(rows) && Array.isArray(columnDefinitions)) return tableForm({ metadata, columnDefinitions, rows });
  if (Array.isArray(items)) return { kind, metadata, items: items.map(printed).filter(isMade) };
  return { kind, name: (metadata as { name?: string } | undefined)?.name };
}

interface Column {
  readonly name: string;
  readonly description: string;
}

/** Columns and cells by column name, so that a column that only one side has is a single difference. */
function tableForm(table: {
  metadata: unknown;
  columnDefinitions: readonly Column[];
  rows: readonly { cells: unknown[]; object: unknown }[];
}): object {
  const { metadata, columnDefinitions, rows } = table;
  const names = columnDefinitions.map(({ name }) => name);
  const cells = (row: readonly unknown[]) =>
    row.map((cell, i) => [names[i], /^\d+[smh]/.test(String(cell)) ? '<age>' : cell]);
  return {
    kind: 'Table',
    metadata,
    columns: Object.fromEntries(columnDefinitions.map(({ name, description: _, ...rest }) => [name, rest])),
    order: names.join(),
    rows: rows
      .map((row) => ({ ...row, cells: Object.fromEntries(cells(row.cells)), object: printed(row.object) }))
      .filter(({ cells: { Name }, object }) => isMade({ name: Name ?? (object as { name?: string } | null)?.name })),
  };
}

/** Whether an object was made by a case, rather than by a server. */
const isMade = (form: unknown): boolean => /^[a-z]+\d+-/.test(String((form as { name?: unknown } | null)?.name));

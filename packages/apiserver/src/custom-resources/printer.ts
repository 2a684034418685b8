import type { CustomResourceColumnDefinition } from '@typernetes/api/apiextensions/v1';
import { type ApiObject, canonicalJson, humanDuration, parseTime, valuesAt } from '@typernetes/machinery';
import { nameColumn } from '../registry/columns.ts';
import type { Printer, TableColumn } from '../registry/printer.ts';

const ageOnly: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.',
  jsonPath: '.metadata.creationTimestamp',
};

/** The definition's additional columns after the name; the age if it has none. */
export function customPrinter(definitions: readonly CustomResourceColumnDefinition[] | undefined): Printer<ApiObject> {
  const columns = definitions && definitions.length > 0 ? definitions : [ageOnly];
  return {
    columns: [nameColumn, ...columns.map(columnOf)],
    cells: (object, now) => [object.metadata.name, ...columns.map((column) => cell(object, column, now))],
  };
}

function columnOf({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: CustomResourceColumnDefinition): TableColumn {
  return {
    name,
    type: type as TableColumn['type'],
    ...(format ? { format } : {}),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority ? { priority } : {}),
  };
}

/** Null where the object has nothing there. */
function cell(object: ApiObject, { jsonPath, type }: CustomResourceColumnDefinition, now: number): unknown {
  const [value] = valuesAt(jsonPath, object);
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null;
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date': {
      const at = typeof value === 'string' ? parseTime(value) : Number.NaN;
      return Number.isNaN(at) ? '<invalid>' : humanDuration(now - at);
    }
    default:
      return typeof value === 'string' ? value : goJson(value);
  }
}

/** JSON as Go writes it: maps in the order of their keys, and nothing that HTML could mistake. */
const goJson = (value: unknown): string =>
  canonicalJson(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

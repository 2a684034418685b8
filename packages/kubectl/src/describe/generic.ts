import { isJsonObject } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { describeMetadata } from './metadata.ts';

/** Describes an object of any kind: its metadata, and its fields sorted, with their names split into words. */
export const describeGeneric: Describer = async (object, text) => {
  describeMetadata(text, object.metadata, { namespaced: true });
  const {
    managedFields: _managed,
    name: _n,
    namespace: _ns,
    labels: _l,
    annotations: _a,
    ...metadata
  } = object.metadata;
  describeFields(text, 0, { ...object, metadata });
};

function describeFields(text: Description, level: number, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined) continue;
    const title = `${titleOf(name)}:`;
    if (isJsonObject(value)) {
      text.line(level, title);
      describeFields(text, level + 1, value);
    } else if (Array.isArray(value)) {
      text.line(level, title);
      for (const item of value as unknown[]) {
        if (isJsonObject(item)) describeFields(text, level + 1, item);
        else text.line(level + 1, plainText(item));
      }
    } else text.line(level, title, plainText(value));
  }
}

/** Upstream prints what it decoded from JSON with Go's `%v`. */
function plainText(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(plainText).join(' ')}]`;
  return String(value);
}

const acronyms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `serviceAccountName` to `Service Account Name`; names with digits or signs stay as they are. */
export function titleOf(name: string): string {
  if (/[^\p{L}-]/u.test(name)) return name;
  const parts = name.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|-+/gu) ?? [];
  return parts
    .map((part) =>
      acronyms.has(part.toUpperCase())
        ? part.toUpperCase()
        : part.charAt(0).toUpperCase() + part.slice(1).toLowerCase(),
    )
    .join(' ');
}

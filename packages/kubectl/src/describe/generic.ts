import { isJsonObject } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';

/** What is known of an object of any kind: its metadata, and its fields under their names in words. */
export const describeGeneric: Describer = async (object, text) => {
  const { metadata, ...fields } = object;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  const { managedFields: _hidden, name: _n, namespace: _ns, labels: _l, annotations: _a, ...rest } = metadata;
  const shown = { 'API Version': fields.apiVersion, Kind: fields.kind, Metadata: rest };
  for (const [name, value] of Object.entries(shown)) field(text, { level: 0, title: name, value });
  for (const [name, value] of Object.entries(fields).sort()) {
    if (name !== 'apiVersion' && name !== 'kind') field(text, { level: 0, title: titleOf(name), value });
  }
};

function field(text: Description, { level, title, value }: { level: number; title: string; value: unknown }): void {
  if (value === undefined) return;
  if (isJsonObject(value)) {
    text.line(level, `${title}:`);
    for (const [name, inner] of Object.entries(value).sort())
      field(text, { level: level + 1, title: titleOf(name), value: inner });
  } else if (Array.isArray(value)) {
    text.line(level, `${title}:`, ...(value.length === 0 ? ['<none>'] : []));
    for (const item of value as unknown[]) {
      if (isJsonObject(item))
        for (const [name, inner] of Object.entries(item).sort())
          field(text, { level: level + 1, title: titleOf(name), value: inner });
      else text.line(level + 1, String(item));
    }
  } else text.line(level, `${title}:`, String(value));
}

/** `serviceAccountName` to `Service Account Name`. */
function titleOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

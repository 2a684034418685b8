import { jsonEqual } from '../json/equal.ts';
import { isJsonObject, type ListSchema, type Schema } from './schema.ts';

/**
 * Type errors in a configuration, in the words of upstream's typed values: `.data.k: expected string, got ...`.
 * Includes duplicate items of lists, since both cannot be applied. Excludes unknown fields.
 */
export function typeMisfits(value: unknown, schema: Schema, path = ''): string[] {
  if (value === undefined || value === null) return [];
  switch (schema.kind) {
    case 'any':
      return [];
    case 'scalar':
      return scalarMisfits(value, schema.type, path);
    case 'list':
      return Array.isArray(value) ? listMisfits(value, schema, path) : [`${path}: expected list, got ${shown(value)}`];
    case 'map':
      if (!isJsonObject(value)) return [`${path}: expected map, got ${shown(value)}`];
      return Object.entries(value).flatMap(([key, one]) => typeMisfits(one, schema.values, `${path}.${key}`));
    case 'struct':
      if (!isJsonObject(value)) return [`${path}: expected map, got ${shown(value)}`];
      return Object.entries(value).flatMap(([name, one]) => {
        const field = schema.fields.get(name);
        return field ? typeMisfits(one, field.schema, `${path}.${name}`) : [];
      });
  }
}

function scalarMisfits(value: unknown, type: string, path: string): string[] {
  if (type === 'string')
    return typeof value === 'string'
      ? []
      : [`${path}: expected string, got &value.valueUnstructured{Value:${goValue(value)}}`];
  if (type === 'bool') return typeof value === 'boolean' ? [] : [`${path}: expected boolean, got ${shown(value)}`];
  if (/^u?int\d*$|^float\d*$/.test(type))
    return typeof value === 'number' || typeof value === 'bigint'
      ? []
      : [`${path}: expected numeric (int or float), got ${goType(value)}`];
  return [];
}

function listMisfits(list: readonly unknown[], schema: ListSchema, path: string): string[] {
  const misfits: string[] = [];
  const seen: unknown[] = [];
  for (const [index, item] of list.entries()) {
    const key = keyOf(item, schema);
    if (key === undefined) misfits.push(...typeMisfits(item, schema.items, `${path}[${index}]`));
    else {
      if (seen.some((one) => jsonEqual(one, key.value)))
        misfits.push(`${path}: duplicate entries for key [${key.text}]`);
      seen.push(key.value);
      misfits.push(...typeMisfits(item, schema.items, `${path}[${key.text}]`));
    }
  }
  return misfits;
}

/** The key of an item of such a list; undefined if items are identified by position. */
function keyOf(item: unknown, { type, keys }: ListSchema): { value: unknown; text: string } | undefined {
  if (type === 'set') return { value: item, text: `=${JSON.stringify(item)}` };
  if (type !== 'map' || !isJsonObject(item)) return undefined;
  const values = keys.map((key) => item[key]);
  if (values.some((one) => one === undefined)) return undefined;
  return { value: values, text: keys.map((key, i) => `${key}=${JSON.stringify(values[i])}`).join(',') };
}

const shown = (value: unknown): string => `&{${goText(value)}}`;

function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  const members = Object.keys(value).sort();
  return `map[${members.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
}

function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(', ')}}`;
  if (!isJsonObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `map[string]interface {}{${members.map((key) => `${JSON.stringify(key)}:${goValue(value[key])}`).join(', ')}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

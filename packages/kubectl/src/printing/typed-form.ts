import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, type FieldSchema, isJsonObject, type Schema } from '@typernetes/machinery';

/**
 * An object as upstream's clients encode what they hold in a struct of its kind: members in the order of their declaration, structs that
 * are empty shown, zero values shown or left out as the declaration has it. What no built-in kind describes stays as it is.
 */
export function typedForm(object: ApiObject): ApiObject {
  const { apiVersion = '', kind = '' } = object;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const schema = schemaOfKind({ group, version, kind });
  return schema ? (formed(object, schema) as ApiObject) : object;
}

function formed(value: unknown, schema: Schema): unknown {
  switch (schema.kind) {
    case 'list':
      return Array.isArray(value) ? value.map((item) => formed(item, schema.items)) : value;
    case 'map':
      return isJsonObject(value)
        ? Object.fromEntries(
            Object.keys(value)
              .sort()
              .map((key) => [key, formed(value[key], schema.values)]),
          )
        : value;
    case 'struct': {
      if (!isJsonObject(value)) return value;
      const members = [...schema.fields.values()].flatMap((field) => memberOf(field, value[field.name]));
      return Object.fromEntries(members);
    }
    default:
      return value;
  }
}

function memberOf({ name, schema, pointer, omitEmpty }: FieldSchema, value: unknown): [string, unknown][] {
  if (value === undefined || value === null) {
    if (schema.kind === 'struct' && !pointer) return [[name, formed({}, schema)]];
    if (omitEmpty || (pointer && schema.kind === 'scalar')) return [];
    return [[name, pointer ? null : zeroOf(schema)]];
  }
  if (omitEmpty && !pointer && schema.kind !== 'struct' && isEmpty(value)) return [];
  return [[name, formed(value, schema)]];
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function zeroOf(schema: Schema): unknown {
  if (schema.kind !== 'scalar') return null;
  switch (schema.type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'quantity':
      return '0';
    case 'int':
    case 'float':
    case 'intOrString':
      return 0;
    default:
      return null;
  }
}

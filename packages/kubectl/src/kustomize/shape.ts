import { isJsonObject, type JsonObject } from '@typernetes/machinery';

/** The expected type of a value in a kustomization. */
export type Shape =
  | 'any'
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | { readonly list: Shape }
  | { readonly map: Shape }
  /** `name` and `inside` are Go's, which messages name: its type, and structs that fields are written into. */
  | { readonly struct: string; readonly fields: Readonly<Record<string, Field>> };

interface Field {
  readonly shape: Shape;
  readonly inside?: string;
}

/** Decodes a value: matches field names case-insensitively, and drops nulls. Throws the errors of Go's decoder. */
export function shaped(value: unknown, shape: Shape, place?: Place): unknown {
  if (shape === 'any' || value === null || value === undefined) return value;
  if (typeof shape === 'string') {
    const isRight =
      shape === 'string'
        ? typeof value === 'string'
        : shape === 'bool'
          ? typeof value === 'boolean'
          : Number.isInteger(value);
    if (!isRight) throw wrong(value, shape, place);
    return value;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw wrong(value, shape, place);
    return value.map((item) => shaped(item, shape.list, place));
  }
  if (!isJsonObject(value)) throw wrong(value, shape, place);
  const result: JsonObject = {};
  const names = Object.keys(value).sort();
  if ('map' in shape) {
    for (const name of names) result[name] = shaped(value[name], shape.map, place) ?? '';
    return result;
  }
  for (const name of names) {
    const known = Object.hasOwn(shape.fields, name)
      ? name
      : Object.keys(shape.fields).find((field) => field.toLowerCase() === name.toLowerCase());
    const field = known === undefined ? undefined : shape.fields[known];
    if (known === undefined || !field) throw new ShapeError(`unknown field ${JSON.stringify(name)}`);
    const steps = [...(place?.steps ?? []), ...(field.inside ? [field.inside] : []), known];
    const member = shaped(value[name], field.shape, { struct: shape.struct, steps });
    if (member !== null && member !== undefined) result[known] = member;
  }
  return result;
}

/** A value has the wrong type. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

interface Place {
  readonly struct: string;
  readonly steps: readonly string[];
}

function wrong(value: unknown, shape: Shape, place: Place | undefined): ShapeError {
  const where = place ? `struct field ${place.struct}.${place.steps.join('.')} of` : 'value of';
  return new ShapeError(`cannot unmarshal ${kindOf(value, shape)} into Go ${where} type ${goType(shape)}`);
}

function kindOf(value: unknown, shape: Shape): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // Go's message contains a number of the wrong type.
  if (typeof value === 'number') return shape === 'int' || shape === 'int64' ? `number ${value}` : 'number';
  return typeof value;
}

function goType(shape: Shape): string {
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return `[]${goType(shape.list)}`;
  if ('map' in shape) return `map[string]${goType(shape.map)}`;
  return `types.${shape.struct}`;
}

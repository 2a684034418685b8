import { parseBootstrapToken } from '@typernetes/pki';
import { durationProblem } from '@typernetes/process';
import { malformedToken } from './field-problems.ts';
import { schema } from './schema.gen.ts';

/** `value` without unknown fields and nulls. As in Go, a null field is unset and a null in a list is an empty item. */
export function knownPart(value: unknown, type: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => knownPart(item ?? emptyOf(type.slice(2)), type.slice(2)));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const innerType = memberType(type, name);
      return innerType === undefined || inner === null ? [] : [[name, knownPart(inner, innerType)]];
    }),
  );
}

const emptyOf = (type: string): unknown => (type in schema ? {} : type === 'string' ? '' : null);

/** The type of a field: "" (anything) if the parent's fields are not known here, undefined if the field does not exist. */
function memberType(type: string, name: string): string | undefined {
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  if (map) return map[1];
  const fields = schema[type];
  if (!fields) return '';
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The paths of unknown fields below `value`. */
export function unknownFields(value: unknown, type: string, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => unknownFields(item, type.slice(2), `${path}[${i}]`));
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const innerType = memberType(type, name);
    return innerType === undefined ? [at] : unknownFields(inner, innerType, at);
  });
}

/** The message of Go's JSON decoder for the first value of the wrong type; undefined if there is none. */
export function misfit(value: unknown, type: string): string | undefined {
  return visit(value, type, { struct: '', path: [] });
}

/** The position of a value: the enclosing Go type, and the path of fields from the document. */
interface Place {
  readonly struct: string;
  readonly path: readonly string[];
}

function visit(value: unknown, type: string, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  const first = <T>(items: readonly T[], of: (item: T) => string | undefined): string | undefined => {
    for (const item of items) {
      const found = of(item);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) return mismatch(value, type, place);
    return first(value, (item) => visit(item, type.slice(2), place));
  }
  if (type.startsWith('map[') || type in schema) {
    if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, type, place);
    const isStruct = type in schema;
    return first(Object.entries(value), ([name, inner]) => {
      const innerType = memberType(type, name);
      if (innerType === undefined) return undefined;
      return visit(inner, innerType, isStruct ? { struct: bare(type), path: [...place.path, name] } : place);
    });
  }
  const wanted = scalarKind(type);
  if (wanted !== undefined && typeof value !== wanted) return mismatch(value, type, place);
  if (typeof value === 'number' && !fits(value, type)) return mismatch(value, type, place, ` ${value}`);
  return typeof value === 'string' ? textProblem(value, type, place) : undefined;
}

/** Strings that the decoder parses. */
function textProblem(text: string, type: string, { struct, path }: Place): string | undefined {
  if (type === 'Duration') return durationProblem(text);
  const isToken = struct === 'BootstrapToken' && path.at(-1) === 'token' && text !== '';
  return isToken && !parseBootstrapToken(text) ? malformedToken(text) : undefined;
}

function mismatch(value: unknown, type: string, { struct, path }: Place, shown = ''): string {
  // The decoder of a type with its own UnmarshalJSON does not know its position.
  const where = type === 'Duration' || type === 'Time' ? 'Go value' : `Go struct field ${struct}.${path.join('.')}`;
  return `json: cannot unmarshal ${jsonKind(value)}${shown} into ${where} of type ${goType(type)}`;
}

const bare = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

/** `kubeadm/v1beta4.DNS` as Go has it: `v1beta4.DNS`. */
function goType(type: string): string {
  if (type.startsWith('[]')) return `[]${goType(type.slice(2))}`;
  const map = /^(map\[[^\]]+\])(.*)$/.exec(type);
  if (map) return `${map[1]}${goType(map[2] ?? '')}`;
  if (type === 'Duration' || type === 'Time') return 'string';
  return type.slice(type.lastIndexOf('/') + 1);
}

/** The name of a JSON value in the messages of Go's decoder. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** The JavaScript type of a scalar, or undefined if several are accepted (quantities, percentages). */
function scalarKind(type: string): 'string' | 'number' | 'boolean' | undefined {
  if (type === 'bool') return 'boolean';
  if (/^u?int\d*$|^float/.test(type)) return 'number';
  return type === 'string' || type === 'Duration' || type === 'Time' ? 'string' : undefined;
}

function fits(value: number, type: string): boolean {
  const bits = /^(u?)int(\d*)$/.exec(type);
  if (!bits) return true;
  const size = 2 ** (Number(bits[2] || 64) - (bits[1] === 'u' ? 0 : 1));
  return Number.isInteger(value) && value < size && value >= (bits[1] === 'u' ? 0 : -size);
}

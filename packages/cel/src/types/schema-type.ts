import type { DeclaredField, DeclaredType } from './declared-type.ts';
import { escapedPropertyName } from './property-name.ts';
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from './type.ts';

/** The parts of a structural schema that determine types. */
export interface TypedSchema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly items?: TypedSchema | readonly TypedSchema[];
  readonly properties?: Readonly<Record<string, TypedSchema>>;
  readonly additionalProperties?: TypedSchema | boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

const stringFormats: Readonly<Record<string, CelType>> = {
  byte: bytesType,
  duration: durationType,
  date: timestampType,
  'date-time': timestampType,
};

/** The maximum request size in bytes: upstream's bound for values without one of their own. */
const maxRequest = 3 * 1024 * 1024;

/** The quotes take two bytes. */
const text: DeclaredType = { type: stringType, maxSize: maxRequest - 2, minJsonSize: 2 };

/** The minimum and maximum JSON length of each string format. */
const formatSizes: Readonly<Record<string, readonly [min: number, max: number]>> = {
  byte: [2, maxRequest - 2],
  duration: [3, 32],
  date: [12, 12],
  'date-time': [21, 32],
};

/**
 * The type of values of a structural schema; undefined where expressions see nothing. `name` is for messages. Objects
 * show only declared fields; of metadata, as upstream, only `name` and `generateName`.
 */
export function schemaType(schema: TypedSchema, name: string, resourceRoot = false): DeclaredType | undefined {
  const declared = plainType(schema, name, resourceRoot);
  return declared && schema.nullable ? { ...declared, nullable: true } : declared;
}

function plainType(schema: TypedSchema, name: string, resourceRoot: boolean): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    return { type: dynType, maxSize: bytesOf(schema.maxLength) ?? maxRequest - 2, minJsonSize: 1 };
  }
  switch (schema.type) {
    case 'array':
      return arrayType(schema, name);
    case 'object':
      return objectOrMap(schema, name, resourceRoot);
    case 'string':
      return textType(schema);
    case 'boolean':
      return { type: boolType, minJsonSize: 4 };
    case 'number':
      return { type: doubleType, minJsonSize: 1 };
    case 'integer':
      return { type: intType, minJsonSize: 1 };
    default:
      return undefined;
  }
}

/** A character takes at most four bytes. */
const bytesOf = (maxLength: number | undefined): number | undefined =>
  maxLength === undefined ? undefined : Math.max(0, maxLength) * 4;

function textType(schema: TypedSchema): DeclaredType {
  const { format = '', maxLength, enum: values } = schema;
  const known = Object.hasOwn(stringFormats, format) ? stringFormats[format] : undefined;
  const [minJsonSize, longest] = (known && formatSizes[format]) ?? [2, maxRequest - 2];
  if (known) {
    const isBytes = known.kind === 'bytes' && maxLength !== undefined;
    return { type: known, maxSize: isBytes ? Math.max(0, maxLength) : longest, minJsonSize };
  }
  const listed = values?.length
    ? Math.max(0, ...values.map((one) => (typeof one === 'string' ? utf8Length(one) : 0)))
    : undefined;
  return { type: stringType, maxSize: bytesOf(maxLength) ?? listed ?? longest, minJsonSize };
}

const utf8Length = (value: string): number => new TextEncoder().encode(value).length;

function arrayType(schema: TypedSchema, name: string): DeclaredType | undefined {
  const items = Array.isArray(schema.items) ? undefined : (schema.items as TypedSchema | undefined);
  const element = items && schemaType(items, `${name}.@idx`);
  if (!element) return undefined;
  const kind = schema['x-kubernetes-list-type'];
  const list =
    kind === 'set'
      ? ({ type: 'set' } as const)
      : kind === 'map'
        ? ({ type: 'map', keys: schema['x-kubernetes-list-map-keys'] ?? [] } as const)
        : undefined;
  const { maxItems } = schema;
  const maxSize =
    maxItems === undefined ? Math.floor((maxRequest - 2) / ((element.minJsonSize ?? 0) + 1)) : Math.max(0, maxItems);
  return { type: listType(element.type), element, ...(list ? { list } : {}), maxSize, minJsonSize: 2 };
}

function objectOrMap(schema: TypedSchema, name: string, resourceRoot: boolean): DeclaredType | undefined {
  const values = schema.additionalProperties;
  if (typeof values === 'object') {
    const element = schemaType(values, `${name}.@elem`);
    if (!element) return undefined;
    const { maxProperties } = schema;
    const maxSize =
      maxProperties === undefined
        ? Math.floor((maxRequest - 2) / ((element.minJsonSize ?? 0) + 6))
        : Math.max(0, maxProperties);
    return { type: mapType(stringType, element.type), element, maxSize, minJsonSize: 2 };
  }
  const fields = new Map<string, DeclaredField>();
  let minJsonSize = 2;
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    const type = schemaType(inner, `${name}.${property}`);
    const spelled = escapedPropertyName(property);
    if (type && spelled !== undefined) fields.set(spelled, { name: property, type, default: inner.default });
    // A property with a default may be absent from the request.
    if (type && inner.default === undefined && schema.required?.includes(property)) {
      minJsonSize += property.length + (type.minJsonSize ?? 0) + 4;
    }
  }
  if (resourceRoot || schema['x-kubernetes-embedded-resource']) addResourceFields(fields, name);
  return { type: objectType(name), fields, minJsonSize };
}

function addResourceFields(fields: Map<string, DeclaredField>, name: string): void {
  fields.set('apiVersion', { name: 'apiVersion', type: text });
  fields.set('kind', { name: 'kind', type: text });
  const metadata = new Map(['name', 'generateName'].map((key) => [key, { name: key, type: text }]));
  fields.set('metadata', { name: 'metadata', type: { type: objectType(`${name}.metadata`), fields: metadata } });
}

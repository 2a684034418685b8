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

/** The parts of a structural schema that types are made of. */
export interface TypedSchema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
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

const text: DeclaredType = { type: stringType };

/**
 * The type of the values of a structural schema; undefined where expressions see nothing. `name` is for messages.
 * Objects show declared fields only; of metadata, upstream shows `name` and `generateName`.
 */
export function schemaType(schema: TypedSchema, name: string, resourceRoot = false): DeclaredType | undefined {
  const declared = plainType(schema, name, resourceRoot);
  return declared && schema.nullable ? { ...declared, nullable: true } : declared;
}

function plainType(schema: TypedSchema, name: string, resourceRoot: boolean): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: dynType, ...bound(schema.maxLength) };
  switch (schema.type) {
    case 'array':
      return arrayType(schema, name);
    case 'object':
      return objectOrMap(schema, name, resourceRoot);
    case 'string':
      return { type: stringFormats[schema.format ?? ''] ?? stringType, ...bound(textSize(schema)) };
    case 'boolean':
      return { type: boolType };
    case 'number':
      return { type: doubleType };
    case 'integer':
      return { type: intType };
    default:
      return undefined;
  }
}

const bound = (maxSize: number | undefined): { maxSize?: number } => (maxSize === undefined ? {} : { maxSize });

function textSize(schema: TypedSchema): number | undefined {
  if (schema.maxLength !== undefined) return schema.maxLength;
  return schema.enum && Math.max(...schema.enum.map((value) => String(value).length));
}

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
  return { type: listType(element.type), element, ...(list ? { list } : {}), ...bound(schema.maxItems) };
}

function objectOrMap(schema: TypedSchema, name: string, resourceRoot: boolean): DeclaredType | undefined {
  const values = schema.additionalProperties;
  if (typeof values === 'object') {
    const element = schemaType(values, `${name}.@elem`);
    return element && { type: mapType(stringType, element.type), element, ...bound(schema.maxProperties) };
  }
  const fields = new Map<string, DeclaredField>();
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    const type = schemaType(inner, `${name}.${property}`);
    const spelled = escapedPropertyName(property);
    if (type && spelled !== undefined) fields.set(spelled, { name: property, type, default: inner.default });
  }
  if (resourceRoot || schema['x-kubernetes-embedded-resource']) addResourceFields(fields, name);
  return { type: objectType(name), fields };
}

function addResourceFields(fields: Map<string, DeclaredField>, name: string): void {
  fields.set('apiVersion', { name: 'apiVersion', type: text });
  fields.set('kind', { name: 'kind', type: text });
  const metadata = new Map(['name', 'generateName'].map((key) => [key, { name: key, type: text }]));
  fields.set('metadata', { name: 'metadata', type: { type: objectType(`${name}.metadata`), fields: metadata } });
}

import type { JSONSchemaProps, ValidationRule } from '@typernetes/api/apiextensions/v1';

/** The schema of a custom resource, in its structural form: every value has one type, defined in one place. */
export interface StructuralSchema
  extends Omit<JSONSchemaProps, 'items' | 'additionalProperties' | 'properties' | 'allOf' | 'anyOf' | 'oneOf' | 'not'> {
  readonly items?: StructuralSchema;
  /** `true` and `false` are allowed as well. */
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly properties?: Record<string, StructuralSchema>;
  readonly allOf?: StructuralSchema[];
  readonly anyOf?: StructuralSchema[];
  readonly oneOf?: StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly 'x-kubernetes-validations'?: ValidationRule[];
}

export const isKept = (schema: StructuralSchema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
export const isEmbedded = (schema: StructuralSchema): boolean => schema['x-kubernetes-embedded-resource'] === true;
export const isIntOrString = (schema: StructuralSchema): boolean => schema['x-kubernetes-int-or-string'] === true;

/** The schema of the values of a map; undefined for objects with fields and for maps of anything. */
export function valueSchema(schema: StructuralSchema): StructuralSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Own properties only: a property may be called `constructor`. */
export function propertySchema(schema: StructuralSchema, name: string): StructuralSchema | undefined {
  const { properties } = schema;
  return properties && Object.hasOwn(properties, name) ? properties[name] : valueSchema(schema);
}

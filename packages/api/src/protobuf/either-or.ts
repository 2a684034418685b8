import { isJsonObject, type JsonObject } from '@typernetes/machinery';

/** A type whose JSON is one of two alternatives, with a message field for each. */
export interface EitherOr {
  /** The message fields for a JSON value. */
  toFields(value: unknown): JsonObject;
  fromFields(fields: JsonObject): unknown;
}

const schemaOr = (list: string): EitherOr => ({
  toFields: (value) => (Array.isArray(value) ? { [list]: value } : { Schema: value }),
  fromFields: (fields) => fields.Schema ?? fields[list] ?? null,
});

const schemaOrBool: EitherOr = {
  toFields: (value) => (isJsonObject(value) ? { Allows: true, Schema: value } : { Allows: value === true }),
  fromFields: (fields) => fields.Schema ?? fields.Allows === true,
};

/** The types in CustomResourceDefinition schemas that are either a schema or something simpler. */
export function eitherOrOf(key: string): EitherOr | undefined {
  if (key.endsWith('.JSONSchemaPropsOrBool')) return schemaOrBool;
  if (key.endsWith('.JSONSchemaPropsOrArray')) return schemaOr('JSONSchemas');
  return key.endsWith('.JSONSchemaPropsOrStringArray') ? schemaOr('Property') : undefined;
}

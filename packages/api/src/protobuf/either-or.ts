import { isJsonObject, type JsonObject } from '@typernetes/machinery';

/** A type whose JSON is one of two things, and whose message has a field for each. */
export interface EitherOr {
  /** JSON's value by the message's fields. */
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

/** The types of CustomResourceDefinitions' schemas that are a schema or something simpler. */
export function eitherOrOf(key: string): EitherOr | undefined {
  if (key.endsWith('.JSONSchemaPropsOrBool')) return schemaOrBool;
  if (key.endsWith('.JSONSchemaPropsOrArray')) return schemaOr('JSONSchemas');
  return key.endsWith('.JSONSchemaPropsOrStringArray') ? schemaOr('Property') : undefined;
}

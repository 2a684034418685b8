import type { CustomResourceDefinitionVersion } from '@typernetes/api/apiextensions/v1';
import { schemaOfType } from '@typernetes/api/schema';
import { type ApiObject, decodeObject, type JsonObject, type StructSchema } from '@typernetes/machinery';
import { applySchemaDefaults, dropNulls, hasDefaults } from './schema/defaults.ts';
import { coerceEmbedded } from './schema/embedded-objects.ts';
import { fieldSchemaOf } from './schema/field-schema.ts';
import { prune } from './schema/prune.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

/** How a kind that is not built in is read: what its fields are, what is dropped, what is filled in. */
export interface CustomShape {
  /** For server-side apply and the owners of fields. */
  readonly fields: StructSchema;
  /** The document as an object that belongs to the caller, and the paths of what was dropped. Throws an Error where metadata does not fit. */
  decode(document: JsonObject): { readonly object: JsonObject; readonly unknownFields: readonly string[] };
  /** In place. */
  applyDefaults(object: ApiObject): void;
  /** A stored object as it is served: what the schema has changed since is dropped and filled in. In place; says whether anything has. */
  reread(object: ApiObject): boolean;
}

const metadataSchema = schemaOfType('meta/v1.ObjectMeta');
const anything: StructuralSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** The schema of a version; anything goes where it has none or where its definition keeps unknown fields. */
export function schemaOfVersion(version: CustomResourceDefinitionVersion, keepsUnknown: boolean): StructuralSchema {
  const schema = version.schema?.openAPIV3Schema as StructuralSchema | undefined;
  if (!schema) return anything;
  return keepsUnknown ? { ...schema, 'x-kubernetes-preserve-unknown-fields': true } : schema;
}

export function customShape(schema: StructuralSchema): CustomShape {
  let fields: StructSchema | undefined;
  return {
    get fields() {
      fields ??= fieldSchemaOf(schema);
      return fields;
    },
    decode: (document) => {
      const decoded = decodeObject(document.metadata ?? {}, metadataSchema);
      const { kind, apiVersion, metadata: _metadata, ...content } = structuredClone(document);
      const object: JsonObject = { apiVersion, kind, metadata: decoded.object, ...content };
      const inMetadata = decoded.unknownFields.map((field) => `metadata.${field}`).sort();
      return {
        object,
        unknownFields: [...inMetadata, ...prune(object, schema).sort(), ...coerceEmbedded(object, schema)],
      };
    },
    applyDefaults: (object) => {
      dropNulls(object, schema);
      applySchemaDefaults(object, schema);
    },
    reread: (object) => {
      const content = object as unknown as JsonObject;
      const dropped = [...coerceEmbedded(content, schema, { dropsMisfits: true }), ...prune(content, schema)];
      const filled = hasDefaults(schema) && applySchemaDefaults(object, schema);
      return dropped.length > 0 || filled;
    },
  };
}

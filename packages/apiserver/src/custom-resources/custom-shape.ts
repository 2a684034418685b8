import type { CustomResourceDefinitionVersion } from '@typernetes/api/apiextensions/v1';
import { schemaOfType } from '@typernetes/api/schema';
import { decodeObject, type JsonObject, type StructSchema } from '@typernetes/machinery';
import type { CustomShape } from '../registry/custom-shape.ts';
import { applySchemaDefaults, dropNulls, hasDefaults } from './schema/defaults.ts';
import { coerceEmbedded } from './schema/embedded-objects.ts';
import { fieldSchemaOf } from './schema/field-schema.ts';
import { prune } from './schema/prune.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

const metadataSchema = schemaOfType('meta/v1.ObjectMeta');
const anything: StructuralSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** The schema of a version; one that accepts anything if it has none or its definition preserves unknown fields. */
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
      // Of what defaults give to the metadata of objects inside, what is empty is nothing.
      if (applySchemaDefaults(object, schema)) coerceEmbedded(object, schema, { dropsMisfits: true });
    },
    reread: (object) => {
      const content = object as unknown as JsonObject;
      const filled = hasDefaults(schema) && applySchemaDefaults(object, schema);
      const dropped = [...coerceEmbedded(content, schema, { dropsMisfits: true }), ...prune(content, schema)];
      return dropped.length > 0 || filled;
    },
  };
}

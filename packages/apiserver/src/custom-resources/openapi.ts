import { createHash } from 'node:crypto';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@typernetes/api/apiextensions/v1';
import { isJsonObject } from '@typernetes/machinery';
import { type Dialect, definitionName, definitionsOf, groupVersionKind, reference } from '../openapi/definitions.ts';
import { listMetadataDescription, metadataDescription, typeMetaDescriptions } from '../openapi/descriptions.ts';
import { customForms, pathsOf } from '../openapi/operations.ts';
import {
  customOperations,
  deleteOptionsName,
  modelName,
  patchName,
  scaleName,
  statusName,
} from './openapi-operations.ts';

type Json = Record<string, unknown>;

const keeps = 'x-kubernetes-preserve-unknown-fields';

const metadataName = definitionName('meta/v1.ObjectMeta');
const listMetaName = definitionName('meta/v1.ListMeta');

/** The documents of the definitions of one group and version. */
interface CustomDocuments {
  readonly paths: Json;
  readonly definitions: Json;
}

/** `apis/example.com/v1` with a hash that changes with the content. */
export function customHashes(definitions: readonly CustomResourceDefinition[]): Map<string, string> {
  const found = new Map<string, string[]>();
  for (const definition of definitions) {
    for (const { name, served } of definition.spec.versions) {
      if (!served) continue;
      const path = `apis/${definition.spec.group}/${name}`;
      found.set(path, [...(found.get(path) ?? []), JSON.stringify(definition.spec)]);
    }
  }
  return new Map(
    Array.from(found, ([path, specs]) => [
      path,
      createHash('sha512').update(specs.join('\n')).digest('hex').toUpperCase(),
    ]),
  );
}

/** Paths and schemas of all served versions; of one group and version if `only` names it. */
export function customDocuments(
  definitions: readonly CustomResourceDefinition[],
  dialect: Dialect,
  only?: { readonly group: string; readonly version: string },
): CustomDocuments {
  const paths: Json = {};
  const schemas: Json = {};
  for (const definition of definitions) {
    if (only && definition.spec.group !== only.group) continue;
    for (const version of definition.spec.versions) {
      if (!version.served || (only && version.name !== only.version)) continue;
      Object.assign(paths, pathsOf(customOperations(definition, version), dialect, customForms));
      Object.assign(schemas, schemasOf(definition, version, dialect));
    }
  }
  const shared = definitionsOf(
    [metadataName, listMetaName, statusName, deleteOptionsName, patchName, scaleName],
    dialect,
  );
  return { paths, definitions: { ...shared, ...schemas } };
}

function schemasOf(
  { spec }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  dialect: Dialect,
): Json {
  const { group, names } = spec;
  const listKind = names.listKind ?? `${names.kind}List`;
  const name = modelName(group, version.name, names.kind);
  const listName = modelName(group, version.name, listKind);
  const keepsUnknown = (version.schema?.openAPIV3Schema as Json | undefined)?.[keeps] === true;
  const schema = published(version.schema?.openAPIV3Schema ?? {}, dialect) as Json;
  const own = isJsonObject(schema.properties) ? schema.properties : {};
  const typeMeta = {
    apiVersion: { type: 'string', description: typeMetaDescriptions.apiVersion },
    kind: { type: 'string', description: typeMetaDescriptions.kind },
  };
  const meta = (target: string, description: string): Json => ({
    description,
    ...(dialect === 'v3' ? { allOf: [reference(target, dialect)] } : reference(target, dialect)),
  });
  // Clients of version 2 assume that the listed properties are all.
  const named =
    dialect === 'v2' && keepsUnknown
      ? {}
      : { ...schema, properties: { ...typeMeta, ...own, metadata: meta(metadataName, metadataDescription) } };
  return {
    [name]: {
      ...named,
      type: 'object',
      'x-kubernetes-group-version-kind': [groupVersionKind([group, version.name, names.kind])],
    },
    [listName]: {
      description: `${listKind} is a list of ${names.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...typeMeta,
        items: { type: 'array', description: `List of ${names.plural}.`, items: reference(name, dialect) },
        metadata: meta(listMetaName, listMetadataDescription),
      },
      'x-kubernetes-group-version-kind': [groupVersionKind([group, version.name, listKind])],
    },
  };
}

/** OpenAPI version 2 has no alternatives, nullables or unknown fields; what it cannot express is omitted. */
function published(schema: unknown, dialect: Dialect): unknown {
  if (!isJsonObject(schema)) return schema;
  const out: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isJsonObject(value)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, published(inner, dialect)]));
    } else if (key === 'items' || key === 'additionalProperties' || key === 'not') out[key] = published(value, dialect);
    else if (Array.isArray(value) && /^(?:all|any|one)Of$/.test(key)) {
      out[key] = value.map((inner) => published(inner, dialect));
    } else out[key] = value;
  }
  if (dialect === 'v2')
    for (const key of ['anyOf', 'oneOf', 'not', 'allOf', 'nullable', 'x-kubernetes-validations']) delete out[key];
  if (dialect === 'v2' && (schema.nullable || schema[keeps])) {
    delete out.items;
    delete out.properties;
    // A value without a type may be anything.
    if (schema.nullable || out.type === 'object' || out.type === 'array') delete out.type;
  }
  return out;
}

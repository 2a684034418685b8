import { schemaOfKind } from '@typernetes/api/schema';
import { anySchema, type FieldSchema, isJsonObject, type JsonObject, type Schema } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { groupOf, type Manifest, versionOf } from './resource.ts';

/** The versions that upstream has built in. What differs between them and what is known here are kinds that there are no more. */
const builtInVersions = ['v1.21.2'];

/** What a build knows of kinds: the first `openapi` that it comes across stands for all of it. */
export class OpenApi {
  #isSet = false;
  #own: ReadonlyMap<string, Schema> | undefined;

  /** Takes what a kustomization says; `text` is the file of its `path`. Throws with upstream's words when it is none. */
  set({ version }: { readonly version?: string }, text: string | undefined): void {
    if (this.#isSet) return;
    if (version !== undefined && text !== undefined)
      throw new Error('builtin version and custom schema provided, cannot use both');
    if (text !== undefined) this.#own = schemasOf(text);
    else if (!version) return;
    else if (!builtInVersions.includes(version)) throw new Error('the specified OpenAPI version is not built in');
    this.#isSet = true;
  }

  /** A schema of one's own takes the place of all that is built in. */
  schemaOf(object: Manifest): Schema | undefined {
    const kind = { group: groupOf(object), version: versionOf(object), kind: object.kind };
    return this.#own ? this.#own.get(keyOf(kind)) : schemaOfKind(kind);
  }
}

const keyOf = ({ group = '', version = '', kind = '' }): string => `${group}/${version}/${kind}`;

/** By group, version and kind, from a text of OpenAPI v2 definitions. */
function schemasOf(text: string): Map<string, Schema> {
  const document = decodeDocument(text);
  const definitions = isJsonObject(document) && isJsonObject(document.definitions) ? document.definitions : {};
  const known = new Map<string, Schema>();
  const schemas = new Map<string, Schema>();
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = isJsonObject(definition) ? definition['x-kubernetes-group-version-kind'] : undefined;
    if (!Array.isArray(kinds)) continue;
    for (const kind of kinds.filter(isJsonObject)) schemas.set(keyOf(kind), named(name, { definitions, known }));
  }
  return schemas;
}

interface Definitions {
  readonly definitions: JsonObject;
  /** By name; types may have themselves inside. */
  readonly known: Map<string, Schema>;
}

function named(name: string, of: Definitions): Schema {
  const known = of.known.get(name);
  if (known) return known;
  const definition = of.definitions[name];
  if (!isJsonObject(definition) || !isJsonObject(definition.properties)) return anySchema;
  const fields = new Map<string, FieldSchema>();
  const schema: Schema = { kind: 'struct', goType: name, fields, atomic: false };
  of.known.set(name, schema);
  fill(fields, definition.properties, of);
  return schema;
}

function fill(fields: Map<string, FieldSchema>, properties: JsonObject, of: Definitions): void {
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) continue;
    const text = (extension: string): string | undefined => {
      const value = property[`x-kubernetes-${extension}`];
      return typeof value === 'string' ? value : undefined;
    };
    fields.set(name, {
      name,
      schema: schemaAt(property, of),
      required: false,
      pointer: true,
      omitEmpty: true,
      writesNull: false,
      patchStrategy: text('patch-strategy')?.split(',') ?? [],
      patchMergeKey: text('patch-merge-key'),
    });
  }
}

function schemaAt(property: JsonObject, of: Definitions): Schema {
  const { $ref, properties, items, additionalProperties } = property;
  if (typeof $ref === 'string') return named($ref.replace('#/definitions/', ''), of);
  if (isJsonObject(properties)) {
    const fields = new Map<string, FieldSchema>();
    fill(fields, properties, of);
    return { kind: 'struct', goType: '', fields, atomic: false };
  }
  if (isJsonObject(items)) {
    const keys = property['x-kubernetes-list-map-keys'];
    return {
      kind: 'list',
      goType: '',
      items: schemaAt(items, of),
      type: Array.isArray(keys) ? 'map' : 'atomic',
      keys: Array.isArray(keys) ? keys.map(String) : [],
    };
  }
  if (isJsonObject(additionalProperties))
    return { kind: 'map', goType: '', values: schemaAt(additionalProperties, of), atomic: false };
  return anySchema;
}

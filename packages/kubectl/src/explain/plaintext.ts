import { type GroupVersionKind, type OpenApiSchema, type OpenApiSchemas, valuesOf } from './open-api.ts';
import { indent, wrap } from './text.ts';

/** The path of the explained field; empty for the object itself. */
export interface Subject {
  readonly schemas: OpenApiSchemas;
  readonly kind: GroupVersionKind;
  readonly path: readonly string[];
  readonly recursive: boolean;
}

/** The explanation in upstream's layout; undefined if the field does not exist. */
export function plaintext({ schemas, kind, path, recursive }: Subject): string | undefined {
  const schema = schemas.ofKind(kind);
  if (!schema) throw new Error(`GVK ${JSON.stringify(kind)} not found in OpenAPI schema`);
  const text = new Plaintext(schemas, recursive).subject(schema, path, new Set());
  return text === undefined ? undefined : `${text}\n`;
}

export function header({ group, kind, version }: GroupVersionKind): string {
  return `${group ? `GROUP:      ${group}\n` : ''}KIND:       ${kind}\nVERSION:    ${version}\n\n`;
}

/** The number of enum values that a list of fields shows. */
const enumLimit = 4;

class Plaintext {
  readonly #schemas: OpenApiSchemas;
  readonly #recursive: boolean;

  constructor(schemas: OpenApiSchemas, recursive: boolean) {
    this.#schemas = schemas;
    this.#recursive = recursive;
  }

  /** Follows the path, through lists and maps to their elements. `seen` has the references since the last field, to end cycles. */
  subject(schema: OpenApiSchema, path: readonly string[], seen: ReadonlySet<string>): string | undefined {
    const resolved = this.#schemas.resolve(schema);
    const [field, ...rest] = path;
    if (field === undefined) return this.#whole(resolved);
    if (schema.$ref !== undefined && seen.has(schema.$ref)) return undefined;
    const next = schema.$ref === undefined ? seen : new Set([...seen, schema.$ref]);
    const property = Object.hasOwn(resolved.properties ?? {}, field) ? resolved.properties?.[field] : undefined;
    if (property) {
      const below = this.subject(property, rest, new Set());
      if (rest.length > 0 || below === undefined) return below;
      return `FIELD: ${field} <${this.#typeOf(property)}>\n${longEnum(property)}\n\n${below}`;
    }
    const values = valuesOf(resolved);
    if (resolved.items) return this.subject(resolved.items, path, next);
    if (values) return this.subject(values, path, next);
    for (const alternative of resolved.allOf ?? []) {
      const text = this.subject(alternative, path, next);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #whole(schema: OpenApiSchema): string {
    const description = this.#description(schema);
    const fields = this.#fields(schema, 1, new Set());
    return [
      `DESCRIPTION:\n${indent(wrap(description || '<empty>', 76), 4)}\n`,
      schema.externalDocs ? `\n${externalDocs(schema.externalDocs, 0)}` : '',
      fields === '' ? '' : `FIELDS:\n${fields}`,
    ].join('');
  }

  /** The descriptions of the schema and of all schemas that it consists of. */
  #description(schema: OpenApiSchema): string {
    const resolved = this.#schemas.resolve(schema);
    const parts = [...(resolved.allOf ?? []), resolved.items, valuesOf(resolved)];
    return [
      resolved.description ? `${resolved.description}\n` : '',
      ...parts.map((part) => (part ? this.#description(part) : '')),
    ].join('');
  }

  #fields(schema: OpenApiSchema, level: number, seen: ReadonlySet<string>): string {
    if (schema.$ref !== undefined && seen.has(schema.$ref)) return '';
    const next = schema.$ref === undefined ? seen : new Set([...seen, schema.$ref]);
    const resolved = this.#schemas.resolve(schema);
    const own = Object.keys(resolved.properties ?? {})
      .sort()
      .map((name) => {
        const field = resolved.properties?.[name] as OpenApiSchema;
        const detail = this.#detail({ name, field, required: resolved.required?.includes(name) ?? false }, level * 2);
        return this.#recursive ? detail + this.#fields(field, level + 1, next) : detail;
      });
    const parts = [...(resolved.allOf ?? []), resolved.items, valuesOf(resolved)];
    return [...own, ...parts.map((part) => (part ? this.#fields(part, level, next) : ''))].join('');
  }

  #detail(of: { name: string; field: OpenApiSchema; required: boolean }, by: number): string {
    const { field } = of;
    const line = `${' '.repeat(by)}${of.name}\t<${this.#typeOf(field)}>${of.required ? ' -required-' : ''}`;
    const head = `${line}${shortEnum(field, by)}\n`;
    if (this.#recursive) return head;
    const description = indent(wrap(field.description || '<no description>', 78 - by), by + 2);
    const docs = field.externalDocs ? `\n${externalDocs(field.externalDocs, by + 2)}` : '';
    return `${head}${description}\n${docs}\n`;
  }

  /** `string`, `[]Container`, `map[string]string`: the referenced type's name, if that is an object. */
  #typeOf(schema: OpenApiSchema): string {
    const values = valuesOf(schema);
    if (schema.items) return `[]${this.#typeOf(schema.items)}`;
    if (values) return `map[string]${this.#typeOf(values)}`;
    const [only, ...others] = schema.allOf ?? [];
    if (only && others.length === 0 && !schema.properties) return this.#typeOf(only);
    if (schema.$ref !== undefined) {
      const { type = 'object' } = this.#schemas.named(schema.$ref) ?? {};
      return type === 'object' ? schema.$ref.slice(schema.$ref.search(/[^./]*$/)) || 'Object' : type;
    }
    return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type;
  }
}

const shown = (value: unknown): string => (value === '' ? '""' : String(value));

function shortEnum({ enum: values }: OpenApiSchema, by: number): string {
  if (!values || values.length === 0) return '';
  const more = values.length > enumLimit ? ', ....' : '';
  return `\n${' '.repeat(by)}enum: ${values.slice(0, enumLimit).map(shown).join(', ')}${more}`;
}

function longEnum({ enum: values }: OpenApiSchema): string {
  if (!values || values.length === 0) return '';
  return `ENUM:${values.map((value) => `\n    ${shown(value)}`).join('')}`;
}

function externalDocs({ description, url }: NonNullable<OpenApiSchema['externalDocs']>, by: number): string {
  return [
    `${' '.repeat(by)}EXTERNAL DOCS:\n`,
    description ? `${indent(wrap(description, 78 - by - (by === 0 ? 2 : 0)), by === 0 ? 4 : by + 2)}\n` : '',
    url ? `${' '.repeat(by === 0 ? 4 : by + 2)}URL: ${url}\n` : '',
  ].join('');
}

import { type OpenApiSchema, type OpenApiSchemas, valuesOf } from './open-api.ts';
import type { Subject } from './plaintext.ts';
import { filled } from './text.ts';

const width = 80;

/** The kinds of schemas in OpenAPI v2: with properties, containers of other schemas, primitive, or arbitrary. */
type Shape = 'reference' | 'fields' | 'list' | 'map' | 'value' | 'anything';

function shapeOf({ $ref, type, properties }: OpenApiSchema): Shape {
  if ($ref !== undefined) return 'reference';
  if (type === 'array') return 'list';
  if (type !== undefined && type !== 'object') return 'value';
  if (properties) return 'fields';
  return type === undefined ? 'anything' : 'map';
}

/** Of a map that says nothing of its values, these are anything, with the words of the map. */
const inner = (schema: OpenApiSchema): OpenApiSchema =>
  schema.items ?? valuesOf(schema) ?? { ...(schema.description ? { description: schema.description } : {}) };

/** The layout that `explain` had before OpenAPI v3. Throws if the field does not exist. */
export function plaintextV2({ schemas, kind, path, recursive }: Subject): string {
  const whole = schemas.ofKind(kind);
  if (!whole) throw new Error(`couldn't find resource for "${kind.group}/${kind.version}, Kind=${kind.kind}"`);
  const explained = new PlaintextV2(schemas, recursive);
  const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return `KIND:     ${kind.kind}\nVERSION:  ${version}\n\n${explained.subject(explained.at(whole, path), path.at(-1) ?? '')}`;
}

class PlaintextV2 {
  readonly #schemas: OpenApiSchemas;
  readonly #recursive: boolean;

  constructor(schemas: OpenApiSchemas, recursive: boolean) {
    this.#schemas = schemas;
    this.#recursive = recursive;
  }

  /** Follows the path; a primitive ends it, even if segments are left. */
  at(whole: OpenApiSchema, path: readonly string[]): OpenApiSchema {
    let schema = whole;
    let left = path;
    for (;;) {
      const shape = shapeOf(schema);
      const [field, ...rest] = left;
      if (field === undefined || shape === 'value' || shape === 'anything') return schema;
      if (shape !== 'fields') {
        schema = this.#below(schema);
        continue;
      }
      const { properties = {} } = schema;
      if (!Object.hasOwn(properties, field)) throw new Error(`field ${JSON.stringify(field)} does not exist`);
      schema = properties[field] as OpenApiSchema;
      left = rest;
    }
  }

  subject(schema: OpenApiSchema, name: string): string {
    const texts: string[] = [];
    let at = schema;
    let shape = shapeOf(at);
    for (; shape === 'reference' || shape === 'list' || shape === 'map'; shape = shapeOf(at)) {
      texts.push(at.description ?? '');
      at = this.#below(at);
    }
    texts.push(at.description ?? '');
    const type = this.#typeOf(schema);
    const isWhole = name === '' && shape === 'fields';
    const what =
      shape === 'anything' || isWhole ? '' : `${shape === 'fields' ? 'RESOURCE: ' : 'FIELD:    '}${name} <${type}>\n\n`;
    const fields = shape === 'fields' ? `\nFIELDS:\n${this.#fields(at, 1, new Set())}` : '';
    return `${what}DESCRIPTION:\n${description(texts)}${fields}`;
  }

  #fields(schema: OpenApiSchema, level: number, seen: ReadonlySet<string>): string {
    const { properties = {}, required = [] } = schema;
    return Object.keys(properties)
      .sort()
      .map((name) => {
        const field = properties[name] as OpenApiSchema;
        const line = `${' '.repeat(level * 3)}${name}\t<${this.#typeOf(field)}>`;
        if (this.#recursive) return `${line}\n${this.#fieldsBelow(field, level + 1, seen)}`;
        const text = filled(field.description ?? '', { width, indent: level * 3 + 2 });
        return `${line}${required.includes(name) ? ' -required-' : ''}\n${text}\n`;
      })
      .join('');
  }

  /** Those of what a field is made of, but for what it is within already. */
  #fieldsBelow(field: OpenApiSchema, level: number, seen: ReadonlySet<string>): string {
    switch (shapeOf(field)) {
      case 'fields':
        return this.#fields(field, level, seen);
      case 'list':
      case 'map':
        return this.#fieldsBelow(inner(field), level, seen);
      case 'reference': {
        const { $ref = '' } = field;
        return seen.has($ref) ? '' : this.#fieldsBelow(this.#below(field), level, new Set([...seen, $ref]));
      }
      default:
        return '';
    }
  }

  #typeOf(schema: OpenApiSchema): string {
    switch (shapeOf(schema)) {
      case 'reference':
        return this.#typeOf(this.#below(schema));
      case 'fields':
        return 'Object';
      case 'list':
        return `[]${this.#typeOf(inner(schema))}`;
      case 'map':
        return `map[string]${this.#typeOf(inner(schema))}`;
      default:
        return schema.type ?? '';
    }
  }

  #below(schema: OpenApiSchema): OpenApiSchema {
    return schema.$ref === undefined ? inner(schema) : (this.#schemas.named(schema.$ref) ?? {});
  }
}

/** The descriptions of all schemas that the field consists of, separated by empty lines. */
function description(texts: readonly string[]): string {
  if (texts.every((text) => text === '')) return `${' '.repeat(5)}<empty>\n`;
  return texts
    .map((text, i) => (text === '' ? '' : `${i > 0 ? '\n' : ''}${filled(text, { width, indent: 5 })}`))
    .join('');
}

import { type OpenApiSchema, type OpenApiSchemas, valuesOf } from './open-api.ts';
import type { Subject } from './plaintext.ts';
import { indentLines, joinLines, wrap } from './text.ts';

const width = 80;

/** The layout that `explain` had before OpenAPI v3; undefined when there is no such field. */
export function plaintextV2({ schemas, kind, path, recursive }: Subject): string | undefined {
  const whole = schemas.ofKind(kind);
  if (!whole) throw new Error(`couldn't find resource for "${kind.group}/${kind.version}, Kind=${kind.kind}"`);
  let schema = whole;
  for (const field of path) {
    const next = element(schema, schemas).properties?.[field];
    if (!next) return undefined;
    schema = next;
  }
  const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const fields = element(schema, schemas);
  const inner = fields.properties && schema.type !== 'string' ? fieldsOf(fields, { schemas, recursive, level: 1 }) : '';
  const name = path.at(-1);
  const type = typeOf(schema, schemas);
  return [
    `KIND:     ${kind.kind}\nVERSION:  ${version}\n`,
    name === undefined ? '' : inner === '' ? `\nFIELD:    ${name} <${type}>\n` : `\nRESOURCE: ${name} <${type}>\n`,
    `\nDESCRIPTION:\n${descriptionOf(schema, schemas)}\n`,
    inner === '' ? '' : `\nFIELDS:\n${inner}`,
  ].join('');
}

/** What a list or a map is of, at the end. */
function element(schema: OpenApiSchema, schemas: OpenApiSchemas): OpenApiSchema {
  let at = schemas.resolve(schema);
  for (let inner = at.items ?? valuesOf(at); inner; inner = at.items ?? valuesOf(at)) at = schemas.resolve(inner);
  return at;
}

function descriptionOf(schema: OpenApiSchema, schemas: OpenApiSchemas): string {
  // That of the field, and those of what it is made of, down to the elements of lists and maps.
  const texts: string[] = [];
  for (let at: OpenApiSchema | undefined = schema; at; ) {
    if (at.description) texts.push(at.description);
    at = at.$ref === undefined ? (at.items ?? valuesOf(at)) : schemas.named(at.$ref);
  }
  return indentLines(wrap(texts.length === 0 ? '<empty>' : joinLines(texts.join('\n\n')), width - 5), 5);
}

function fieldsOf(
  schema: OpenApiSchema,
  of: { schemas: OpenApiSchemas; recursive: boolean; level: number; seen?: ReadonlySet<OpenApiSchema> },
): string {
  const { schemas, recursive, level, seen = new Set() } = of;
  const names = Object.keys(schema.properties ?? {}).sort();
  return names
    .map((name) => {
      const field = schema.properties?.[name] as OpenApiSchema;
      const line = `${' '.repeat(level * 3)}${name}\t<${typeOf(field, schemas)}>`;
      if (!recursive) {
        const text = field.description
          ? `${indentLines(wrap(joinLines(field.description), width - level * 3 - 2), level * 3 + 2)}\n`
          : '';
        const required = schema.required?.includes(name) ? ' -required-' : '';
        return `${line}${required}\n${text}\n`;
      }
      const inner = element(field, schemas);
      if (!inner.properties || seen.has(inner)) return `${line}\n`;
      return `${line}\n${fieldsOf(inner, { schemas, recursive, level: level + 1, seen: new Set([...seen, inner]) })}`;
    })
    .join('');
}

function typeOf(schema: OpenApiSchema, schemas: OpenApiSchemas): string {
  const resolved = schemas.resolve(schema);
  const values = valuesOf(resolved);
  if (resolved.items) return `[]${typeOf(resolved.items, schemas)}`;
  if (values) return `map[string]${typeOf(values, schemas)}`;
  if (resolved.properties || resolved.type === 'object') return resolved.properties ? 'Object' : 'map[string]';
  return resolved.type ?? '';
}

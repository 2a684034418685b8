import { WireWriter } from '@typernetes/api/protobuf';

type Json = Readonly<Record<string, unknown>>;

/**
 * A Swagger document as `application/com.github.proto-openapi.spec.v2.v1.0+protobuf` (gnostic's openapi.v2.Document),
 * which kubectl and Helm ask for. Supports the fields that our documents have. Messages are written from their last
 * field to their first.
 */
export function openApiV2Protobuf(document: Json): Uint8Array {
  const out = new Encoder();
  out.message(13, document.securityDefinitions, (definitions) =>
    out.named(1, definitions, (definition) => {
      out.message(2, definition, (key) => {
        out.text(4, key.description);
        out.text(3, key.in);
        out.text(2, key.name);
        out.text(1, key.type);
      });
    }),
  );
  out.each(12, document.security, (requirement) =>
    out.named(1, requirement, (scopes) => out.texts(1, scopes as unknown)),
  );
  out.message(9, document.definitions, (definitions) => out.named(1, definitions, (one) => schema(out, one)));
  out.message(8, document.paths, (paths) => out.named(2, paths, (item) => pathItem(out, item)));
  out.message(2, document.info, (info) => {
    out.text(2, info.version);
    out.text(1, info.title);
  });
  out.text(1, document.swagger);
  return out.take();
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

function pathItem(out: Encoder, item: Json): void {
  out.each(9, item.parameters, (one) => parameter(out, one));
  for (let i = methods.length - 1; i >= 0; i--) {
    out.message(i + 2, item[methods[i] as string], (one) => operation(out, one));
  }
}

function operation(out: Encoder, one: Json): void {
  out.extensions(13, one);
  out.texts(10, one.schemes);
  out.message(9, one.responses, (responses) =>
    out.named(1, responses, (response) =>
      out.message(1, response, () => {
        out.message(2, response.schema, (of) => out.message(1, of, () => schema(out, of)));
        out.text(1, response.description);
      }),
    ),
  );
  out.each(8, one.parameters, (each) => parameter(out, each));
  out.texts(7, one.consumes);
  out.texts(6, one.produces);
  out.text(5, one.operationId);
  out.text(3, one.description);
  out.texts(1, one.tags);
}

/** The field of a NonBodyParameter for each location, and the numbers of type and uniqueItems there. */
const places: Readonly<Record<string, readonly [field: number, type: number, uniqueItems: number]>> = {
  header: [1, 5, 19],
  query: [3, 6, 20],
  path: [4, 5, 19],
};

function parameter(out: Encoder, one: Json): void {
  out.message(1, one, () => {
    const place = places[String(one.in)];
    if (!place) {
      out.message(1, one, () => {
        out.message(5, one.schema, (of) => schema(out, of));
        out.flag(4, one.required);
        out.text(3, one.in);
        out.text(2, one.name);
        out.text(1, one.description);
      });
      return;
    }
    const [field, type, uniqueItems] = place;
    out.message(2, one, () =>
      out.message(field, one, () => {
        out.flag(uniqueItems, one.uniqueItems);
        out.text(type, one.type);
        out.text(4, one.name);
        out.text(3, one.description);
        out.text(2, one.in);
        out.flag(1, one.required);
      }),
    );
  });
}

function schema(out: Encoder, of: Json): void {
  out.extensions(31, of);
  out.message(25, of.properties, (properties) => out.named(1, properties, (one) => schema(out, one)));
  out.each(24, of.allOf, (one) => schema(out, one));
  out.message(23, of.items, (items) => out.message(1, items, () => schema(out, items)));
  if (of.type !== undefined) out.message(22, of, () => out.text(1, of.type));
  const more = of.additionalProperties;
  if (typeof more === 'boolean') out.message(21, of, () => out.flag(2, more));
  else out.message(21, more, (values) => out.message(1, values, () => schema(out, values)));
  out.anys(20, of.enum);
  out.texts(19, of.required);
  if (of.default !== undefined) out.anys(5, [of.default]);
  out.text(4, of.description);
  out.text(2, of.format);
  out.text(1, of.$ref);
}

/** Encodes fields from JSON values; omits absent ones. */
class Encoder {
  readonly #writer = new WireWriter();

  take(): Uint8Array {
    return this.#writer.take();
  }

  message(number: number, value: unknown, write: (value: Json) => void): void {
    if (value === undefined) return;
    const before = this.#writer.length;
    write(value as Json);
    this.#close(number, before);
  }

  /** A list of messages. */
  each(number: number, values: unknown, write: (value: Json) => void): void {
    for (const value of ((values ?? []) as Json[]).toReversed()) this.message(number, value, write);
  }

  /** The members of an object as messages `{1: name, 2: value}`. */
  named(number: number, members: Json, write: (value: Json) => void): void {
    for (const [name, value] of Object.entries(members).toReversed()) {
      this.message(number, value, () => {
        this.message(2, value, write);
        this.text(1, name);
      });
    }
  }

  extensions(number: number, value: Json): void {
    for (const [name, extension] of Object.entries(value).toReversed()) {
      if (!name.startsWith('x-')) continue;
      this.message(number, value, () => {
        this.anys(2, [extension]);
        this.text(1, name);
      });
    }
  }

  /** Values of any shape, as YAML, which JSON is. */
  anys(number: number, values: unknown): void {
    for (const value of ((values ?? []) as unknown[]).toReversed()) {
      this.message(number, {}, () => this.text(2, `${JSON.stringify(value)}\n`));
    }
  }

  text(number: number, value: unknown): void {
    if (typeof value !== 'string' || value === '') return;
    const before = this.#writer.length;
    this.#writer.text(value);
    this.#close(number, before);
  }

  texts(number: number, values: unknown): void {
    for (const value of ((values ?? []) as string[]).toReversed()) this.text(number, value);
  }

  flag(number: number, value: unknown): void {
    if (value !== true) return;
    this.#writer.byte(1);
    this.#writer.varint(number * 8);
  }

  #close(number: number, before: number): void {
    this.#writer.varint(this.#writer.length - before);
    this.#writer.varint(number * 8 + 2);
  }
}

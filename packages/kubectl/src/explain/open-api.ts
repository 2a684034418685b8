import { readBody, responseError } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import type { Session } from '../session.ts';

/** The parts of an OpenAPI schema that `explain` reads, of version 3 as of version 2. */
export interface OpenApiSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly additionalProperties?: OpenApiSchema | boolean;
  readonly allOf?: readonly OpenApiSchema[];
  readonly externalDocs?: { readonly description?: string; readonly url?: string };
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Schemas by their names, to follow references in. */
export class OpenApiSchemas {
  readonly #schemas: Readonly<Record<string, OpenApiSchema>>;

  constructor(schemas: Readonly<Record<string, OpenApiSchema>>) {
    this.#schemas = schemas;
  }

  ofKind(kind: GroupVersionKind): OpenApiSchema | undefined {
    const names = Object.keys(this.#schemas).sort();
    const same = (gvk: GroupVersionKind): boolean =>
      gvk.group === kind.group && gvk.version === kind.version && gvk.kind === kind.kind;
    const name = names.find((candidate) => this.#schemas[candidate]?.['x-kubernetes-group-version-kind']?.some(same));
    return name === undefined ? undefined : this.#schemas[name];
  }

  /** What a reference points to; the schema itself when it is none. */
  resolve(schema: OpenApiSchema): OpenApiSchema {
    return (schema.$ref === undefined ? undefined : this.named(schema.$ref)) ?? schema;
  }

  named(ref: string): OpenApiSchema | undefined {
    return this.#schemas[ref.slice(ref.lastIndexOf('/') + 1)];
  }
}

/** The schema of a map's values, where it says one. */
export function valuesOf(schema: OpenApiSchema): OpenApiSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The schemas of a group's version, from /openapi/v3; undefined when the server has no such thing. */
export async function openApiV3(
  { group, version }: { group: string; version: string },
  session: Pick<Session, 'client'>,
): Promise<OpenApiSchemas | undefined> {
  const index = await fetchJson<{ paths?: Record<string, { serverRelativeURL: string }> }>(
    '/openapi/v3',
    session,
  ).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (!index) return undefined;
  const { paths = {} } = index;
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const found = paths[path];
  if (!found) throw new Error(`couldn't find resource for "${group}/${version}"`);
  const document = await fetchJson<{ components?: { schemas?: Record<string, OpenApiSchema> } }>(
    found.serverRelativeURL,
    session,
  );
  return new OpenApiSchemas(document.components?.schemas ?? {});
}

export async function openApiV2(session: Pick<Session, 'client'>): Promise<OpenApiSchemas> {
  const { definitions = {} } = await fetchJson<{ definitions?: Record<string, OpenApiSchema> }>('/openapi/v2', session);
  return new OpenApiSchemas(definitions);
}

async function fetchJson<T>(path: string, { client }: Pick<Session, 'client'>): Promise<T> {
  const headers = { accept: 'application/json' };
  const response = await client.transport.request({ method: 'GET', path, headers });
  if (response.status !== 200) throw await responseError(response);
  return JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as T;
}

import { readBody, responseError } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { answerAt } from '../requests/kept-answers.ts';
import type { Session } from '../session.ts';

/** The parts of an OpenAPI schema, of version 2 or 3, that `explain` reads. */
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

/** Schemas by name, to resolve references. */
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

  /** Resolves a reference; returns other schemas unchanged. */
  resolve(schema: OpenApiSchema): OpenApiSchema {
    return (schema.$ref === undefined ? undefined : this.named(schema.$ref)) ?? schema;
  }

  named(ref: string): OpenApiSchema | undefined {
    return this.#schemas[ref.slice(ref.lastIndexOf('/') + 1)];
  }
}

/** The schema of a map's values, if it has one. */
export function valuesOf(schema: OpenApiSchema): OpenApiSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** A server, and the cache of its responses. */
export type OpenApiSource = Pick<Session, 'client' | 'server' | 'cacheDir' | 'clock'>;

/** The schemas of a group version from /openapi/v3; undefined if the server does not have it. */
export async function openApiV3(
  { group, version }: { group: string; version: string },
  session: OpenApiSource,
): Promise<OpenApiSchemas | undefined> {
  let index: Uint8Array;
  try {
    // The same request headers as upstream's: a cached response is valid only for the same headers.
    index = await answerAt({ path: '/openapi/v3', accept: 'application/json, */*' }, session);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const { paths = {} } = parsed<{ paths?: Record<string, { serverRelativeURL: string }> }>(index);
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const found = paths[path];
  if (!found) throw new Error(`couldn't find resource for "${group}/${version}"`);
  const document = parsed<{ components?: { schemas?: Record<string, OpenApiSchema> } }>(
    await answerAt({ path: found.serverRelativeURL, accept: 'application/json' }, session),
  );
  return new OpenApiSchemas(document.components?.schemas ?? {});
}

export async function openApiV2({ client }: Pick<Session, 'client'>): Promise<OpenApiSchemas> {
  const headers = { accept: 'application/json' };
  const response = await client.transport.request({ method: 'GET', path: '/openapi/v2', headers });
  if (response.status !== 200) throw await responseError(response);
  const { definitions = {} } = parsed<{ definitions?: Record<string, OpenApiSchema> }>(await readBody(response));
  return new OpenApiSchemas(definitions);
}

const parsed = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString('utf8')) as T;

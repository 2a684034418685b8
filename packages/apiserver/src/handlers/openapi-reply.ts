import { createHash } from 'node:crypto';
import { bytesReply, jsonType } from '../request/reply.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';

interface Rendered {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly contentType: string;
}

/** The encoded forms of documents, cached as long as the documents are. */
const renderings = new WeakMap<object, Map<'json' | 'protobuf', Rendered>>();

/** The client's name of the protobuf form of `/openapi/v2`: older ones have an @. */
const protobufNames =
  /application\/com\.github\.(proto-openapi|googleapis\.gnostic)[.@]?(spec\.v2[@.]v1\.0|OpenAPIv2)\+protobuf/;

/** Whether a client takes either form. */
export const isOpenApiTaken = (accept: string | undefined): boolean =>
  !accept || /\*\/\*|application\/(\*|json)/.test(accept) || protobufNames.test(accept);

/**
 * An OpenAPI document with its ETag, in protobuf for clients that prefer it (version 2 only), or a 304 for clients that
 * have it. A document requested by its hash never changes.
 */
export async function openApiReply(request: ServerRequest, document: object): Promise<Reply> {
  const { headers, query, path } = request;
  const form = path === '/openapi/v2' && protobufNames.test(headers.accept ?? '') ? 'protobuf' : 'json';
  const { bytes, etag, contentType } = await rendered(document, form);
  const caching: Record<string, string> = query.has('hash')
    ? { 'cache-control': 'public, immutable', expires: new Date(farFuture).toUTCString() }
    : { 'cache-control': 'no-cache, private' };
  const common = { etag, vary: 'Accept', ...caching };
  if (headers['if-none-match'] === etag) return { status: 304, headers: common, body: undefined };
  const reply = bytesReply(200, bytes, contentType);
  return { ...reply, headers: { ...reply.headers, ...common } };
}

const farFuture = Date.UTC(2100, 0);

async function rendered(document: object, form: 'json' | 'protobuf'): Promise<Rendered> {
  const forms = renderings.get(document) ?? new Map<'json' | 'protobuf', Rendered>();
  renderings.set(document, forms);
  let found = forms.get(form);
  if (!found) {
    const bytes = await bytesOf(document, form);
    const hash = createHash('sha512').update(bytes).digest('hex').toUpperCase();
    const contentType = form === 'json' ? jsonType : 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
    found = { bytes, etag: `"${hash}"`, contentType };
    forms.set(form, found);
  }
  return found;
}

async function bytesOf(document: object, form: 'json' | 'protobuf'): Promise<Uint8Array> {
  if (form === 'json') return Buffer.from(JSON.stringify(document));
  const { openApiV2Protobuf } = await import('../openapi/openapi-v2-protobuf.ts');
  return openApiV2Protobuf(document as Record<string, unknown>);
}

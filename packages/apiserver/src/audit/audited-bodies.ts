import { applyDefaults } from '@typernetes/api/defaults';
import { decodeProtobuf } from '@typernetes/api/protobuf';
import { isJsonObject } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { wholeBody } from '../request/body-pieces.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';

/** A request that keeps its body when it is read: `sent` is undefined until then. */
export interface KeptRequest {
  readonly request: ServerRequest;
  readonly sent: () => Uint8Array | undefined;
}

export function keepBody(request: ServerRequest): KeptRequest {
  let bytes: Uint8Array | undefined;
  const { method, path, search, query, headers, remoteAddress, clientCertificate, takeConnection } = request;
  return {
    request: {
      method,
      path,
      search,
      query,
      headers,
      remoteAddress,
      ...(clientCertificate ? { clientCertificate } : {}),
      ...(takeConnection ? { takeConnection } : {}),
      body: async (limit) => {
        bytes = await request.body(limit);
        return bytes;
      },
      bodyStream: () => request.bodyStream(),
      // Created on demand, since most handlers do not need it.
      get signal() {
        return request.signal;
      },
    },
    sent: () => bytes,
  };
}

/** The body as JSON; undefined if there is none or it cannot be parsed. */
export function bodyValue(bytes: Uint8Array | undefined, mediaType: string): unknown {
  if (!bytes || bytes.length === 0) return undefined;
  try {
    if (mediaType.startsWith('application/vnd.kubernetes.protobuf')) return decodeProtobuf(bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    return mediaType.includes('yaml') ? decodeDocument(text) : JSON.parse(text);
  } catch {
    return undefined; // It was refused for the same reason: the response says why.
  }
}

/** The object of a create or update with the defaults that the server reads into it, as upstream records it. */
export function withDefaults(value: unknown): unknown {
  if (!isJsonObject(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') return value;
  const slash = value.apiVersion.indexOf('/');
  const [group, version] = [value.apiVersion.slice(0, Math.max(slash, 0)), value.apiVersion.slice(slash + 1)];
  try {
    applyDefaults({ group, version, kind: value.kind }, value);
  } catch {
    // An object of a wrong shape is refused; it is recorded as it came.
  }
  return value;
}

/** Takes the managed fields off an object and off the items of a list, in place. */
export function omitManagedFields(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  if (isJsonObject(value.metadata)) delete value.metadata.managedFields;
  if (Array.isArray(value.items)) for (const item of value.items) omitManagedFields(item);
  return value;
}

export function responseValue(reply: Reply): unknown {
  const body = wholeBody(reply);
  if (!body) return undefined;
  const type = reply.headers['content-type'];
  const mediaType = typeof type === 'string' ? type : '';
  return /json|yaml|protobuf/.test(mediaType) ? bodyValue(body, mediaType) : undefined;
}

/** The part of a Status answer that every level from Metadata on records. */
export function responseStatusOf(reply: Reply): { metadata: object; code: number } {
  const plain = { metadata: {}, code: reply.status };
  if (reply.status < 400 && !isSuccess(reply)) return plain;
  const value = responseValue(reply);
  if (!isJsonObject(value) || value.kind !== 'Status') return plain;
  const { status, message, reason, details } = value;
  return { metadata: {}, ...definedOf({ status, message, reason, details }), code: reply.status };
}

const success = '{"kind":"Status",';

/** Whether an answer that is no error is a Status nevertheless, as that to most deletions: told without parsing objects. */
function isSuccess({ body }: Reply): boolean {
  if (!(body instanceof Uint8Array) || body.length < success.length) return false;
  return Buffer.from(body.buffer, body.byteOffset, success.length).toString() === success;
}

function definedOf(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

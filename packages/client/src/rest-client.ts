import {
  type ApiObject,
  apiVersionOf,
  collectionPath,
  parseExactJson,
  type ResourceType,
  type Status,
  StatusError,
} from '@typernetes/machinery';
import { linesOf } from './lines.ts';
import { cutManagedFields, dropManagedFields } from './managed-fields.ts';
import { listPath, objectPath, readPath, watchPath, writePath } from './request-path.ts';
import type { ApiClient, ObjectList, PatchType, ResourceClient, WatchEvent, WatchOptions } from './resource-client.ts';
import { responseError } from './response-error.ts';
import { type ApiResponse, readBody, type Transport } from './transport.ts';

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const metadataListOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

interface JsonOptions {
  readonly accept?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** The typed client over a transport: JSON in and out, every failure that the server reports thrown as a StatusError. */
export function restClient(transport: Transport): ApiClient {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    options: JsonOptions = {},
  ): Promise<ApiResponse> => {
    const response = await transport.request({
      method,
      path,
      headers: {
        accept: options.accept ?? 'application/json',
        ...(body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (response.status < 200 || response.status > 299) throw await responseError(response, { method, path });
    return response;
  };
  const json = async <R>(method: string, path: string, body?: unknown, options?: JsonOptions): Promise<R> => {
    const bytes = await readBody(await send(method, path, body, options));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    return (text === '' ? undefined : parseExactJson(text)) as R;
  };

  return { transport, json, resource: (type) => resourceClient(type, { send, json }) };
}

interface Calls {
  readonly send: (method: string, path: string, body?: unknown, options?: JsonOptions) => Promise<ApiResponse>;
  readonly json: <R>(method: string, path: string, body?: unknown, options?: JsonOptions) => Promise<R>;
}

function resourceClient<T extends ApiObject>(type: ResourceType<T>, { send, json }: Calls): ResourceClient<T> {
  const apiVersion = apiVersionOf(type);
  const typed = <O extends object>(object: O): O => ({ apiVersion, kind: type.kind, ...object });
  return {
    type,
    get: (ref, options = {}) =>
      json('GET', readPath(type, ref, options.resourceVersion), undefined, { signal: options.signal }),
    async list(options = {}) {
      const list = await json<ObjectList<T>>('GET', listPath(type, options), undefined, {
        signal: options.signal,
        accept: options.metadataOnly ? metadataListOnly : undefined,
      });
      list.items ??= []; // an empty list may be null on the wire
      for (const item of list.items) {
        Object.assign(item, { apiVersion, kind: type.kind });
        if (options.withoutManagedFields) dropManagedFields(item);
      }
      return list;
    },
    watch: (options = {}) => watchEvents(type, options, send),
    create: (object, options = {}) =>
      json('POST', writePath(collectionPath(type, object.metadata.namespace), options), typed(object), options),
    update: (object, options = {}) =>
      json('PUT', writePath(objectPath(type, object.metadata), options), typed(object), options),
    updateStatus: (object, options = {}) =>
      json('PUT', writePath(objectPath(type, object.metadata, 'status'), options), typed(object), options),
    patch: (ref, patch, options) =>
      json('PATCH', writePath(objectPath(type, ref, options.subresource), options), patch, {
        contentType: patchContentTypes[options.type],
        signal: options.signal,
      }),
    delete: (ref, { signal, ...options } = {}) =>
      json<T | Status>('DELETE', objectPath(type, ref), deleteBody(options), { signal }),
    async deleteCollection(options, deleteOptions = {}) {
      await json('DELETE', listPath(type, options), deleteBody(deleteOptions), { signal: options.signal });
    },
    createSubresource: (ref, subresource, body, options = {}) =>
      json('POST', writePath(objectPath(type, ref, subresource), options), body, options),
  };
}

function deleteBody(options: object): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
}

async function* watchEvents<T extends ApiObject>(
  type: ResourceType<T>,
  options: WatchOptions,
  send: Calls['send'],
): AsyncGenerator<WatchEvent<T>> {
  const { signal, withoutManagedFields } = options;
  // The connection ends with the iteration, however that ends.
  const ended = new AbortController();
  const scope = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  try {
    const response = await send('GET', watchPath(type, options), undefined, {
      signal: scope,
      accept: options.metadataOnly ? metadataOnly : undefined,
    });
    for await (const line of linesOf(response.body)) {
      if (line === '') continue;
      const event = parseExactJson(withoutManagedFields ? cutManagedFields(line) : line) as
        | WatchEvent<T>
        | { type: 'ERROR'; object: Status };
      if (event.type === 'ERROR') throw StatusError.fromStatus(event.object);
      Object.assign(event.object, { apiVersion: apiVersionOf(type), kind: type.kind });
      if (withoutManagedFields) dropManagedFields(event.object);
      yield event;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    ended.abort();
  }
}

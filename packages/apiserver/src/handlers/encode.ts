import { encodeProtobuf, envelopeOf, hasMessage, listEnvelope } from '@typernetes/api/protobuf';
import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  invalidValue,
  type ListMeta,
  problemText,
  StatusError,
} from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import { listedItem } from '../cache/listed-item.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { protobufType } from '../request/negotiation.ts';
import { bytesReply, jsonReply, piecesReply, yamlReply } from '../request/reply.ts';
import type { Reply } from '../request/server-request.ts';
import { internalPackage } from './decode.ts';
import type { OutputOptions } from './output-options.ts';
import { isRows, rowsReply } from './row-writer.ts';
import { type IncludeObject, partialOf, tableOf } from './table.ts';

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') || 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  const problem = invalidValue('includeObject', value, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: ${problemText(problem)}`);
}

/**
 * The reply with one stored object, synchronous for formats that are cached; `isRead`: it may soon be requested again.
 */
export function objectReply(
  status: number,
  served: ServedResource,
  cached: CachedObject,
  options: OutputOptions,
  { isRead = false } = {},
): Reply | Promise<Reply> {
  if (isPlain(options)) return bytesReply(status, isRead ? cached.whole : cached.wholeOnce());
  if (isPlainProtobuf(options)) return bytesReply(status, envelopeOf(typeMetaOf(served), cached.message), protobufType);
  return valueReply(status, formOf(served, cached.object, options), options);
}

/** An object that is not stored: the answer of a dry run, a Scale, a review, a Status. */
export async function valueReply(
  status: number,
  value: unknown,
  options: Pick<OutputOptions, 'representation' | 'pretty'>,
): Promise<Reply> {
  if (options.representation.format === 'yaml') return await yamlReply(status, value);
  if (options.representation.format === 'protobuf') return bytesReply(status, protobufOf(value), protobufType);
  return options.pretty
    ? bytesReply(status, Buffer.from(JSON.stringify(value, undefined, 2)))
    : jsonReply(status, value);
}

export const isPlain = (options: OutputOptions): boolean =>
  options.representation.format === 'json' && options.representation.as === 'Object' && !options.pretty;

/** The same in protobuf: the objects' messages are cached. */
export const isPlainProtobuf = ({ representation: { format, as } }: OutputOptions): boolean =>
  format === 'protobuf' && as === 'Object';

/** Encodes a value that is not cached; throws NotAcceptable for kinds without a protobuf message. */
export function protobufOf(value: unknown): Uint8Array {
  const object = value as { apiVersion: string; kind: string };
  if (hasMessage(object)) return encodeProtobuf(object);
  throw new StatusError(
    'NotAcceptable',
    `object *v1.${object.kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  );
}

/** One object in the requested format, as a value. */
export function formOf(served: ServedResource, object: ApiObject, options: OutputOptions): object {
  const { as, version } = options.representation;
  if (as === 'Object') return object;
  if (as === 'PartialObjectMetadata') return partialOf(object, version);
  if (as === 'Table')
    return tableOf(
      served.printer,
      [object],
      { resourceVersion: object.metadata.resourceVersion },
      { ...options, version, columns: true },
    );
  throw new StatusError(
    'NotAcceptable',
    `you requested PartialObjectMetadataList, but the requested object is not a list (${internalTypeOf(served, served.type.kind)})`,
  );
}

const comma = Buffer.from(',');
const listHead = (typeMeta: object, metadata: ListMeta): Buffer =>
  Buffer.from(`${JSON.stringify({ ...typeMeta, metadata }).slice(0, -1)},"items":[`);
const typeMetaOf = ({ type }: ServedResource) => ({ kind: type.kind, apiVersion: apiVersionOf(type) });
const listTypeMetaOf = ({ type }: ServedResource) => ({ kind: type.listKind, apiVersion: apiVersionOf(type) });
const listEnd = Buffer.from(']}\n');
/** Lists of custom resources have an empty continue token, where others have none. */
const listMetaOf = ({ shape }: ServedResource, metadata: ListMeta): ListMeta =>
  shape ? { continue: '', ...metadata } : metadata;

/** The reply with a list. Plain ones are assembled from the objects' bytes. */
export async function listReply(
  served: ServedResource,
  objects: readonly CachedObject[],
  metadata: ListMeta,
  options: OutputOptions,
): Promise<Reply> {
  const typeMeta = listTypeMetaOf(served);
  if (isPlain(options)) {
    const parts: Buffer[] = [listHead(typeMeta, listMetaOf(served, metadata))];
    for (const object of objects) parts.push(listedItem(object, served), comma);
    if (objects.length > 0) parts.pop();
    parts.push(listEnd);
    return bytesReply(200, Buffer.concat(parts));
  }
  if (isPlainProtobuf(options)) {
    const items = objects.map((object) => object.message);
    return bytesReply(200, listEnvelope(typeMeta, metadata, items), protobufType);
  }
  if (isRows(options)) return rowsReply(served, objects, metadata, options);
  const parsed = objects.map((object) => object.object);
  return await listValueReply(served, parsed, metadata, options);
}

/** The reply with a list of objects that are not stored. */
export function listValueReply(
  served: ServedResource,
  objects: readonly ApiObject[],
  metadata: ListMeta,
  options: OutputOptions,
): Promise<Reply> {
  return valueReply(200, listForm(served, objects, { ...listTypeMetaOf(served), metadata }, options), options);
}

/** A plain list of items that are joined already. */
export function joinedListReply(served: ServedResource, items: Buffer, metadata: ListMeta): Reply {
  return piecesReply(200, [listHead(listTypeMetaOf(served), listMetaOf(served, metadata)), items, listEnd]);
}

/** The list that nothing is in and that is of no revision, for a watch of this client. */
export function emptyListOf(served: ServedResource, options: OutputOptions): Uint8Array {
  const { as, format, version } = options.representation;
  if (isPlainProtobuf(options)) return listEnvelope(listTypeMetaOf(served), {}, []);
  const list =
    as === 'Object'
      ? served.shape
        ? { ...listTypeMetaOf(served), items: [] }
        : { ...listTypeMetaOf(served), metadata: {}, items: null }
      : listForm(
          served,
          [],
          { ...listTypeMetaOf(served), metadata: {} },
          as === 'PartialObjectMetadata'
            ? { ...options, representation: { as: 'PartialObjectMetadataList', format, version } }
            : options,
        );
  return format === 'protobuf' ? protobufOf(list) : Buffer.from(`${JSON.stringify(list)}\n`);
}

/** Upstream's name of its internal type: `*core.PodList`. */
const internalTypeOf = ({ type, shape }: ServedResource, kind: string): string =>
  shape ? `*unstructured.Unstructured${kind === type.kind ? '' : 'List'}` : `*${internalPackage(type.group)}.${kind}`;

function listForm(
  served: ServedResource,
  objects: readonly ApiObject[],
  list: { kind: string; apiVersion: string; metadata: ListMeta },
  options: OutputOptions,
): object {
  const { as, version } = options.representation;
  if (as === 'Table') return tableOf(served.printer, objects, list.metadata, { ...options, version, columns: true });
  if (as === 'PartialObjectMetadataList')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: list.metadata,
      // Upstream builds the list by appending, so an empty one is null.
      items: objects.length === 0 ? null : objects.map((object) => partialOf(object, version)),
    };
  if (as === 'PartialObjectMetadata')
    throw new StatusError(
      'NotAcceptable',
      `you requested PartialObjectMetadata, but the requested object is a list (${internalTypeOf(served, served.type.listKind)})`,
    );
  if (served.shape) return { ...list, metadata: listMetaOf(served, list.metadata), items: objects };
  return { ...list, items: objects.map(({ kind: _kind, apiVersion: _version, ...item }) => item) };
}

import { type ApiObject, type DeleteOptions, ifFound } from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import type { Reply } from '../request/server-request.ts';
import { createObject } from '../storage/create.ts';
import { checkDeleteOptions, deleteObject } from '../storage/delete.ts';
import type { Written } from '../storage/resource-storage.ts';
import { updateObject } from '../storage/update.ts';
import { asksForWebSocket, offeredProtocols } from '../websocket/accept.ts';
import { refusedHandshake } from '../websocket/refused-handshake.ts';
import { replyOverWebSocket } from '../websocket/reply.ts';
import { cacheListSpan, cacheReadSpan } from './cache-spans.ts';
import { checkBodyType, decodeAs, fieldValidationOf, readDocument } from './decode.ts';
import { readDeleteOptions } from './delete-options.ts';
import { formOf, isPlain, joinedListReply, listReply, objectReply, valueReply } from './encode.ts';
import { isWholeList, listObjects, parseListRequest, untilAsFresh, untilFuture } from './list.ts';
import { deletionWrite, type StoredCall, writeOptionsOf } from './resource-call.ts';
import { revisionOf } from './revisions.ts';
import { checkNames, type Selection, type Selectors, selectionOf } from './selection.ts';
import { parseWatchRequest, watchReply } from './watch.ts';

/** GET of one object. Most replies are at hand: then no promise is made. */
export function get(call: StoredCall): Reply | Promise<Reply> {
  const { storage } = call;
  const wanted = revisionOf(call.context.request.query.get('resourceVersion'));
  if (wanted !== undefined && wanted > storage.deps.feed.revision)
    return untilFuture(storage, wanted).then(() => got(call));
  return got(call);
}

function got(call: StoredCall): Reply | Promise<Reply> {
  const { storage, served, output } = call;
  const { tracer } = storage.deps;
  const read = () => storage.get(call.namespace, call.name);
  const found = tracer ? tracer.span(cacheReadSpan(call), read) : read();
  return found instanceof Promise
    ? found.then((cached) => objectReply(200, served, cached, output, { isRead: true }))
    : objectReply(200, served, found, output, { isRead: true });
}

export function list(call: StoredCall): Promise<Reply> {
  const { tracer } = call.storage.deps;
  return tracer ? tracer.span(cacheListSpan(call), () => listed(call)) : listed(call);
}

async function listed(call: StoredCall): Promise<Reply> {
  const { query } = call.context.request;
  const { storage, served, output } = call;
  const { selection, ...request } = parseListRequest(query, call);
  if (isPlain(output) && isWholeList(selection, request)) {
    await untilAsFresh(storage, request.revision);
    if (storage.form.ready) await storage.untilReady(selection);
    const metadata = { resourceVersion: String(storage.deps.feed.revision) };
    const count = storage.cache.count(selection.keyPrefix);
    storage.reads?.listed(count, count);
    return joinedListReply(served, storage.joined.of(selection.keyPrefix), metadata);
  }
  const { objects, metadata } = await listObjects(storage, selection, request);
  return await listReply(served, objects, metadata, output);
}

export function watch(call: StoredCall): Reply | Promise<Reply> {
  const { request } = call.context;
  const { query } = request;
  // The deprecated /watch/…/name path names the object.
  const name = call.name === '' ? undefined : call.name;
  const select = (selectors: Selectors): Selection => {
    const selection = selectionOf(call.served, call.namespace, selectors, name);
    if (name !== undefined) checkNames(selectors, name);
    return selection;
  };
  const { selection, ...asked } = parseWatchRequest(query, select, call.storage.deps);
  const reply = watchReply(call.storage, selection, asked, call.output);
  if (!asksForWebSocket(request)) return reply;
  const refusal = refusedHandshake(request, 'with-origin');
  if (refusal) return refusal;
  const [protocol] = offeredProtocols(request);
  const as = call.output.representation.format === 'protobuf' ? 'framed' : 'text';
  return replyOverWebSocket(reply, request, { protocol, as });
}

export async function create(call: StoredCall): Promise<Reply> {
  const { context, served, namespace } = call;
  checkBodyType(context.request);
  const options = writeOptionsOf(context, 'CreateOptions');
  const object = decodeAs(served.type, await readDocument(context.request, served.type.kind), {
    validation: fieldValidationOf(context.request.query),
    context,
    shape: served.shape,
  });
  context.audited?.(object.metadata);
  return await writtenReply(201, call, await createObject(call.storage, object, { ...options, namespace }));
}

/** PUT of an object or of one of its subresources. */
export async function update(call: StoredCall, part: { strategy: Strategy; subresource: string }): Promise<Reply> {
  const { context, served, namespace, name } = call;
  const options = writeOptionsOf(context, 'UpdateOptions');
  const document = await readDocument(context.request, served.type.kind);
  const decode = (): ApiObject => {
    const object = decodeAs(served.type, document, {
      validation: fieldValidationOf(context.request.query, 'UpdateOptions'),
      context,
      shape: served.shape,
    });
    context.audited?.(object.metadata);
    return object;
  };
  const result = await updateObject(call.storage, decode, {
    ...options,
    ...part,
    namespace,
    name,
    mayCreate: part.subresource === '',
    replaces: true,
  });
  return await writtenReply(result.created ? 201 : 200, call, result);
}

export async function remove(call: StoredCall): Promise<Reply> {
  const { context, namespace, name, output } = call;
  const { deleteOptions, raw } = await deletionOf(call);
  const write = { ...deletionWrite(context, deleteOptions), raw };
  const result = await deleteObject(call.storage, name, { ...write, namespace, deleteOptions });
  const accepted = !result.removed && deleteOptions.orphanDependents === false;
  const status = accepted ? 202 : 200;
  if (result.cached) return await objectReply(status, call.served, result.cached, output);
  return await valueReply(status, result.answer, output);
}

export async function removeCollection(call: StoredCall): Promise<Reply> {
  const { context, served, output } = call;
  const { selection, ...request } = parseListRequest(context.request.query, call);
  const { deleteOptions, raw } = await deletionOf(call);
  const { objects, metadata } = await listObjects(call.storage, selection, request);
  const write = { ...deletionWrite(context, deleteOptions), raw };
  // In batches: deletions of a batch share transactions of the store, and a huge collection does not hold up other requests.
  const { deletionsAtOnce = 32 } = call.storage.deps;
  for (let i = 0; i < objects.length; i += deletionsAtOnce) {
    await Promise.all(
      objects.slice(i, i + deletionsAtOnce).map(async (object) => {
        const { name, namespace: of = '' } = object.object.metadata;
        await deleteUnlessGone(call, name, { ...write, namespace: of, deleteOptions });
      }),
    );
  }
  // As upstream, the reply includes objects that another client deleted meanwhile.
  return await listReply(served, objects, metadata, output);
}

async function deleteUnlessGone(
  call: StoredCall,
  name: string,
  options: Parameters<typeof deleteObject>[2],
): Promise<void> {
  await ifFound(deleteObject(call.storage, name, options));
}

async function deletionOf(
  call: StoredCall,
): Promise<{ deleteOptions: DeleteOptions; raw: Readonly<Record<string, unknown>> }> {
  const deleteOptions = await readDeleteOptions(call.context.request);
  checkDeleteOptions(deleteOptions);
  return { deleteOptions, raw: { ...deleteOptions, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' } };
}

export async function writtenReply(status: number, call: StoredCall, written: Written): Promise<Reply> {
  if (written.cached) return await objectReply(status, call.served, written.cached, call.output);
  return await valueReply(status, formOf(call.served, written.object, call.output), call.output);
}

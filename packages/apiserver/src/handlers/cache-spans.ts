import { groupResourceOf } from '@typernetes/machinery';
import type { SpanOptions } from '@typernetes/process/tracing';
import type { StoredCall } from './resource-call.ts';

/** The span of reading one object from the watch cache, as in upstream's cacher. */
export function cacheReadSpan({ context, storage, namespace, name }: StoredCall): SpanOptions {
  const { feed } = storage.deps;
  const attributes = {
    'audit-id': context.auditId,
    key: `${storage.root}${storage.keyOf(namespace, name)}`.slice(feed.root.length - 1),
    'resource-version': context.request.query.get('resourceVersion') ?? '',
  };
  return { name: 'cacher.Get', attributes };
}

/** A list out of the watch cache. */
export function cacheListSpan({ context, served }: StoredCall): SpanOptions {
  return { name: 'cacher.GetList', attributes: { 'audit-id': context.auditId, type: groupResourceOf(served.type) } };
}

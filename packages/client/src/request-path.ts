import { collectionPath, queryEscaped, type ResourceType } from '@typernetes/machinery';
import type { ListOptions, ObjectRef, WatchOptions, WriteOptions } from './resource-client.ts';

type QueryValue = string | number | boolean | undefined;

/** `path?a=1&b=2`; omits undefined and empty values. */
function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  let text = '';
  for (const name of Object.keys(query)) {
    const value = query[name];
    if (value === undefined || value === '' || value === false) continue;
    text += `${text === '' ? '?' : '&'}${name}=${queryEscaped(String(value))}`;
  }
  return path + text;
}

/** The path of one object, or of one of its subresources. */
export function objectPath(type: ResourceType<unknown>, ref: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(type, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

export function readPath(type: ResourceType<unknown>, ref: ObjectRef, resourceVersion: string | undefined): string {
  return withQuery(objectPath(type, ref), { resourceVersion });
}

export function listPath(type: ResourceType<unknown>, options: ListOptions): string {
  return withQuery(collectionPath(type, options.namespace), {
    ...selection(options),
    limit: options.limit,
    continue: options.continue,
  });
}

export function watchPath(type: ResourceType<unknown>, options: WatchOptions): string {
  return withQuery(collectionPath(type, options.namespace), {
    watch: true,
    ...selection(options),
    allowWatchBookmarks: options.allowWatchBookmarks,
    sendInitialEvents: options.sendInitialEvents,
    timeoutSeconds: options.timeoutSeconds,
  });
}

export function writePath(path: string, options: WriteOptions & { force?: boolean }): string {
  return withQuery(path, {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun ? 'All' : undefined,
    fieldValidation: options.fieldValidation,
    force: options.force,
  });
}

function selection(options: WatchOptions): Readonly<Record<string, QueryValue>> {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
  };
}
